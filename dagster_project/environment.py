"""What has to stand in the environment before Dagster, dbt or Great Expectations are imported.

None of them may report home, whoever starts them; each reads its switch at import or at start.
"""

import os
from typing import Final

TELEMETRY_OFF: Final = {
    "DO_NOT_TRACK": "1",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "DAGSTER_DISABLE_TELEMETRY": "1",
    "GX_ANALYTICS_ENABLED": "false",
}

WORKSPACE_VARIABLE: Final = "CONFERE_WORKSPACE"


def switch_telemetry_off() -> None:
    """Idempotent; overrides whatever stood there."""
    os.environ.update(TELEMETRY_OFF)
