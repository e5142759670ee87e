"""The ERPs whose tables can be simulated, by the name of their system."""

from collections.abc import Mapping

from simulation.erp.datasul import SYSTEM as DATASUL
from simulation.erp.logix import SYSTEM as LOGIX
from simulation.erp.protheus import SYSTEM as PROTHEUS
from simulation.erp.rm import SYSTEM as RM
from simulation.erp.system import System
from simulation.erp.winthor import SYSTEM as WINTHOR

SYSTEMS: Mapping[str, System] = {system.name: system for system in (PROTHEUS, WINTHOR, LOGIX, DATASUL, RM)}
"""System → how it codes branches, what it cannot tell, and what writes its tables."""
