"""Exceptions: an *operation* cannot be done, and the caller can act on it.

A *row* that is not acceptable is never an exception: it ends with a result code (`codes.py` of its
stage). The tree, with the exit code of the command line:

    DitanError                    1
    ├── InvalidInput              2    what the caller gave cannot be used
    ├── NotFound                  3    what the caller named does not exist
    ├── Conflict                  4    it contradicts what is already recorded
    ├── MethodologyError          5    the methodology pack may not run
    ├── StoreUnavailable          6    PostgreSQL cannot be started, reached or used
    ├── InvariantViolation       70    our own promise broke: roll back, stop, alert
    └── TemporaryFailure         75    it may work when tried again

The class docstring is the default message. `hint` says what to do next. Causes are chained with
`raise … from`, and their text is never repeated in the message.
"""

from typing import ClassVar


class DitanError(Exception):
    """The operation could not be done."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str | None = None, hint: str | None = None) -> None:
        self.message: str = message or (type(self).__doc__ or "").strip()
        self.hint: str | None = hint
        super().__init__(self.message)

    def __str__(self) -> str:
        return self.message


class InvalidInput(DitanError):
    """The input cannot be used."""

    exit_code = 2


class NotFound(DitanError):
    """There is no such thing."""

    exit_code = 3


class Conflict(DitanError):
    """This contradicts what is already recorded."""

    exit_code = 4


class MethodologyError(DitanError):
    """The methodology pack may not run."""

    exit_code = 5


class StoreUnavailable(DitanError):
    """The database cannot be used."""

    exit_code = 6


class InvariantViolation(DitanError):
    """A promise of Ditan broke. Nothing of this unit of work was kept."""

    exit_code = 70

    def __init__(self, invariant: str, message: str | None = None, hint: str | None = None) -> None:
        self.invariant: str = invariant
        super().__init__(
            f"{invariant}: {message or (type(self).__doc__ or '').strip()}",
            hint or "Stop this stage and report it with the output of `ditan check`.",
        )


class TemporaryFailure(DitanError):
    """It did not work this time and may work when tried again."""

    exit_code = 75
