"""The group of commands as typer sees it: a command is built when it is run or explained."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

from vpcflow_core.cli.commands import COMMANDS
from vpcflow_core.cli.examples import epilog


class _Built(Mapping[str, Any]):
    """The commands of the table by name, each built when it is asked for."""

    def __getitem__(self, name: str) -> Any:
        function = COMMANDS[name]
        from vpcflow_core.cli.options import expanded  # what options need takes half a second

        alone = typer.Typer(
            add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None
        )
        alone.command(name, epilog=epilog(name))(expanded(function))
        return typer.main.get_command(alone)

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)

    def __contains__(self, name: object) -> bool:
        return name in set(COMMANDS)


class CommandGroup(TyperGroup):
    """The commands of the table, by name."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.commands = _Built()  # type: ignore[assignment]  # nothing is ever added

    def parse_args(self, ctx: Any, args: list[str]) -> Any:
        """Read what stands before the command; an option of its own belongs behind it."""
        try:
            return super().parse_args(ctx, args)
        except TyperException as error:
            named = next((word for word in args if word in self.commands), None)
            option = getattr(error, "option_name", None)
            if named and option in {o for one in self.commands[named].params for o in one.opts}:
                said: Any = error
                said.message += f". It stands behind the command: vpcflow {named} {option} ..."
            raise

    def invoke(self, ctx: Any) -> Any:
        """Run a command; what is wrong with an option is said without a word of pydantic's."""
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            error.message = error.message.replace("Value error, ", "")
            raise

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The list of commands in help, without building any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS.summary(name)) for name in COMMANDS])
