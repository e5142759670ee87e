"""Exported tables as files: which file, in what shape, and what is wrong with it."""

import os
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingestion.errors import ConfigurationError
from tests.unit.ingestion.world import SOURCES_YML, World, write_contracts

HEADER = "E1_FILIAL,E1_NUM,E1_VALOR,R_E_C_N_O_\n"


@pytest.mark.parametrize("name", ["SE1.csv", "se1.csv", "SE1010.csv", "se1010.CSV", "Se1.Csv"])
def test_a_table_is_found_by_alias_or_physical_name_in_any_case(world: World, name: str) -> None:
    world.write(name, HEADER + "01,A,1.00,1\n")
    assert world.load("SE1").rows_new == 1


@pytest.mark.parametrize("name", ["TIT-REC.csv", "tit_rec010.csv", "tit-rec.PARQUET"])
def test_a_table_may_have_other_names_hyphens_or_none(tmp_path: Path, name: str) -> None:
    named = SOURCES_YML.replace("native: SE1,", "native: SE1, aliases: [Tit-Rec],")
    world = World(tmp_path, write_contracts(tmp_path / "m", protheus=named))
    path = world.write(name, HEADER + "01,A,1.00,1\n")
    if name.endswith("PARQUET"):
        pq.write_table(pa.table({"E1_FILIAL": ["01"], "E1_NUM": ["A"]}), path)
    assert world.load("SE1").rows_new == 1


@pytest.mark.parametrize("name", ["SE1020.csv", "SE10.csv", "SE1.csv.bak", "XSE1.csv", "SE1010.txt"])
def test_other_files_are_left_alone(world: World, name: str) -> None:
    world.write(name, HEADER + "01,A,1.00,1\n")
    assert world.load("SE1").status == "absent"


def test_two_files_of_one_table_are_an_error_that_names_both(world: World) -> None:
    world.write("SE1.csv", HEADER + "01,A,1.00,1\n")
    world.run()
    world.write("SE1010.csv", HEADER + "01,B,1.00,2\n")
    result = world.load("SE1")
    assert result.status == "error"
    assert "SE1.csv, SE1010.csv" in (result.message or "")
    assert world.live("se1", '"E1_NUM"') == [("A",)]


def test_typed_parquet_columns_are_taken(world: World) -> None:
    table = pa.table(
        {
            "e1_filial": ["01 ", "01"],
            "e1_num": ["A", "B"],
            "e1_emis1": pa.array([date(2026, 1, 31), None], pa.date32()),
            "e1_valor": pa.array([0.1 + 0.2, 5.0], pa.float64()),
            "r_e_c_n_o_": pa.array([1, 2], pa.int32()),
            "s_t_a_m_p_": pa.array([datetime.fromisoformat("2026-01-31 10:00"), None], pa.timestamp("us")),
        }
    )
    pq.write_table(table, world.write("SE1.parquet", b""))
    assert world.load("SE1").missing_columns == ("D_E_L_E_T_",)
    assert world.live("se1", '_key, "E1_EMIS1", "E1_VALOR", "R_E_C_N_O_", _changed_at::varchar') == [
        ("erp|SE1|01|A", date(2026, 1, 31), Decimal("0.30"), 1, "2026-01-31 10:00:00+00"),
        ("erp|SE1|01|B", None, Decimal("5.00"), 2, None),
    ]


def test_the_same_rows_as_parquet_and_as_csv_are_the_same_versions(world: World) -> None:
    path = world.write("SE1.csv", "E1_FILIAL;E1_NUM;E1_EMIS1;E1_VALOR;R_E_C_N_O_\n01;A;20260131;1.5;1\n")
    world.run()
    path.unlink()
    table = pa.table(
        {
            "E1_FILIAL": ["01"],
            "E1_NUM": ["A  "],
            "E1_EMIS1": pa.array([date(2026, 1, 31)]),
            "E1_VALOR": pa.array([Decimal("1.50")], pa.decimal128(16, 2)),
            "R_E_C_N_O_": [1],
        }
    )
    pq.write_table(table, world.write("SE1010.parquet", b""))
    result = world.load("SE1")
    assert (result.status, result.changed) == ("ok", False)


def test_missing_columns_are_null_and_listed_extra_ones_kept_and_listed(world: World) -> None:
    world.write("SE1.csv", "E1_FILIAL,E1_NUM,E1_XNOME,R_E_C_D_E_L_\n01,A,Ana ,0\n")
    result = world.load("SE1")
    assert result.missing_columns == ("E1_EMIS1", "E1_VALOR", "R_E_C_N_O_", "D_E_L_E_T_")
    assert result.extra_columns == ("E1_XNOME", "R_E_C_D_E_L_")
    assert world.live("se1", '"E1_VALOR", _extra::varchar') == [
        (None, '{"E1_XNOME":"Ana","R_E_C_D_E_L_":"0"}')
    ]
    listed = world.query(
        "select missing_columns, extra_columns from quality.extractions where stream = 'SE1'"
    )
    assert listed == [("E1_EMIS1, E1_VALOR, R_E_C_N_O_, D_E_L_E_T_", "E1_XNOME, R_E_C_D_E_L_")]


