"""A dbt project small enough to build in a second, and the warehouse that it reads."""

from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from dagster_project.dbt_build import DbtPaths

FILES = {
    "dbt_project.yml": """
        name: toy
        version: "1.0.0"
        config-version: 2
        profile: toy
        flags: {send_anonymous_usage_stats: false}
        models:
          toy:
            +persist_docs: {relation: true, columns: true}
            staging: {+schema: staging, +materialized: view}
            marts: {+schema: marts, +materialized: table}
        seeds:
          toy: {+schema: reference}
        data_tests:
          toy: {+store_failures: true, +schema: quality_failures}
    """,
    "profiles.yml": """
        toy:
          target: duckdb
          outputs:
            duckdb: {type: duckdb, path: "{{ env_var('CONFERE_WAREHOUSE') }}", schema: main, threads: 1}
    """,
    "macros/generate_schema_name.sql": """
        {% macro generate_schema_name(name, node) %}{{ name or target.schema }}{% endmacro %}
    """,
    "models/staging/toy/_toy__sources.yml": """
        version: 2
        sources:
          - name: raw_toy
            tables: [{name: things}]
    """,
    "models/staging/toy/stg_toy__things.sql": """
        select id, amount from {{ source('raw_toy', 'things') }}
    """,
    "models/marts/things.sql": "select id, amount from {{ ref('stg_toy__things') }}",
    "models/marts/_marts.yml": """
        version: 2
        models:
          - name: things
            description: One row per thing.
            columns:
              - name: id
                description: Its id.
                data_tests: [unique, not_null]
              - name: amount
                data_tests:
                  - not_null: {config: {severity: warn}}
        unit_tests:
          - name: never_run_in_a_build
            model: things
            given: [{input: ref('stg_toy__things'), rows: []}]
            expect: {rows: [{id: impossible}]}
    """,
    "seeds/kinds.csv": "kind,label\n1,um\n2,dois\n",
}


@pytest.fixture
def toy(tmp_path: Path) -> DbtPaths:
    """The toy project over a warehouse with two good rows."""
    project_dir = tmp_path / "project"
    for name, text in FILES.items():
        path = project_dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = text.removeprefix("\n").splitlines()
        indent = len(lines[0]) - len(lines[0].lstrip())
        path.write_text("\n".join(line[indent:] for line in lines) + "\n", encoding="utf-8")
    paths = DbtPaths(
        project_dir=project_dir,
        warehouse=tmp_path / "warehouse.duckdb",
        target_dir=tmp_path / "target",
        log_dir=tmp_path / "logs",
    )
    fill(paths.warehouse, ("a", Decimal("1.50")), ("b", Decimal("2.00")))
    return paths


def fill(warehouse: Path, *rows: tuple[str | None, Decimal | None]) -> None:
    """Replaces what the toy project reads."""
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create schema if not exists raw_toy")
        connection.execute("create or replace table raw_toy.things (id varchar, amount decimal(18, 2))")
        if rows:
            connection.executemany("insert into raw_toy.things values (?, ?)", rows)
