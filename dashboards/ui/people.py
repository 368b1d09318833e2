"""Who is signed in, by the cookie that Streamlit sets once the provider's token was checked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import streamlit as st
from streamlit.auth_util import get_cookie_with_chunks
from streamlit.web.server.server_util import get_cookie_secret
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from dashboards.ui import resources
from dashboards.ui.visitor import Connection
from vpcflow_core.errors import SettingsError, VpcflowError
from vpcflow_core.scope import EVERYTHING, Scope
from vpcflow_core.settings import load_settings
from vpcflow_core.team import Person, SignIn, person
from vpcflow_core.workspace.opening import opened_source

SIGNED_OUT = Person("", None, Scope.of([]))


def here() -> Person | None:
    """Who looks at the page now; None where the settings have no sign-in."""
    sign_in = resources.settings().sign_in
    return None if sign_in is None else of_claims(sign_in, st.user.to_dict())


def scope() -> Scope:
    """What may be seen by who looks at the page now."""
    found = here()
    return EVERYTHING if found is None else found.scope


def of_claims(sign_in: SignIn, claims: Mapping[str, Any]) -> Person:
    """Whom Streamlit's account of a user is of; `SIGNED_OUT` for others."""
    if claims.get("is_logged_in") is not True:
        return SIGNED_OUT
    return person(sign_in, claims, datetime.now(UTC), _url_of) or SIGNED_OUT


def of_cookies(sign_in: SignIn, found: Connection, cookies: Mapping[str, str]) -> Person:
    """Who sends a request that is no page's, as Streamlit itself would find it out."""

    def signed(name: str) -> bytes | None:
        text = cookies.get(name)
        secret = get_cookie_secret()
        return None if text is None else decode_signed_value(secret, name, text.encode("latin-1"))

    payload = get_cookie_with_chunks(signed, USER_COOKIE_NAME)
    claims = json.loads(payload) if payload else {}
    if not found.only("origin") or claims.get("origin") != found.only("origin"):
        return SIGNED_OUT
    return of_claims(sign_in, claims)


def secrets() -> dict[str, Any]:
    """What Streamlit's sign-in needs, from our settings; nothing without sign-in.

    Where the settings are wrong, the pages say so, and let no one in.
    """
    try:
        settings = load_settings()
        if settings.sign_in is None:
            return {}
        return {"auth": _auth(settings.app_url, settings.sign_in)}
    except SettingsError:
        return {}


def _auth(app_url: str, sign_in: SignIn) -> dict[str, Any]:
    return {
        "redirect_uri": f"{app_url.rstrip('/')}/oauth2callback",
        "cookie_secret": sign_in.secret_of_cookies(),
        "client_id": sign_in.client_id,
        "client_secret": sign_in.secret_of_client(),
        "server_metadata_url": sign_in.metadata_url,
        "client_kwargs": {"scope": sign_in.scopes, "prompt": "select_account"},
    }


def _url_of(name: str) -> str:
    """The URL of a source as the store knows it, from its name; a URL stays as it is."""
    setting = resources.workspace().all_sources.get(name)
    try:
        return opened_source(resources.store(), setting).url if setting else name
    except VpcflowError:
        return name
