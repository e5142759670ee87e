"""Fixtures of ingestion: the contracts of a small system, and a world that exports its tables."""

from pathlib import Path

import pytest

from ingestion.contracts import Contracts
from tests.unit.ingestion.world import FISCAL_YML, SOURCES_YML, World, write_contracts


@pytest.fixture(scope="session")
def contracts(tmp_path_factory: pytest.TempPathFactory) -> Contracts:
    return write_contracts(tmp_path_factory.mktemp("models"), protheus=SOURCES_YML, fiscal_xml=FISCAL_YML)


@pytest.fixture
def world(tmp_path: Path, contracts: Contracts) -> World:
    return World(tmp_path, contracts)
