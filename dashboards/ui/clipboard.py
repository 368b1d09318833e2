"""What the browser is to copy; a line at the page's lower edge says whether it did."""

from __future__ import annotations

from html import escape

import streamlit as st

COPY = "copy"
# The guard allows this very text; what is copied stands in an attribute. Browsers give the
# clipboard to pages over HTTPS and of this machine alone; for others there is the old way.
SCRIPT = """(() => {
    const line = document.querySelector('[data-copy]');
    if (!line || line.dataset.done) return;
    line.dataset.done = 'yes';
    const text = line.dataset.copy;
    const say = done => {
        line.textContent = (done ? 'Copied: ' : 'Not copied, as the browser refuses: ') + text;
        if (done) setTimeout(() => { line.textContent = ''; }, 6000);
    };
    const old = () => {
        const [box, before] = [document.createElement('textarea'), document.activeElement];
        box.value = text;
        document.body.append(box);
        box.select();
        const done = document.execCommand('copy');
        box.remove();
        before?.focus({preventScroll: true});
        say(done);
    };
    if (!navigator.clipboard) old();
    else navigator.clipboard.writeText(text).then(() => say(true), old);
})()"""


def copy(text: str) -> None:
    """Have the browser copy it when the page is drawn."""
    st.session_state[COPY] = text


def draw() -> None:
    """Tell the browser what it is to copy, once."""
    text = st.session_state.pop(COPY, "")
    if not text:
        return
    number = st.session_state.get("copies", 0) + 1
    st.session_state["copies"] = number
    with st.container(key="copied"):
        line = f'<span role="status" id="copied-{number}" data-copy="{escape(text)}"></span>'
        st.html(f"{line}<script>{SCRIPT}</script>", unsafe_allow_javascript=True)
