"""The errors of ingestion that somebody can act on.

Each says what is wrong, where, and what to do; none carries a secret. Input that is merely bad is not an
error: it goes to quarantine.
"""

from pathlib import Path


class ConfereError(Exception):
    """Base of every error whose message is meant for a person."""


class ConfigurationError(ConfereError):
    """Something written in a settings file is wrong.

    `file`, `line` (from 1) and `key` (a path such as `companies[0].branches[1].cnpj`) name the place; `line`
    and `key` are None where the file as a whole is meant.
    """

    def __init__(self, message: str, *, file: Path, line: int | None = None, key: str | None = None) -> None:
        self.file = file
        self.line = line
        self.key = key
        self.reason = message
        place = str(file) if line is None else f"{file}:{line}"
        super().__init__(f"{place}: {key}: {message}" if key else f"{place}: {message}")


class ContractError(ConfereError):
    """A sources YAML of the dbt project cannot serve as an extraction contract."""


class StoreBusy(ConfereError):  # noqa: N818 - named for what the caller sees
    """Another process has the store open."""


class ClockWentBack(ConfereError):  # noqa: N818
    """A run's as-of lies before the last run's, and the run is not a full one."""


class SourceUnavailable(ConfereError):  # noqa: N818
    """A whole source cannot be reached; nothing of it was changed."""


class DeliveryError(ConfereError):
    """One table of a source cannot be taken; its stored content stays as it was."""
