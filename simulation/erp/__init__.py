"""The ERPs whose tables can be simulated, by the name of their system."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from simulation.companies import Group
from simulation.erp.protheus import ProtheusExport
from simulation.stories import Posting, Story


class Export(Protocol):
    """An ERP's tables in the making. Close it to write what is still held back."""

    @property
    def rows(self) -> Mapping[str, int]:
        """Return the rows written so far, by table."""

    def write(self, story: Story) -> None:
        """Keep what the ERP knows of a story."""

    def write_note(self, posting: Posting) -> None:
        """Keep a note that no XML stands behind."""

    def entity_key(self, posting: Posting) -> str:
        """Return the native key of a posting: source, table and key columns, right-trimmed."""

    def close(self) -> None:
        """Write the remaining rows and the registers."""


EXPORTS: Mapping[str, Callable[[Path, Group], Export]] = {"protheus": ProtheusExport}
"""ERP → what writes its tables into a folder for a group."""
