"""The simulated workspaces that several tests look at; each is written once.

Their one ERP is Protheus, which holds everything that happens; tests of all ERPs make worlds of their own.
"""

from pathlib import Path

import pytest

from simulation import SampleReport, generate


@pytest.fixture(scope="session")
def faulty_world(tmp_path_factory: pytest.TempPathFactory) -> SampleReport:
    return generate(
        tmp_path_factory.mktemp("faulty") / "world", documents=700, faults="all", erps=["protheus"]
    )


@pytest.fixture(scope="session")
def clean_world(tmp_path_factory: pytest.TempPathFactory) -> SampleReport:
    return generate(
        tmp_path_factory.mktemp("clean") / "world", documents=400, faults="none", seed=3, erps=["protheus"]
    )


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "world"
