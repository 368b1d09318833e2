"""Every error vpcflow raises on purpose.

VpcflowError                 one sentence: what failed, the value, what is known, the next step
|- MisuseError               the request itself is wrong (command line: exit 2)
|  |- FieldError             no such field, measure or dimension
|  |- FilterError            a filter's value cannot be read
|  |- FormatError            a log format is wrong, unknown or too uncertain to guess
|  |- ParameterError         a parameter is out of its range
|  |- QueryError             SQL that the engine refuses
|  |- SettingsError          a setting or configured path is wrong
|  `- TimeError              a range, time or zone cannot be read
`- FailureError              the request is right, the world is not (command line: exit 1)
   |- SourceError            a source cannot be read
   |  |- AccessError         no permission
   |  |- CredentialsError    no credentials, or expired ones
   |  |- EmptyError          nothing there that looks like flow logs
   |  `- MissingError        no such bucket, log group, region, folder or file
   |- StoreError             the store cannot be used
   |  `- LockedError         another process writes to it
   `- MissingDataError       the store or the format lacks what the question needs
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from vpcflow_core.redaction import redacted


class VpcflowError(Exception):
    """A failure in words.

    Secrets in it are left out (`redaction`), so that none is printed, shown or logged.

    Args:
        what: What failed and the value it failed on, one sentence.
        next_step: What to do about it; printed on a line of its own.
    """

    def __init__(self, what: str, next_step: str = "") -> None:
        self.what = redacted(what)
        self.next_step = redacted(next_step)
        super().__init__(self.what)

    def __str__(self) -> str:
        return f"{self.what}\n  {self.next_step}" if self.next_step else self.what


class MisuseError(VpcflowError):
    """The request itself is wrong."""


class FieldError(MisuseError):
    """No such field, measure or dimension."""


class FilterError(MisuseError):
    """A filter's value cannot be read."""


class FormatError(MisuseError):
    """A log format is wrong, unknown or too uncertain to guess."""


class ParameterError(MisuseError):
    """A parameter is out of its range."""


class QueryError(MisuseError):
    """SQL that the engine refuses."""


class SettingsError(MisuseError):
    """A setting or a configured path is wrong."""


class TimeError(MisuseError):
    """A range, time or zone cannot be read."""


class FailureError(VpcflowError):
    """The request is right, the world is not."""


class SourceError(FailureError):
    """A source cannot be read."""


class AccessError(SourceError):
    """No permission."""


class CredentialsError(SourceError):
    """No credentials, or expired ones."""


class EmptyError(SourceError):
    """Nothing there that looks like flow logs."""


class MissingError(SourceError):
    """No such bucket, log group, region, folder or file."""


class StoreError(FailureError):
    """The store cannot be used."""


class LockedError(StoreError):
    """Another process writes to the store."""


class MissingDataError(FailureError):
    """The store or the format lacks what the question needs."""


def closest(word: str, known: Iterable[str]) -> str:
    """The sentence "Did you mean 'x'?" for the known word nearest to `word`, or nothing."""
    matches = get_close_matches(word.lower(), list(known), n=1, cutoff=0.6)
    return f"Did you mean '{matches[0]}'?" if matches else ""


def is_unicode(text: str) -> bool:
    """Whether a text can be encoded; arguments of a command line may be any bytes (PEP 383)."""
    return not any("\ud800" <= character <= "\udfff" for character in text)
