"""The Protheus of the simulated group: its exported tables, and the same tables in a live PostgreSQL."""

from simulation.erp.protheus.export import ProtheusExport
from simulation.erp.protheus.postgres import load_postgres
from simulation.erp.protheus.tables import COMPANY, TABLES

__all__ = ["COMPANY", "TABLES", "ProtheusExport", "load_postgres"]
