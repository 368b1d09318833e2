"""Who may send files to the server: Streamlit takes them from every session, form or none.

Files wait in memory until their form is sent, so what waits is bounded too.
"""

from __future__ import annotations

from http import HTTPStatus

from starlette.requests import cookie_parser
from starlette.types import Scope
from streamlit.runtime import Runtime, exists

from dashboards.ui.refusals import refused
from dashboards.ui.visitor import Connection
from vpcflow_core.errors import SettingsError

ROUTE = "/_stcore/upload_file/"
# Of all sessions together as many as this of the largest size.
MOST_WAITING = 10
_METHODS = ("PUT", "DELETE")
_MB = 2**20
FULL = HTTPStatus.INSUFFICIENT_STORAGE


def refusal(scope: Scope, found: Connection) -> HTTPStatus | None:
    """Why a request must not reach Streamlit; None if it may.

    Args:
        scope: Of an HTTP request.
        found: Its connection.
    """
    if ROUTE not in scope["path"] or scope["method"] not in _METHODS:
        return None
    # Imported late: it loads all that pages need, which the server's start does not wait for.
    from dashboards.ui import resources, rights

    try:
        allowed = rights.of(found, cookie_parser(found.only("cookie"))).uploads
        most = MOST_WAITING * resources.settings().upload_limit * _MB
    except SettingsError:
        return HTTPStatus.FORBIDDEN
    if not allowed:
        refused(found, "upload")
        return HTTPStatus.FORBIDDEN
    is_full = scope["method"] == "PUT" and waiting() >= most
    return FULL if is_full else None


def waiting() -> int:
    """Bytes of files that wait for their form to be sent."""
    if not exists():
        return 0
    stats = Runtime.instance().uploaded_file_mgr.get_stats()
    return sum(getattr(stat, "byte_length", 0) for family in stats.values() for stat in family)
