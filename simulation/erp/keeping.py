"""Which ERP keeps which branch, under which code, and where a fault could therefore show.

Branches are dealt out in turn. Nothing is written here.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from simulation.companies import Branch, Group
from simulation.erp.system import System
from simulation.faults import Planter, Variant


@dataclass(frozen=True, slots=True)
class Kept:
    """A branch as its ERP knows it; ``company`` counts the companies of the group from 1."""

    branch: Branch
    system: System
    code: str
    company: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a variant of a cause can be planted: an ERP and those of its branches that show it."""

    variant: Variant
    system: System
    branches: tuple[Branch, ...]


class Keeping:
    """The group's branches with the ERPs that keep them."""

    def __init__(self, group: Group, systems: Sequence[System]) -> None:
        self.group = group
        self.systems = tuple(systems)
        self._kept: dict[str, Kept] = {}
        self._siblings: dict[str, tuple[Branch, ...]] = {}
        for company, members in enumerate(group.companies, start=1):
            for order, branch in enumerate(members.branches, start=1):
                number = len(self._kept) + 1
                system = systems[(number - 1) % len(systems)]
                code = system.branch_code.format(company=company, order=order, number=number)
                self._kept[branch.code] = Kept(branch, system, code, company)
                self._siblings[branch.code] = tuple(b for b in members.branches if b is not branch)

    def of(self, branch: Branch) -> Kept:
        """Return how a branch is kept."""
        return self._kept[branch.code]

    def by(self, name: str) -> tuple[Kept, ...]:
        """Return the branches that an ERP keeps."""
        return tuple(kept for kept in self._kept.values() if kept.system.name == name)

    def elsewhere(self, cause: str, variant: Variant, branch: Branch) -> tuple[Branch, ...]:
        """Return the other branches of the company in which a variant of a cause shows."""
        return tuple(
            other
            for other in self._siblings[branch.code]
            if not self.of(other).system.blindness(cause, variant.name)
        )

    def places(self, planter: Planter) -> tuple[Place, ...]:
        """Return where a cause can be planted, variant by variant."""
        places = []
        for variant in planter.variants:
            for system in self.systems:
                branches = tuple(
                    kept.branch
                    for kept in self.by(system.name)
                    if not variant.is_elsewhere or self.elsewhere(planter.cause, variant, kept.branch)
                )
                if branches and not system.blindness(planter.cause, variant.name):
                    places.append(Place(variant, system, branches))
        return tuple(places)

    def blindness(self, planter: Planter) -> str:
        """Say, ERP by ERP, why a cause shows nowhere."""
        reasons = {
            f"{system.name}: {system.blindness(planter.cause, variant.name)}"
            for system in self.systems
            for variant in planter.variants
            if system.blindness(planter.cause, variant.name)
        }
        return "; ".join(sorted(reasons)) or "no other branch could have been meant"
