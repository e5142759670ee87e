"""YAML files whose lines need not be told: the contracts, the extraction maps and their lists.

Holds the loader. Files that people edit are read by marked_yaml, which knows where each value stands.
"""

from pathlib import Path
from typing import Any

import yaml

# the loader in C reads ten times as fast, and every run starts with 400 KB of YAML
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(path: Path) -> Any:
    """A file's content. Raises OSError, and yaml.YAMLError for what is no YAML."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 - both loaders are safe
