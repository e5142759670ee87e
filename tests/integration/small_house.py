"""A dbt project of one table and one mart, and a workspace for it: the whole pipeline in a few seconds.

The real project proves that the marts are right; this one proves what happens around them.
"""

import csv
from collections.abc import Sequence
from pathlib import Path

AS_OF = "2026-11-30T23:59:59Z"

PROJECT = {
    "dbt_project.yml": """\
name: small
version: "1.0.0"
config-version: 2
profile: small
flags: {send_anonymous_usage_stats: false}
vars: {source_systems: {protheus: {kind: erp}, fiscal_xml: {kind: fiscal}}}
models:
  small:
    +persist_docs: {relation: true, columns: true}
    staging: {+schema: staging, +materialized: view}
    intermediate: {+schema: intermediate, +materialized: table}
    marts: {+schema: marts, +materialized: table}
seeds:
  small: {+schema: reference}
data_tests:
  small: {+store_failures: true, +schema: quality_failures}
""",
    "profiles.yml": """\
small:
  target: duckdb
  outputs:
    duckdb: {type: duckdb, path: "{{ env_var('CONFERE_WAREHOUSE') }}", schema: main, threads: 1}
""",
    "macros/generate_schema_name.sql": """\
{% macro generate_schema_name(name, node) %}{{ name or target.schema }}{% endmacro %}
""",
    "models/staging/protheus/_protheus__sources.yml": """\
version: 2
sources:
  - name: raw_protheus
    config: {meta: {system: protheus, deleted_flag: D_E_L_E_T_, deleted_value: "*"}}
    tables:
      - name: sx5
        description: One row per code.
        config: {meta: {native: SX5, key: [X5_CHAVE], amount: X5_VALOR}}
        columns:
          - {name: X5_CHAVE, data_type: text}
          - {name: X5_VALOR, data_type: "decimal(18,2)"}
""",
    "models/staging/protheus/stg_protheus__codes.sql": """\
select X5_CHAVE as code, X5_VALOR as amount
from {{ source('raw_protheus', 'sx5') }}
where _superseded_at is null and not _is_deleted
""",
    "models/intermediate/int_clock__horizon.sql": """\
select
    timestamptz '2026-12-01 00:00:00+00'
    + to_days(case when as_of < '2026-12-01 00:00:00+00' then 0 else 9999 end) as next_change_at
from raw_settings.clock
""",
    "models/marts/sync/codes.sql": "select code, amount from {{ ref('stg_protheus__codes') }}\n",
    "models/marts/sync/totals.sql": "select sum(amount) as amount from {{ ref('codes') }}\n",
    "models/marts/sync/_sync__models.yml": """\
version: 2
models:
  - name: codes
    description: One row per code.
    columns:
      - name: code
        description: The code.
        data_tests:
          - not_null
          - accepted_values: {arguments: {values: [forbidden]}, config: {severity: warn}}
      - name: amount
        data_tests:
          - accepted_values: {name: amount_is_not_666, arguments: {values: [1, 2, 3], quote: false}}
""",
    "models/marts/fiscal/empty_one.sql": "select 1 as nothing where false\n",
    "models/marts/inbox/empty_two.sql": "select 1 as nothing where false\n",
    "seeds/kinds.csv": "kind,label\n1,um\n2,dois\n",
}

SETTINGS = f"""\
as_of: {AS_OF}
companies:
  - name: Aurora
    branches:
      - {{cnpj: "12345678000195", uf: SP, code: "01"}}
sources:
  - {{name: protheus, system: protheus, company: "01", folder: exports/protheus}}
"""


def write_project(folder: Path) -> Path:
    """The dbt project below `folder`."""
    for name, text in PROJECT.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def write_workspace(root: Path, *rows: tuple[str, str]) -> Path:
    """A workspace whose one table holds these (code, amount)."""
    (root / "exports" / "protheus").mkdir(parents=True, exist_ok=True)
    (root / "confere.yml").write_text(SETTINGS, encoding="utf-8")
    write_codes(root, rows)
    return root


def write_codes(root: Path, rows: Sequence[tuple[str, str]]) -> None:
    """Exports the table anew."""
    with (root / "exports" / "protheus" / "SX5.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["X5_CHAVE", "X5_VALOR", "D_E_L_E_T_"])
        writer.writerows([*row, " "] for row in rows)
