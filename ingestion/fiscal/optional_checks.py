"""The checks of stored XML that are made only when they are switched on, and what each needs.

Holds no check itself and imports none before it is wanted: each needs a package that not everybody installs.
Settings are read with this list, so nothing heavy may be imported here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from types import MappingProxyType
from typing import Any, Final, Protocol

from ingestion.fiscal.limits import Limits


class Judge(Protocol):
    """A check at work; its verdicts are dataclasses whose fields are the columns of its raw table."""

    version: str

    def judge(self, content: bytes) -> Sequence[Any]:
        """The verdicts on one payload, never none; never raises for what a payload holds."""
        ...


@dataclass(frozen=True, slots=True)
class OptionalCheck:
    """A check: its raw table, the class that does it, and the package that it needs with the extra for it."""

    table: str
    module: str
    judge: str
    package: str
    extra: str

    def is_installed(self) -> bool:
        """Whether the package is there."""
        return find_spec(self.package) is not None

    def start(self, limits: Limits) -> Judge:
        """The check, ready to judge."""
        made: Judge = getattr(import_module(self.module), self.judge)(limits=limits)
        return made


CHECKS: Final[Mapping[str, OptionalCheck]] = MappingProxyType(
    {
        "signatures": OptionalCheck(
            table="signatures",
            module="ingestion.fiscal.signature_check",
            judge="SignatureJudge",
            package="cryptography",
            extra="signatures",
        ),
        "schemas": OptionalCheck(
            table="schema_verdicts",
            module="ingestion.fiscal.schema_check",
            judge="SchemaJudge",
            package="nfelib",
            extra="schemas",
        ),
    }
)
"""The checks by the name that switches them on."""
