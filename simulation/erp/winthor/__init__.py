"""The Winthor of the simulated group: its exported tables, and what it cannot tell."""

from simulation.erp.system import BlindSpot, System
from simulation.erp.winthor.export import WinthorExport
from simulation.stories import LifeName

SYSTEM = System(
    name="winthor",
    branch_code="{number}",
    open=WinthorExport,
    # An entry is posted or it is not: there is neither pré-nota nor block.
    lives={
        LifeName.PRE_NOTE: LifeName.ORDINARY,
        LifeName.BLOCKED: LifeName.ORDINARY,
        LifeName.HELD: LifeName.ORDINARY,
        LifeName.JUST_QUEUED: LifeName.ORDINARY,
    },
    blind_spots=(
        BlindSpot("tax_differs", ("purchase", "purchase_ipi", "freight"), "PCNFENT holds no taxes"),
        BlindSpot("event_not_applied", ("manifestation",), "manifestations are not kept"),
        BlindSpot("queued_not_extracted", ("import_purchase", "import_freight"), "there is no import queue"),
    ),
)
