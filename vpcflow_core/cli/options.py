"""Options that several commands share, each declared once.

A group of options is a frozen dataclass. A command takes the group as one parameter; `expanded`
gives the command that typer sees, with the group's options in the place of that parameter.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields, is_dataclass, replace
from enum import StrEnum
from functools import wraps
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import pandas as pd
import typer

from vpcflow_core.analysis.buckets import notes_of
from vpcflow_core.api import FlowLogs
from vpcflow_core.cli.output import AnswerForm, Output, write
from vpcflow_core.engines.open import is_elsewhere
from vpcflow_core.errors import FilterError, MisuseError
from vpcflow_core.plain_text import visible_lines
from vpcflow_core.query.filters import Filters
from vpcflow_core.ranges import parse_range
from vpcflow_core.settings import load_settings
from vpcflow_core.source_settings import SourceSetting
from vpcflow_core.sources.open import require_no_secret
from vpcflow_core.store.store import Store
from vpcflow_core.workspace.workspace import find_workspace

OutputOption = Annotated[
    Output,
    typer.Option(help="Form of the answer; spreadsheet is CSV without formulas among its cells."),
]


class Places(StrEnum):
    """Where the bytes and packets of a record lie in time."""

    start = "start"
    spread = "spread"


PlaceOption = Annotated[
    Places,
    typer.Option(
        help="start: bytes and packets of a record count where it starts; spread: they are spread "
        "over the time that it lasts.",
    ),
]


class Limits(StrEnum):
    """Which groups over time are shown."""

    average = "average"
    maximum = "maximum"
    last = "last"


LimitOption = Annotated[
    Limits,
    typer.Option(
        help="Which groups, with --by: those of the highest average, the highest timeslice, or the "
        "highest last complete timeslice.",
    ),
]
FormatOption = Annotated[
    str, typer.Option("--format", help="Fields of lines without header: 'version account-id ...'.")
]


@dataclass(frozen=True, slots=True)
class QuestionOptions:
    """The options of every command that asks the store: which records."""

    store: Annotated[Path | None, typer.Option(help="Folder of the store.")] = None
    last: Annotated[
        str,
        typer.Option(
            help="Only the most recent 24h, 7d, 3 days, ...; up to the end of the data if that is "
            "over an hour ago. Or today, yesterday, yesterday 9-10, this week (UTC). Without a "
            "range: all of the store."
        ),
    ] = ""
    start: Annotated[
        str,
        typer.Option(
            "--from",
            help="Start of the range: ISO 8601 (UTC without offset), seconds since 1970, "
            "today, yesterday 9:30.",
        ),
    ] = ""
    end: Annotated[str, typer.Option("--to", help="End of the range, not included.")] = ""
    where: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FIELD=VALUE",
            help="Condition on the records: action=REJECT, dstport=1024-65535, protocol=tcp, "
            "srcaddr=!10.0.0.0/8. Repeatable; all must hold.",
        ),
    ] = None
    once: Annotated[
        bool,
        typer.Option(
            "--once",
            help="Count a flow between two logged interfaces once, without its receiver's copy.",
        ),
    ] = False
    source: Annotated[
        str,
        typer.Option(
            help="Only records of this source: its URL, or its name in the settings; or an engine "
            "to ask where its records lie, trino://user@host:port/catalog/schema."
        ),
    ] = ""

    @contextmanager
    def flows(self) -> Iterator[FlowLogs]:
        """The logs in the range, under the conditions; closed at the end.

        Raises:
            MisuseError: The options contradict each other, or one cannot be read.
            StoreError: There is no store.
        """
        with self._opened() as flows:
            ranged = self._in_range(flows)
            counted = ranged.once() if self.once else ranged
            pairs = [_pair(text) for text in self.where or []]
            yield counted.filtered(Filters.parse(pairs, flows.engine.columns("records")))

    @contextmanager
    def _opened(self) -> Iterator[FlowLogs]:
        """The logs of the source that is asked for; of all in the store if none is."""
        if url := self.engine_url():
            with FlowLogs.open(url, store=self.store or load_settings().store) as flows:
                yield flows
            return
        path = self.store or _store()
        with Store.open(path, create=False) as store, FlowLogs(store) as flows:
            yield flows.only(self._url(store)) if self.source else flows

    def engine_url(self) -> str:
        """The URL of the engine beyond this machine that is asked; "" for the store."""
        settings = load_settings()
        named = settings.sources.get(self.source)
        wanted = named.url if named else self.source
        if not wanted and self.store is None:
            return find_workspace(settings).engine_url if settings.sources else ""
        return wanted if wanted and is_elsewhere(wanted) else ""

    def _url(self, store: Store) -> str:
        """The URL of the source that is asked for."""
        known = [state.url for state in store.sources()]
        named = load_settings().sources.get(self.source)
        wanted = named.url if named else self.source
        path = "" if "://" in wanted else Path(wanted).expanduser().resolve().as_uri()
        found = next((url for url in known if url.rstrip("/") in (wanted.rstrip("/"), path)), None)
        if found is None:
            raise MisuseError(
                f"'{self.source}' is no source of this store.",
                f"Its sources: {', '.join(known) or 'none yet'}.",
            )
        return found

    def _in_range(self, flows: FlowLogs) -> FlowLogs:
        if self.last and (self.start or self.end):
            raise MisuseError(
                f"--last {self.last} and --from/--to contradict each other.", "Give one of them."
            )
        if bool(self.start) != bool(self.end):
            raise MisuseError("--from and --to go together.", "Give both, or --last 24h.")
        if self.last:
            return replace(flows, range=parse_range(self.last))
        return flows.between(self.start, self.end) if self.start else flows


@dataclass(frozen=True, slots=True)
class AnswerOptions(QuestionOptions):
    """The options of every command that answers from the store."""

    output: Annotated[
        AnswerForm,
        typer.Option(
            help="Form of the answer; spreadsheet is CSV without formulas among its cells, parquet "
            "goes to a file or pipe."
        ),
    ] = AnswerForm.table
    as_json: Annotated[bool, typer.Option("--json", help="The same as --output json.")] = False
    as_csv: Annotated[bool, typer.Option("--csv", help="The same as --output csv.")] = False
    link: Annotated[
        bool,
        typer.Option("--link", help="Also print the address of the page that shows the answer."),
    ] = False

    def show(
        self, frame: pd.DataFrame, flows: FlowLogs, page: Callable[[], str] = lambda: "overview"
    ) -> None:
        """Print an answer; what to know about it goes to standard error.

        Args:
            frame: The answer.
            flows: What gave it.
            page: Gives the page or panel that shows it, for `--link`.
        """
        write(frame, self.form)
        for note in (*flows.notes, *notes_of(frame)):
            print(visible_lines(note), file=sys.stderr)
        if self.link:
            print(_address(flows, page), file=sys.stderr)

    @property
    def form(self) -> AnswerForm:
        """The form of the answer.

        Raises:
            MisuseError: The options ask for two.
        """
        forms = {self.output} - {AnswerForm.table}
        forms |= {AnswerForm.json} if self.as_json else set()
        forms |= {AnswerForm.csv} if self.as_csv else set()
        if len(forms) > 1:
            raise MisuseError("--json, --csv and --output contradict each other.", "Give one.")
        return next(iter(forms), self.output)


def _address(flows: FlowLogs, page: Callable[[], str]) -> str:
    """The link to a page, or why there is none: the answer itself stands."""
    try:
        return visible_lines(flows.link(page()))
    except MisuseError as error:
        return visible_lines(f"No link: {error}")


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """How to reach a source; the names are those of `SourceSetting`."""

    log_format: FormatOption = ""
    profile: Annotated[str, typer.Option(help="AWS profile.")] = ""
    role_arn: Annotated[str, typer.Option("--role", help="ARN of the role to assume.")] = ""
    endpoint_url: Annotated[str, typer.Option(help="Address of a service other than AWS.")] = ""
    region: Annotated[str, typer.Option(help="Region of the bucket.")] = ""

    def setting(
        self, name: str, known: Mapping[str, SourceSetting], **others: Any
    ) -> SourceSetting:
        """A source by its name or by its URL; options of the command line win.

        Args:
            name: Name of a known source, or a URL.
            known: The sources that have names.
            others: Options besides these; one that is empty was not given.

        Raises:
            SettingsError: The URL holds a secret.
        """
        require_no_secret(name)
        values = {option.name: getattr(self, option.name) for option in fields(self)} | others
        given = {option: value for option, value in values.items() if value not in ("", [], None)}
        return (known.get(name) or SourceSetting(url=name)).model_copy(update=given)


def expanded(command: Callable[..., None]) -> Callable[..., None]:
    """The command with the options of each group in place of the group."""
    hints = get_type_hints(command, include_extras=True)
    own = signature(command).parameters.values()
    groups = {p.name: hints[p.name] for p in own if is_dataclass(hints[p.name])}
    shown = [
        *(
            p.replace(kind=Parameter.KEYWORD_ONLY, annotation=hints[p.name])
            for p in own
            if p.name not in groups
        ),
        *(option for group in groups.values() for option in _options(group)),
    ]

    @wraps(command)
    def run(**given: Any) -> None:
        made = {name: _taken(group, given) for name, group in groups.items()}
        command(**made, **given)

    run.__signature__ = Signature(shown)  # type: ignore[attr-defined]  # typer reads it
    run.__annotations__ = {p.name: p.annotation for p in shown}
    return run


def _options(group: Any) -> Iterator[Parameter]:
    """The group's fields as parameters."""
    hints = get_type_hints(group, include_extras=True)
    for option in fields(group):
        yield Parameter(
            option.name,
            Parameter.KEYWORD_ONLY,
            default=option.default,
            annotation=hints[option.name],
        )


def _taken(group: Any, given: dict[str, Any]) -> Any:
    """The group made of its options, which are taken out of those given."""
    return group(**{option.name: given.pop(option.name) for option in fields(group)})


def _store() -> Path:
    """The store of the settings; the sample's, while the app shows that."""
    settings = load_settings()
    shown = find_workspace(settings).store
    return shown if shown.is_dir() else settings.store


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip() or not value.strip():
        raise FilterError(f"'{text}' is not a filter.", "Write it as --where action=REJECT")
    return name.strip(), value.strip()