def test_a_missing_key_column_is_an_error(world: World) -> None:
    world.write("SE1.csv", "E1_FILIAL,E1_VALOR\n01,1.00\n")
    result = world.load("SE1")
    assert (result.status, result.message) == ("error", "the key column E1_NUM is missing")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("E1_FILIAL,E1_NUM\n01,São\n".encode("latin-1"), "not UTF-8: line 2"),
        ("E1_FILIAL,E1_NÚM\n".encode("latin-1"), "not UTF-8"),
        (b"E1_FILIAL,E1_NUM\n01,\xc3", "not UTF-8"),
        (b"", "no header"),
        (b"E1_FILIAL,,E1_NUM\n", "no header"),
        (b"E1_NUM,E1_FILIAL,e1_num\n1,2,3\n", "names a column twice"),
    ],
)
def test_an_unreadable_csv_is_an_error_and_keeps_what_was_there(
    world: World, content: bytes, message: str
) -> None:
    world.write("SE1.csv", HEADER + "01,A,1.00,1\n")
    world.run()
    world.write("SE1.csv", content)
    result = world.load("SE1")
    assert result.status == "error"
    assert message in (result.message or "")
    assert world.live("se1", '"E1_NUM"') == [("A",)]


def test_bom_quotes_line_breaks_and_blank_fields(world: World) -> None:
    world.write("SE1.csv", '\ufeffE1_FILIAL;E1_NUM;E1_VALOR\r\n"01";"A ""x"";\ny";1.00\r\n;B;\r\n')
    world.run()
    assert world.live("se1", '"E1_FILIAL", "E1_NUM", "E1_VALOR"::varchar') == [
        ("", "B", None),
        ("01", 'A "x";\ny', "1.00"),
    ]


def test_a_malformed_line_is_refused_alone_and_nothing_is_taken_for_deleted(world: World) -> None:
    world.write("SE1.csv", HEADER + "01,A,1.00,1\n01,B,1.00,2\n")
    world.run()
    world.write("SE1.csv", HEADER + "01,C,1.00,3\n01,B\n01,B,1.00,2,9\n")
    result = world.load("SE1")
    assert (result.status, result.rows_read, result.rows_new, result.rows_deleted) == ("ok", 3, 1, 0)
    assert "deletions were not looked for" in (result.message or "")
    assert world.query("select place, reason, raw_text from quality.quarantine order by place") == [
        ("SE1:line 3", "malformed_line", "01,B"),
        ("SE1:line 4", "malformed_line", "01,B,1.00,2,9"),
    ]
    world.write("SE1.csv", HEADER + "01,B,1.00,2\n01,C,1.00,3\n")
    assert world.load("SE1").rows_deleted == 1
    assert world.query("select count(*) from quality.quarantine where resolved_at is null") == [(0,)]


def test_a_refused_row_keeps_its_former_version_until_it_is_good(world: World) -> None:
    world.write("SE1.csv", HEADER + "01,A,1.00,1\n01,B,1.00,2\n")
    world.run()
    world.write("SE1.csv", HEADER + '01,A,"1,50",1\n')
    result = world.load("SE1")
    assert (result.rows_quarantined, result.rows_changed, result.rows_deleted) == (1, 0, 1)
    assert world.live("se1", '"E1_NUM", "E1_VALOR"::varchar') == [("A", "1.00")]
    ((place, detail, raw, attempts),) = world.query(
        "select place, detail, raw_text, attempts from quality.quarantine"
    )
    assert place == "SE1:erp|SE1|01|A#1"
    assert detail == "E1_VALOR as decimal(18,2): 1,50"
    assert raw == '{"E1_FILIAL":"01","E1_NUM":"A","E1_VALOR":"1,50","R_E_C_N_O_":"1"}'
    assert attempts == 1
    world.run(full=True)
    assert world.query("select attempts, resolved_at from quality.quarantine") == [(2, None)]
    world.write("SE1.csv", HEADER + "01,A,1.50,1\n")
    assert world.load("SE1").rows_changed == 1
    assert world.query("select attempts, resolved_at is not null from quality.quarantine") == [(2, True)]


def test_a_file_that_changes_while_it_is_read_is_not_taken(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = world.write("SE1.csv", HEADER + "01,A,1.00,1\n")
    world.run()
    world.write("SE1.csv", HEADER + "01,B,1.00,2\n")

    def touch_meanwhile() -> None:
        status = path.stat()
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1))

    monkeypatch.setattr("ingestion.connectors.table_files._check_utf8", lambda path: touch_meanwhile())
    result = world.load("SE1")
    assert result.status == "error"
    assert "changed while it was read" in (result.message or "")
    assert world.live("se1", '"E1_NUM"') == [("A",)]
    monkeypatch.undo()
    assert world.load("SE1").rows_new == 1


def test_a_folder_that_is_not_there_is_told_of_every_table(world: World) -> None:
    world.write("SE1.csv", HEADER + "01,A,1.00,1\n")
    world.run()
    assert world.source.folder is not None
    world.source.folder.rename(world.root / "elsewhere")
    result = world.run()
    assert [stream.status for stream in result.streams] == ["error", "error"]
    assert world.live("se1", '"E1_NUM"') == [("A",)]


def test_an_unknown_name_in_allow_empty_is_a_configuration_error(world: World) -> None:
    world.allow_empty("SE9")
    with pytest.raises(ConfigurationError, match="SE9"):
        world.run()
