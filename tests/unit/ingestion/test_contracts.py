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


def test_a_table_may_say_otherwise_than_its_system_and_null_switches_off(tmp_path: Path) -> None:
    said = (
        "native: SE1, aliases: [TITULOS-REC], deleted_flag: null, changed_at: null, stamp_is_reliable: false,"
    )
    text = SOURCES_YML.replace("native: SE1,", said)
    text = text.replace(
        "native: SE5,", "native: SE5, deleted_flag: EXCLUIDO, deleted_value: S, physical_name: null,"
    )
    text = text.replace(
        "row_id: R_E", 'null_text: "?"\n        changed_at_zone: America/Sao_Paulo\n        row_id: R_E'
    )
    contracts = write_contracts(tmp_path, protheus=text)
    titles, movements = contracts.tables
    assert (titles.deleted_flag, titles.deleted_value, titles.changed_at) == (None, None, None)
    assert (titles.stamp_is_reliable, movements.stamp_is_reliable) == (False, True)
    assert (movements.deleted_flag, movements.deleted_value) == ("EXCLUIDO", "S")
    assert (titles.null_text, titles.changed_at_zone) == ("?", "America/Sao_Paulo")
    assert (titles.physical_name, movements.physical_name) == ("{alias}{company}0", "{alias}")
    assert titles.spellings == ("SE1", "TITULOS-REC")


def test_what_nobody_says_is_the_plain_case(tmp_path: Path) -> None:
    table = write_contracts(tmp_path, protheus=SOURCES_YML).table("protheus", "SE1")
    assert (table.changed_at_zone, table.stamp_is_reliable, table.repeats) == ("UTC", True, False)
    assert (table.null_text, table.aliases, table.columns[0].aliases) == (None, (), ())


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
        ("key: [E1_FILIAL, E1_NUM]", "key: E1_NUM", "key must be a list of texts"),
        ('deleted_value: "*"', "deleted_value: 1", "deleted_value must be a text"),
        ("changed_at: S_T_A_M_P_", "changed_at_zone: America/Atlantis", "America/Atlantis is no time zone"),
        ("native: SE1,", "native: SE1, repeats: often,", "repeats must be true or false"),
        ("native: SE5,", "native: SE5, aliases: [se1],", "se1 and se5 both go by the name se1"),
        (
            "{name: E1_NUM, data_type: text}",
            "{name: E1_NUM, data_type: text, config: {meta: {aliases: [e1-filial]}}}",
            "declared twice",
        ),
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
