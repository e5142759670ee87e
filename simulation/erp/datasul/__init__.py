"""The Datasul of the simulated group: its exported tables, and what it cannot tell."""

from simulation.erp.datasul.export import DatasulExport
from simulation.erp.system import BlindSpot, System
from simulation.stories import LifeName

SYSTEM = System(
    name="datasul",
    branch_code="{company}{order:02d}",
    open=DatasulExport,
    # An entry is updated in stock or is not; what is blocked shows nowhere.
    lives={
        LifeName.BLOCKED: LifeName.ORDINARY,
        LifeName.HELD: LifeName.PRE_NOTE,
        LifeName.JUST_QUEUED: LifeName.ORDINARY,
        LifeName.DISAGREED: LifeName.DISAGREED_AND_CANCELLED,
    },
    blind_spots=(
        BlindSpot("deleted_in_erp", ("purchase", "freight"), "what is taken out of docum-est is gone"),
        BlindSpot(
            "tax_differs",
            ("purchase", "purchase_ipi", "freight", "sale"),
            "neither docum-est nor nota-fiscal holds taxes",
        ),
        BlindSpot("event_not_applied", ("manifestation",), "manifestations are not kept"),
        BlindSpot(
            "queued_not_extracted",
            ("import_purchase", "import_freight", "pending_order", "failed_order"),
            "there is no queue",
        ),
    ),
)
