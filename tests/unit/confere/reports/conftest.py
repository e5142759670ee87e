"""A small published file as a run leaves it, with what a report has to survive: hostile text and nulls."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

KEYS = [f"3526011234567800019555001{number:09d}1{number:08d}0" for number in (11, 12, 13, 14, 99)]

TABLES = {
    "quality.runs": "run_id varchar, as_of timestamptz, started_at timestamptz",
    "reference.causes": "cause varchar, label_pt varchar, hint varchar",
    "marts.documents": """
        access_key varchar, model varchar, series integer, number bigint, issue_date date, issuer_id varchar,
        issuer_name varchar, issuer_uf varchar, recipient_id varchar, recipient_name varchar,
        recipient_uf varchar, taker_id varchar, content_sha256 varchar
    """,
    "marts.document_items": """
        access_key varchar, item integer, product_code varchar, description varchar, ncm varchar,
        cest varchar,
        cfop varchar, unit varchar, quantity decimal(18, 4), unit_price decimal(21, 10),
        gross_amount decimal(18, 2), discount_amount decimal(18, 2), freight_amount decimal(18, 2),
        other_amount decimal(18, 2), order_number varchar, order_item varchar
    """,
    "marts.document_taxes": """
        access_key varchar, item integer, tax varchar, tax_group varchar, cst varchar, class_code varchar,
        base_amount decimal(18, 2), rate decimal(18, 4), amount decimal(18, 2)
    """,
    "marts.sync_status": """
        access_key varchar, company_cnpj varchar, company_role varchar, model varchar, source varchar,
        erp_document_key varchar, erp_stage varchar, sync_status varchar, cause varchar, causes varchar[],
        sync_status_as_arquivei varchar, synced_since timestamptz, unsynced_since timestamptz,
        document_amount decimal(18, 2), erp_amount decimal(18, 2), amount_difference decimal(18, 2),
        icms_difference decimal(18, 2), ipi_difference decimal(18, 2), sefaz_status varchar,
        issued_at timestamptz, issue_date date, posted_on date
    """,
}


@dataclass(frozen=True, slots=True)
class FakeWorkspace:
    published_path: Path
    archive_dir: Path

    @contextmanager
    def editing(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The published file, open for changes, under an alias: its name is also that of a schema in it."""
        with duckdb.connect() as connection:
            connection.execute(f"attach '{self.published_path}' as published")
            connection.execute("use published")
            yield connection


@pytest.fixture
def keys() -> list[str]:
    """The access keys of the documents 11, 12, 13 and 14, and one that no document has."""
    return KEYS


@pytest.fixture(scope="session")
def publication(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file as it was published; each test works on a copy."""
    folder = tmp_path_factory.mktemp("publication")
    workspace = FakeWorkspace(published_path=folder / "marts.duckdb", archive_dir=folder)
    with workspace.editing() as connection:
        for schema in ("marts", "reference", "quality"):
            connection.execute(f"create schema {schema}")
        for table, columns in TABLES.items():
            connection.execute(f"create table {table} ({columns})")
        fill(connection)
    return workspace.published_path


@pytest.fixture
def workspace(publication: Path, tmp_path: Path) -> FakeWorkspace:
    published = tmp_path / "published" / "marts.duckdb"
    published.parent.mkdir()
    shutil.copyfile(publication, published)
    return FakeWorkspace(published_path=published, archive_dir=tmp_path / "archive" / "xml")


def fill(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        """
        insert into quality.runs values
            ('run-1', '2026-11-29T23:59:59Z', '2026-11-30T01:00:00Z'),
            ('run-2', '2026-11-30T23:59:59Z', '2026-12-01T01:00:00Z')
        """
    )
    connection.execute(
        """
        insert into reference.causes values
            ('amount_differs', 'Valor lançado difere do documento', 'Corrija o lançamento.'),
            ('missing_in_erp', 'Sem lançamento no ERP', 'Lance o documento.'),
            ('rounding', null, null)
        """
    )
    documents = [
        (KEYS[0], "55", 1, 11, "2026-01-05", "12345678000195", "Comercial Aurora", "SP", "a" * 64),
        (KEYS[1], "55", 1, 12, "2026-01-20", "98765432000110", "=cmd|' /C calc'!A0", "PR", "b" * 64),
        (KEYS[2], "57", 1, 13, "2026-02-10", "98765432000110", "Transportes São João", "PR", "c" * 64),
        (KEYS[3], "55", 1, 14, "2026-03-31", "98765432000110", "+Papéis & Cia", "RS", None),
    ]
    for key, model, series, number, issued, issuer, name, uf, sha256 in documents:
        connection.execute(
            """
            insert into marts.documents
            values (?, ?, ?, ?, ?, ?, ?, ?, '12345678000195', 'Comercial Aurora', 'SP', null, ?)
            """,
            [key, model, series, number, issued, issuer, name, uf, sha256],
        )
    rows = [
        (KEYS[0], "12345678000195", "issuer", "Sincronizado", None, [], "1000.00", "1000.00"),
        (
            KEYS[0],
            "12345678000276",
            "recipient",
            "Sincronizado",
            "amount_differs",
            ["amount_differs"],
            "1000.00",
            "999.90",
        ),
        (
            KEYS[1],
            "12345678000195",
            "recipient",
            "Não sincronizado",
            "missing_in_erp",
            ["missing_in_erp"],
            "250.50",
            None,
        ),
        (
            KEYS[2],
            "12345678000195",
            "taker",
            "Sincronizado",
            "amount_differs",
            ["amount_differs", "rounding"],
            "90.00",
            "90.10",
        ),
        (
            KEYS[3],
            "22333444000181",
            "recipient",
            "Não sincronizado",
            "missing_in_erp",
            ["missing_in_erp"],
            "12345678.90",
            None,
        ),
    ]
    for key, cnpj, role, status, cause, causes, amount, erp_amount in rows:
        connection.execute(
            """
            insert into marts.sync_status
            select
                $key, $cnpj, $role, d.model, 'protheus', 'protheus|SF1|01|' || d.number || '|1|F00001|01|N',
                'pre_nota', $status, $cause, $causes, null,
                case when $status = 'Sincronizado' then timestamptz '2026-02-01T02:30:15.6Z' end, null,
                cast($amount as decimal(18, 2)), cast($erp_amount as decimal(18, 2)),
                cast($erp_amount as decimal(18, 2)) - cast($amount as decimal(18, 2)),
                null, null, 'authorised', timestamptz '2026-01-06T01:00:00Z', d.issue_date, date '2026-02-01'
            from marts.documents as d
            where d.access_key = $key
            """,
            {
                "key": key,
                "cnpj": cnpj,
                "role": role,
                "status": status,
                "cause": cause,
                "causes": causes,
                "amount": amount,
                "erp_amount": erp_amount,
            },
        )
    connection.execute(
        """
        insert into marts.document_items
        select
            access_key, item, 'P' || item, 'Produto ' || item, '48025610', null, '5102', 'UN',
            1.5, 333.3333333333, 500, 0, 0, 0, null, null
        from marts.documents cross join (values (1), (2)) as items (item)
        where number in (11, 13)
        """
    )
    connection.execute(
        """
        insert into marts.document_taxes
        select access_key, item, tax, tax || '00', '00', null, 500, 18, 90
        from marts.document_items cross join (values ('ICMS'), ('IPI')) as taxes (tax)
        """
    )
