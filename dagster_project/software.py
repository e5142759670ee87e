"""Which software made a result: the version of the package and a digest of its dbt project."""

import hashlib
import importlib.metadata
from pathlib import Path
from typing import Final

_MADE_BY_DBT: Final = frozenset({"target", "logs"})


def software_version(project_dir: Path) -> str:
    """The version of the package and a digest of the dbt project."""
    digest = hashlib.sha256()
    for path in sorted(project_dir.rglob("*")):
        parts = path.relative_to(project_dir).parts
        if path.is_file() and parts[0] not in _MADE_BY_DBT:
            digest.update("/".join(parts).encode())
            digest.update(path.read_bytes())
    return f"{importlib.metadata.version('confere')}+{digest.hexdigest()[:12]}"
