"""Files that somebody has just asked for stay until the browser has fetched them.

Streamlit forgets the file of a pressed button once two runs of pages have ended, whoever's they
are. With others on the server, or over a slow line, that is before the browser asks for it.
"""

from __future__ import annotations

from itertools import count
from threading import Lock, Timer

from streamlit import runtime

# Seconds that files stay after the last one was made.
KEPT = 60.0
# Files that stay at once at most: memory holds them.
MOST = 16
# Streamlit's name for what belongs to no session: files are made outside of any.
_NO_SESSION = "dontcare"
_LOCK = Lock()
_NUMBERS = count()
_ENDS: list[Timer] = []


def keep(content: bytes, mime: str, file: str) -> None:
    """Keep what a button is about to give; call it outside of any session.

    Args:
        content: The file.
        mime: Its type.
        file: Its name.
    """
    if not runtime.exists():
        return
    files = runtime.get_instance().media_file_mgr
    with _LOCK:
        # Streamlit names files by content, type and name: this is the one that it will add.
        place = f"given-{next(_NUMBERS) % MOST}"
        files.add(content, mime, place, file, is_for_static_download=True)
        while _ENDS:
            _ENDS.pop().cancel()
        end = Timer(KEPT, files.clear_session_refs, [_NO_SESSION])
        end.daemon = True
        end.start()
        _ENDS.append(end)
