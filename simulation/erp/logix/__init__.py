"""The Logix of the simulated group: its exported tables, and what it cannot tell."""

from simulation.erp.logix.export import LogixExport
from simulation.erp.system import BlindSpot, System
from simulation.stories import LifeName

_NO_KEY = "notes carry no access key"

SYSTEM = System(
    name="logix",
    branch_code="{number:02d}",
    open=LogixExport,
    # An entry has errors or has none: nothing is blocked besides.
    lives={
        LifeName.BLOCKED: LifeName.ORDINARY,
        LifeName.HELD: LifeName.PRE_NOTE,
        LifeName.JUST_QUEUED: LifeName.ORDINARY,
        LifeName.DISAGREED: LifeName.DISAGREED_AND_CANCELLED,
    },
    blind_spots=(
        BlindSpot("deleted_in_erp", ("purchase", "freight"), "what is taken out of nf_sup is gone"),
        BlindSpot("posted_twice", ("other_store",), f"{_NO_KEY}: it is another supplier's note"),
        BlindSpot("wrong_access_key", ("purchase", "blank_key", "other_key", "freight"), _NO_KEY),
        BlindSpot("event_not_applied", ("manifestation",), "manifestations are not kept"),
        BlindSpot(
            "queued_not_extracted",
            ("import_purchase", "import_freight", "pending_order", "failed_order"),
            "there is no queue",
        ),
    ),
)
