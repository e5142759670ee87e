"""The Protheus of the simulated group: its exported tables, and the same tables in a live PostgreSQL."""

from simulation.erp.protheus.export import ProtheusExport
from simulation.erp.protheus.postgres import load_postgres
from simulation.erp.protheus.tables import COMPANY, TABLES
from simulation.erp.system import BlindSpot, System

SYSTEM = System(
    name="protheus",
    branch_code="{company:02d}{order:02d}",
    open=ProtheusExport,
    company=COMPANY,
    blind_spots=(
        BlindSpot(
            "queued_not_extracted",
            ("pending_order", "failed_order"),
            "nothing of it is queued for the platform",
        ),
    ),
)

__all__ = ["COMPANY", "SYSTEM", "TABLES", "ProtheusExport", "load_postgres"]
