"""A workspace with a small publication, as a run leaves it."""

from pathlib import Path

import duckdb
import pytest

SETTINGS = """\
as_of: 2026-11-30T23:59:59Z
companies:
  - name: Aurora
    branches:
      - {cnpj: "12345678000195", uf: SP, code: "01"}
sources:
  - {name: protheus, system: protheus, company: "01", folder: exports/protheus}
  - {name: xml, system: fiscal_xml, folder: inbox/xml}
accounts:
  - {rule: R3, role: duplicatas_a_receber, account: "1.1.0.10.3010101"}
"""

CONTENT = """
    create schema marts; create schema reference; create schema quality;

    create table quality.runs as
    select 'run-1' as run_id, timestamptz '2026-11-30 23:59:59+00' as as_of, now() as started_at,
        'succeeded' as status, 'f' as fingerprint;
    create table quality.extractions as
    select 'run-1' as run_id, 'protheus' as source, 'SE1' as stream, 'error' as status,
        'não foi entregue' as message, 'full' as mode, timestamptz '2026-11-30 23:00:00+00' as finished_at
    union all select 'run-1', 'protheus', 'SF1', 'ok', null, 'full', timestamptz '2026-11-30 22:00:00Z'
    union all select 'run-1', 'protheus', 'SF2', 'unchanged', null, 'full', timestamptz '2026-11-29 22:00:00Z'
    union all select 'run-1', 'xml', 'files', 'error', 'vazia', 'full', timestamptz '2026-11-30 22:00:00Z'
    union all select 'run-1', 'xml', 'signatures', 'ok', null, 'check', timestamptz '2026-11-30 22:00:00Z';
    create table quality.completeness_verdicts as
    select 'protheus' as source, 'SF1' as stream, null::varchar as lost_at, false as is_broken,
        true as is_evaluable, null::bigint as lost_rows, null::decimal(38, 2) as lost_amount
    union all select 'protheus', 'SF2', null, false, false, null, null;
    create table quality.quarantine as
    select 'xml' as source, 'files' as stream, 'a/b.xml' as place, 'not_xml' as reason,
        null::timestamptz as resolved_at
    from range(1200);
    create table quality.check_results as
    select 'run-1' as run_id, 'extraction' as check_name, 'warned' as status, 1::bigint as failures
    union all select 'run-1', 'unique_key', 'passed', 0;

    create table reference.causes as
    select 'missing_in_erp' as cause, 'Sem lançamento no ERP' as label_pt
    union all select 'tax_differs', 'Imposto lançado difere do documento';
    create table marts.documents as
    select '35260811222333000181550010000001001000001007' as access_key, 'ab' as content_sha256;
    create table marts.sync_status as
    select '55' as model, 'Sincronizado' as sync_status from range(1500)
    union all select '57', 'Não sincronizado' from range(2);
    create table marts.mismatches as
    select * from (values
        ('m1', 'missing_in_erp', 'k1', 1234.56::decimal(18, 2), null::timestamptz, false, '{"a": 1}'::json),
        ('m2', 'missing_in_erp', 'k2', 1000000.00, null, true, '{}'),
        ('m3', 'tax_differs', 'k3', -0.05, null, false, null),
        ('m4', 'tax_differs', 'k4', 10.00, now(), false, null)
    ) rows (mismatch_id, cause, entity_key, amount, resolved_at, is_waived, evidence);
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The folder of the workspace."""
    (tmp_path / "confere.yml").write_text(SETTINGS, encoding="utf-8")
    (tmp_path / "published").mkdir()
    with duckdb.connect() as connection:
        connection.execute(f"attach '{tmp_path / 'published' / 'marts.duckdb'}' as published; use published")
        connection.execute(CONTENT)
    return tmp_path


def plant(root: Path, *faults: tuple[str, str]) -> None:
    """Writes the truth of a simulated workspace: (cause, entity_key)."""
    (root / "truth").mkdir()
    with duckdb.connect() as connection:
        connection.execute("create table faults (cause varchar, entity_key varchar)")
        connection.executemany("insert into faults values (?, ?)", faults)
        connection.execute(f"copy faults to '{root / 'truth' / 'faults.parquet'}'")
