"""What of a pasted link cannot be read: said above the page, and not once more beside its box."""

from __future__ import annotations

import streamlit as st

from dashboards.ui import checked_text, resources
from dashboards.ui.link_reading import TYPED, problems, secrets_in, tidied
from dashboards.ui.markdown import inert
from dashboards.ui.rights import here
from dashboards.ui.source_labels import source_labels
from dashboards.ui.state import NAMES

# Of the session: sentences by parameter, refused texts of boxes, and what boxes held then.
NOTES, TEXTS, HELD = "link_notes", "link_texts", "link_held"


def read() -> None:
    """Once a session: note what of a link cannot be read; bring the rest into form.

    The notes are gone as soon as something is changed; boxes then say what they refuse.
    """
    if NOTES in st.session_state:
        if _is_changed():
            st.session_state[NOTES] = {}
        return
    given = dict(st.query_params)
    found = problems(given) | _of_source(given.get("source", ""))
    typed = [name for name in found if name in TYPED and name not in secrets_in(given)]
    st.session_state[NOTES] = found
    st.session_state[TEXTS] = {name: given[name].strip() for name in typed}
    for name, text in st.session_state[TEXTS].items():
        checked_text.refuse(name, text)
    changed = tidied(given) | ({"source": ""} if "source" in found else {})
    for name, text in changed.items():
        if text:
            st.query_params[name] = text
        else:
            del st.query_params[name]
    if changed:
        st.rerun()


def draw() -> None:
    """Say it."""
    st.session_state.setdefault(HELD, _held())
    notes = [inert(sentence) for name, sentence in st.session_state[NOTES].items() if _stands(name)]
    if notes:
        lines = notes[0] if len(notes) == 1 else "\n\n" + "\n".join(f"* {note}" for note in notes)
        st.warning(f"In the link: {lines}", icon=":material/link_off:")


def refused(name: str, text: str, sentence: str) -> None:
    """Say below a box why its text is refused; where the page says it, that the page does.

    Args:
        name: Of the box's parameter.
        text: What the box shows.
        sentence: Why it is refused, and what is in force.
    """
    notes = st.session_state.get(NOTES, {})
    if name in notes and st.session_state[TEXTS].get(name) == text.strip():
        st.caption("Not in force: see above the page.")
    else:
        st.error(inert(sentence))


def _stands(name: str) -> bool:
    """Whether a note is still true: the box, if there is one, still shows what the link said."""
    text = st.session_state[TEXTS].get(name)
    return text is None or checked_text.shown(name, st.session_state.get(name) or "") == text


def _held() -> dict[str, object]:
    return {name: st.session_state[name] for name in NAMES if name in st.session_state}


def _is_changed() -> bool:
    """Whether a box holds something else than when the notes were drawn first."""
    now = _held()
    return any(now.get(name, held) != held for name, held in st.session_state.get(HELD, {}).items())


def _of_source(text: str) -> dict[str, str]:
    """That there is no source that is called so."""
    known = source_labels(resources.workspace(), resources.source_urls(), with_paths=here().folders)
    if not text or text in known:
        return {}
    return {"source": f"There is no source '{text}' here that you may see: all are shown."}
