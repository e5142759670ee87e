"""A simulated group of companies as its systems would hand it over, with planted faults and their truth.

Public are ``generate``, which writes a workspace, what it takes and returns, and
``simulation.erp.protheus.load_postgres``. The package imports nothing of the other packages and is never read
by the pipeline.
"""

from simulation.errors import SimulationError
from simulation.faults import Faults
from simulation.sample import DEFAULT_ERPS, Progress, SampleReport, generate, read_faults

__all__ = ["DEFAULT_ERPS", "Faults", "Progress", "SampleReport", "SimulationError", "generate", "read_faults"]
