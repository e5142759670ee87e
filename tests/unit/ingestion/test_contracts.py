"""The sources YAML as extraction contract, and what it must not say."""

from dataclasses import replace
from pathlib import Path

import pytest

from ingestion.contracts import Column, FileNames, read_contracts, source_systems
from ingestion.errors import ContractError
from tests.unit.ingestion.world import FISCAL_YML, SOURCES_YML, write_contracts


def test_a_table_inherits_what_its_system_says(tmp_path: Path) -> None:
    contracts = write_contracts(tmp_path, protheus=SOURCES_YML, fiscal_xml=FISCAL_YML)
    table = contracts.table("protheus", "se1")
    assert (table.native, table.schema, table.key) == ("SE1", "raw_protheus", ("E1_FILIAL", "E1_NUM"))
    assert (table.row_id, table.deleted_flag, table.deleted_value) == ("R_E_C_N_O_", "D_E_L_E_T_", "*")
    assert (table.business_date, table.amount) == ("E1_EMIS1", "E1_VALOR")
    assert [column.sql_type for column in table.columns] == ["varchar", "varchar", "date", "decimal(18,2)"]
    assert table.stored_columns[-1] == Column("R_E_C_N_O_", "bigint")
    assert [one.native for one in contracts.of_system("protheus")] == ["SE1", "SE5"]
    assert contracts.is_fiscal("fiscal_xml")
    assert not contracts.is_fiscal("protheus")
    with pytest.raises(KeyError):
        contracts.table("protheus", "SE9")


def test_the_fingerprint_follows_the_contract(tmp_path: Path) -> None:
    table = write_contracts(tmp_path, protheus=SOURCES_YML).table("protheus", "SE1")
    assert table.fingerprint == replace(table).fingerprint
    assert table.fingerprint != replace(table, amount=None).fingerprint


def test_a_table_of_documents_lists_its_columns_without_the_envelope(tmp_path: Path) -> None:
    documents, *_ = write_contracts(tmp_path, fiscal_xml=FISCAL_YML).document_tables
    assert documents.columns == (("access_key", "text"), ("environment", "text"))


def test_a_dictionary_of_file_names(tmp_path: Path) -> None:
    named = SOURCES_YML.replace(
        'physical_name: "{alias}{company}0"',
        'physical_name: "{alias}{company}0"\n'
        "        file_names: {native: SX2, alias: X2_CHAVE, file: X2_ARQUIVO}",
    )
    table = write_contracts(tmp_path, protheus=named).table("protheus", "SE1")
    assert table.file_names == FileNames("SX2", "X2_CHAVE", "X2_ARQUIVO")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("data_type: date}", "data_type: datum}", "E1_EMIS1 has the unknown data_type 'datum'"),
        ("{name: E1_NUM, data_type: text}", "{name: E1_NUM}", "E1_NUM has no data_type"),
        (
            "key: [E1_FILIAL, E1_NUM]",
            "key: [E1_FILIAL, E1_TIPO]",
            "E1_TIPO is not among the declared columns",
        ),
        ("key: [E1_FILIAL, E1_NUM], ", "", "needs a key"),
        ("{name: E1_NUM, data_type: text}", "{name: e1_filial, data_type: text}", "declared twice"),
        ("amount: E1_VALOR", "amount: E1_TOTAL", "E1_TOTAL"),
        ("name: raw_protheus", "name: raw_erp", "must be named raw_protheus"),
        ("name: se1", "name: SE1", "snake case"),
        ('        deleted_value: "*"\n', "", "go together"),
        ("sources:", "sources: [", "cannot be read"),
    ],
)
def test_a_contract_that_cannot_be_followed_is_named(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    assert old in SOURCES_YML
    with pytest.raises(ContractError, match=message) as error:
        write_contracts(tmp_path, protheus=SOURCES_YML.replace(old, new))
    assert "_protheus__sources.yml" in str(error.value)


def test_the_contracts_of_the_project_can_be_followed() -> None:
    contracts = read_contracts()
    systems = source_systems()
    assert {table.system for table in contracts.tables} <= {
        name for name, one in systems.items() if one.kind == "erp"
    }
    assert {table.system for table in contracts.document_tables} == {
        name for name, one in systems.items() if one.kind == "fiscal"
    }
    natives = [(table.system, table.native.casefold()) for table in contracts.tables]
    assert len(set(natives)) == len(natives)
