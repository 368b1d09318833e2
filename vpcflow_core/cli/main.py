"""`vpcflow`: assembles the commands and turns errors into one sentence and an exit code."""

from __future__ import annotations

import os
import sys
from io import TextIOWrapper

import typer

from vpcflow_core.cli.group import CommandGroup
from vpcflow_core.errors import MisuseError, VpcflowError
from vpcflow_core.plain_text import visible_lines

app = typer.Typer(
    name="vpcflow",
    cls=CommandGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def vpcflow() -> None:
    """See and judge what flows through your Amazon VPCs."""
    if any(name.upper().startswith("VPCFLOW_") for name in os.environ):
        from vpcflow_core.variables import misspelt  # settings take a third of a second

        for sentence in misspelt():
            print(visible_lines(sentence), file=sys.stderr)


def main() -> None:
    """Run the command line: exit 0 done, 1 failed, 2 misused, 3 a violation was found."""
    _escape_what_cannot_be_printed()
    try:
        app()
    except VpcflowError as error:
        print(visible_lines(f"{type(error).__name__}: {error}"), file=sys.stderr)
        sys.exit(2 if isinstance(error, MisuseError) else 1)
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        # The reader (`| head`) has gone; say nothing at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


def _escape_what_cannot_be_printed() -> None:
    """Names of files may be any bytes (PEP 383), and not every terminal has every character."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
