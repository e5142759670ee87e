"""The RM of the simulated group: its exported tables, and what it cannot tell."""

from simulation.erp.rm.export import RmExport
from simulation.erp.system import BlindSpot, System
from simulation.stories import LifeName

SYSTEM = System(
    name="rm",
    # Branches are numbered through the coligadas, so that a code alone says which branch is meant.
    branch_code="{number}",
    open=RmExport,
    lives={
        LifeName.HELD: LifeName.BLOCKED,
        LifeName.JUST_QUEUED: LifeName.ORDINARY,
        LifeName.DISAGREED: LifeName.DISAGREED_AND_CANCELLED,
    },
    blind_spots=(
        BlindSpot("tax_differs", ("purchase", "purchase_ipi", "freight", "sale"), "TMOV holds no taxes"),
        BlindSpot("event_not_applied", ("manifestation",), "manifestations are not kept"),
        BlindSpot(
            "queued_not_extracted",
            ("import_purchase", "import_freight", "pending_order", "failed_order"),
            "there is no queue",
        ),
    ),
)
