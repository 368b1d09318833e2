"""Add a source by its URL: who may, what is refused, and what is looked at before."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import streamlit as st

from dashboards.ui.markdown import code, error_text, inert
from dashboards.ui.rights import Rights
from dashboards.ui.sources import target_store
from dashboards.ui.sources.activity import rows
from dashboards.ui.sources.source_rows import Row
from vpcflow_core.checks import Finding, check
from vpcflow_core.errors import SettingsError, VpcflowError
from vpcflow_core.formats.base import LogFormat
from vpcflow_core.source_settings import SourceSetting
from vpcflow_core.sources.local import LocalSource
from vpcflow_core.sources.open import open_source, require_no_secret
from vpcflow_core.sources.schemes import SCHEMES, Scheme, examples, find_scheme
from vpcflow_core.units import number_of
from vpcflow_core.workspace.opening import source_options

NOT_ALLOWED = "Set `add_sources` in vpcflow.toml to change this."
_SAMPLE = "The sample has a store of its own."
OPTIONS = {
    "log_format": ("Format", "Fields of lines without header: `version account-id ...`."),
    "profile": ("AWS profile", "Of the server's AWS configuration."),
    "role_arn": ("Role", "ARN of a role to assume."),
    "region": ("Region", "If it cannot be found out."),
    "endpoint_url": ("Endpoint", "Address of the service, if it is not AWS's own."),
}


def how_to_change(rights: Rights) -> str:
    """Who may do what the visitor may not, or what allows it."""
    return NOT_ALLOWED if rights.admin or not rights.is_named else "Admins do that."


def draw(rights: Rights) -> None:
    """The form, or why there is none."""
    st.markdown("## Add a source")
    if not rights.aws:
        st.caption(f"Sources cannot be added here. {how_to_change(rights)}")
        return
    with st.form("add-source", border=False):
        url = st.text_input(
            "URL",
            key="new-url",
            placeholder=next(iter(SCHEMES.values())).example,
            help=examples(addable(rights), mark="`") + ".",
        )
        name = st.text_input("Name", key="new-name", help="What to call it; else the URL's end.")
        with st.expander("Format, credentials, region"):
            given = {
                field: st.text_input(label, key=f"new-{field}", help=help_)
                for field, (label, help_) in OPTIONS.items()
                if field != "endpoint_url" or rights.folders
            }
            no_sign = st.checkbox("Public bucket: no credentials", key="new-no_sign")
            pays = st.checkbox("Requester pays", key="new-requester_pays")
        if st.form_submit_button("Check and add", icon=":material/add:"):
            words = {field: text.strip() for field, text in given.items()}
            source = SourceSetting(url=url.strip(), no_sign=no_sign, requester_pays=pays, **words)
            _add(source, name.strip(), rights)
    _show_added()


def _add(source: SourceSetting, name: str, rights: Rights) -> None:
    """Look at the source as a sync would; add it if it can be read."""
    try:
        admit(source, rights, target_store.workspace().store, rows())
        with st.spinner("Looking at the source ...", show_time=True):
            findings = look(source)
        failed = [finding for finding in findings if finding.state == "failed"]
        if failed:
            _tell(failed)
            return
        added = target_store.take_in(source, name)
    except VpcflowError as error:
        st.error(error_text(error), icon=":material/error:")
        return
    st.session_state["added"] = (added, findings)
    st.rerun()


def admit(source: SourceSetting, rights: Rights, store: Path, known: Iterable[Row]) -> None:
    """Refuse what may not be added, before anything of it is looked at.

    Raises:
        SettingsError: It may not be added, is there already, or its URL is wrong.
        FormatError: Its format is wrong.
    """
    require_no_secret(source.url)
    require_no_secret(source.endpoint_url)
    scheme = find_scheme(source.url)
    if scheme and scheme.stands_alone:
        see = f"vpcflow serve {source.url}" if scheme.is_engine else "vpcflow demo"
        what = "That engine stands alone." if scheme.is_engine else _SAMPLE
        raise SettingsError(what, f"See it: {see}")
    if scheme and not rights.reach(scheme.adding):
        what = "Folders of the server" if scheme.is_folder else "Sources"
        raise SettingsError(f"{what} may not be added here.", NOT_ALLOWED)
    if source.log_format:
        LogFormat.parse(source.log_format)
    opened = open_source(source.url, options=source_options(source))
    if isinstance(opened, LocalSource) and _overlap(opened.path.resolve(), store.resolve()):
        raise SettingsError("That folder holds the store itself.", "Give the folder of the logs.")
    for row in known:
        if row.url == opened.url:
            raise SettingsError(f"{opened.url} is a source already: {row.name or 'read before'}.")


def addable(rights: Rights) -> list[Scheme]:
    """The kinds of sources that a visitor may add by their URL."""
    return [
        scheme
        for scheme in SCHEMES.values()
        if rights.reach(scheme.adding) and not scheme.stands_alone
    ]


def _overlap(one: Path, other: Path) -> bool:
    return one.is_relative_to(other) or other.is_relative_to(one)


def look(source: SourceSetting) -> list[Finding]:
    """What a check of the source finds."""
    how = source_options(source)
    opened = open_source(source.url, options=how)
    return list(check(opened, how, log_format=source.log_format))


def _tell(findings: Iterable[Finding]) -> None:
    """Each thing once, however many permissions it stands in the way of."""
    for finding in {(f.found, f.remedy): f for f in findings}.values():
        icon = ":material/error:" if finding.state == "failed" else ":material/warning:"
        show = st.error if finding.state == "failed" else st.warning
        show(f"{inert(finding.found)}\n\n{inert(finding.remedy)}", icon=icon)


def _show_added() -> None:
    """What was found of the source that was added last."""
    if "added" not in st.session_state:
        return
    name, findings = st.session_state["added"]
    if not any(row.name == name for row in rows()):
        return
    st.success(f"{code(name)} was added.", icon=":material/check:")
    worth = [finding for finding in findings if finding.state == "warning"]
    if worth:
        with st.expander(number_of(len(worth), "things to know")):
            _tell(worth)
