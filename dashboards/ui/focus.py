"""Where the keyboard goes on when what had its focus is gone: a dialog, a table drawn anew."""

from __future__ import annotations

import re
from html import escape

import streamlit as st

from dashboards.ui import hidden_widgets, row_menu_keys

FOCUS = "focus"
# The guard allows this very text and no other script; what is wanted stands in an attribute. It
# waits up to five seconds for what is drawn, and takes no focus away from where somebody is.
SCRIPT = """(() => {
    let left = 50;
    const give = () => {
        const wanted = document.querySelector('[data-focus]')?.dataset.focus;
        const there = wanted && [...document.querySelectorAll(wanted)].find(e => e.offsetParent);
        const free = document.activeElement === document.body;
        const open = document.querySelector('[role=dialog]');
        if (free && there && !open) there.focus({preventScroll: true});
        if (left--) setTimeout(give, 100);
    };
    give();
})()"""

# Menus are drawn at the end of the page, out of the way of the Tab key, and Streamlit takes what is
# in them out of its order once the focus has left them, as it does while a file is made. So the Tab
# key leads from a menu's button into it, round in it, and back to its button; what loses the focus
# because it is off for a moment gets it again.
MENUS = """(() => {
    if (window.leadsThroughMenus) return;
    window.leadsThroughMenus = true;
    let last = null, byMouse = false;
    const menu = () => document.querySelector('[data-testid=stPopoverBody]');
    const opener = () =>
        document.querySelector('[data-testid=stPopoverButton][aria-expanded=true]') ||
        document.querySelector('[data-testid=stPopover] button[aria-expanded=true]');
    const takes = e => e.checkVisibility({visibilityProperty: true}) && !e.disabled &&
        (e.tabIndex >= 0 || e.dataset.tabindex !== undefined && e.dataset.tabindex !== '-1');
    const all = 'a[href], button, input, textarea, [tabindex]';
    const places = () => [...menu().querySelectorAll(all)].filter(takes);
    const give = (event, to) => { if (to) { event.preventDefault(); to.focus(); } };
    document.addEventListener('focusin', event => {
        if (menu()?.contains(event.target)) last = event.target;
    });
    const back = left => {
        if (!menu() || !last?.isConnected || document.activeElement !== document.body) return;
        if (!last.disabled) last.focus({preventScroll: true});
        else if (left) setTimeout(back, 200, left - 1);
    };
    document.addEventListener('pointerdown', () => { byMouse = true; }, true);
    document.addEventListener('focusout', () => setTimeout(() => {
        if (!byMouse) back(300);
    }));
    document.addEventListener('keydown', event => {
        byMouse = false;
        const dialog = document.querySelector('[role=dialog][aria-modal=true]');
        if (event.key !== 'Tab' || !menu() || dialog) return;
        const [at, [first, ...more]] = [document.activeElement, places()];
        const end = more.pop() || first;
        if (at === opener() && !event.shiftKey) give(event, first);
        else if (at === document.body) give(event, takes(last || first) ? last || first : first);
        else if (at === (event.shiftKey ? first : end)) give(event, opener());
    }, true);
})()"""
# Menus, lists and hints are drawn outside of the parts of the page that screen readers go through:
# while some are open, their place is a part as well.
PARTS = """(() => {
    if (window.marksParts) return;
    window.marksParts = true;
    const places = 'body > #stFloatingOverlayPortal, body > #portal, body > div:not([id])';
    const opened = '[role=menu], [role=listbox], [role=dialog], [data-floating-ui-portal]';
    const mark = () => document.querySelectorAll(places).forEach((place, number) => {
        const texts = {role: 'complementary', 'aria-label': `Open ${number + 1}`};
        for (const name in texts) {
            if (place.querySelector(opened)) place.setAttribute(name, texts[name]);
            else place.removeAttribute(name);
        }
        if (place.id && !place.dataset.isWatched) {
            place.dataset.isWatched = 'yes';
            new MutationObserver(later).observe(place, {childList: true});
        }
    });
    const later = () => requestAnimationFrame(mark);
    new MutationObserver(later).observe(document.body, {childList: true});
    mark();
})()"""
ONCE = (MENUS, PARTS, row_menu_keys.SCRIPT)
SCRIPTS = (SCRIPT, *ONCE)


def to_menu(slug: str) -> None:
    """Give it to the menu of a panel."""
    _give(f".{_class(f'menu-{slug}')} button")


def to_table(slug: str) -> None:
    """Give it to the table of a panel."""
    _give(f'[class*="{_class(f"table-{slug}")}"] canvas[tabindex="0"]')


def draw() -> None:
    """Have the browser give it, where it was asked for; once a run of the page."""
    wanted = st.session_state.pop(FOCUS, "")
    with hidden_widgets.place("focus", shown=False):
        once = "".join(f"<script>{script}</script>" for script in ONCE)
        st.html(once, unsafe_allow_javascript=True)
        if wanted:
            number = st.session_state.get("focus-number", 0) + 1
            st.session_state["focus-number"] = number
            mark = f'<span data-focus="{escape(wanted)}" id="focus-{number}"></span>'
            st.html(f"{mark}<script>{SCRIPT}</script>", unsafe_allow_javascript=True)


def _give(selector: str) -> None:
    st.session_state[FOCUS] = selector


def _class(key: str) -> str:
    """The class that Streamlit gives to what has a key."""
    return "st-key-" + re.sub(r"[^a-zA-Z0-9_-]", "-", key.strip())
