"""What the simulation refuses to do."""


class SimulationError(ValueError):
    """A request that cannot be simulated; the message says what is wrong and what would be right."""
