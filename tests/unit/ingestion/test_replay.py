"""Refused rows taken again, by the contract of today."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from ingestion.load import replay
from ingestion.workspace import Workspace, read_workspace
from tests.unit.ingestion.world import SOURCES_YML, World, write_contracts

SETTINGS = """
companies: []
sources:
  - {name: erp, system: protheus, company: "01", folder: exports}
"""


@pytest.fixture
def workspace(world: World) -> Workspace:
    (world.root / "confere.yml").write_text(SETTINGS)
    return read_workspace(world.root, environ={})


def replayed(world: World, workspace: Workspace, **options: str) -> Mapping[str, tuple[int, int, int]]:
    """Rows read, taken and refused again by stream."""
    with world.open() as store:
        run = world.start(store)
        results = replay(
            workspace, store=store, contracts=world.contracts, run=run, clock=world.clock, **options
        )
        return {
            f"{stream.source}|{stream.stream}": (
                stream.rows_read,
                stream.rows_new + stream.rows_changed,
                stream.rows_quarantined,
            )
            for result in results
            for stream in result.streams
        }


def quarantine(world: World) -> list[tuple[str, int, bool]]:
    return world.query(
        "select place, attempts, resolved_at is not null from quality.quarantine order by place"
    )


def test_rows_are_taken_by_the_contract_of_today(world: World, workspace: Workspace, tmp_path: Path) -> None:
    world.write(
        "SE1.csv", "E1_FILIAL,E1_NUM,E1_VALOR,R_E_C_N_O_\n01,A,1.00,1\n01,B,1.2345,2\n01,C,x,3\n01,D\n"
    )
    world.run()
    assert replayed(world, workspace) == {"erp|SE1": (2, 0, 2)}
    assert quarantine(world) == [
        ("SE1:erp|SE1|01|B#2", 2, False),
        ("SE1:erp|SE1|01|C#3", 2, False),
        ("SE1:line 5", 1, False),
    ]
    wider = SOURCES_YML.replace(
        'E1_VALOR, data_type: "decimal(18,2)"', 'E1_VALOR, data_type: "decimal(18,4)"'
    )
    world.contracts = write_contracts(tmp_path / "m", protheus=wider)
    assert replayed(world, workspace) == {"erp|SE1": (2, 1, 1)}
    assert quarantine(world) == [
        ("SE1:erp|SE1|01|B#2", 2, True),
        ("SE1:erp|SE1|01|C#3", 3, False),
        ("SE1:line 5", 1, False),
    ]
    assert world.live("se1", '"E1_NUM", "E1_VALOR"::varchar') == [("A", "1.0000"), ("B", "1.2345")]


def test_source_and_reason_narrow_what_is_taken(world: World, workspace: Workspace) -> None:
    world.write("SE1.csv", "E1_FILIAL,E1_NUM,E1_VALOR\n01,B,1.2345\n01,C,x\n")
    world.write("SE5.csv", "R_E_C_N_O_,E5_VALOR\n,1.00\n9,y\n")
    world.run()
    assert replayed(world, workspace, reason="not_a_number") == {"erp|SE1": (1, 0, 1), "erp|SE5": (1, 0, 1)}
    assert replayed(world, workspace, reason="missing_key") == {"erp|SE5": (1, 0, 1)}
    assert replayed(world, workspace, source="other") == {}


def test_a_file_untouched_since_stays_unchanged_after_a_replay(world: World, workspace: Workspace) -> None:
    world.write("SE1.csv", "E1_FILIAL,E1_NUM,E1_VALOR\n01,A,1.00\n01,C,x\n")
    world.run()
    replayed(world, workspace)
    assert world.load("SE1").status == "unchanged"
