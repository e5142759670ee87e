"""The rules of the house that a machine can check: who may know whom, what a model has to say of itself."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]

# package -> the packages of this project that it may import
MAY_IMPORT = {
    "ingestion": set(),
    "simulation": set(),
    "dagster_project": {"ingestion"},
    "confere": {"ingestion", "simulation", "dagster_project"},
    "benchmarks": {"ingestion", "simulation"},
}


def imported_modules(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_packages_know_only_what_they_may(package: str) -> None:
    forbidden = MAY_IMPORT.keys() - MAY_IMPORT[package] - {package}
    if package != "dagster_project":
        forbidden |= {"dagster", "dagster_dbt", "dbt"}
    offenders = [
        f"{path.relative_to(ROOT)} imports {module}"
        for path in (ROOT / package).rglob("*.py")
        for module in imported_modules(path)
        if module.split(".")[0] in forbidden
    ]
    assert offenders == []


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_modules_say_what_they_hold(package: str) -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in (ROOT / package).rglob("*.py")
        if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert silent == []


def test_no_system_is_named_in_the_orchestration() -> None:
    names = re.compile(r"\b(protheus|datasul|winthor|logix)\b", re.IGNORECASE)
    offenders = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "dagster_project").rglob("*.py")
        if names.search(path.read_text(encoding="utf-8"))
    ]
    assert offenders == []


def test_dbt_folder_does_not_shadow_dbt() -> None:
    assert not (ROOT / "dbt" / "__init__.py").exists()


def test_lock_names_no_host() -> None:
    assert "://" not in (ROOT / "requirements.lock").read_text(encoding="utf-8")


def models(manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {key: node for key, node in manifest["nodes"].items() if node["resource_type"] == "model"}


def layer(key: str, manifest: dict[str, Any]) -> str:
    if key.startswith("source."):
        return "source"
    node = manifest["nodes"][key]
    if node["resource_type"] == "seed":
        return "seed"
    return "base" if node["name"].startswith("base_") else str(node["fqn"][1])


# layer -> the layers that it may read
MAY_READ = {
    "base": {"source", "seed", "base"},
    "staging": {"source", "seed", "base"},
    "intermediate": {"staging", "intermediate", "seed"},
    "marts": {"staging", "intermediate", "marts", "seed"},
    "reference": {"intermediate", "seed"},
}


def test_layers_point_one_way(manifest: dict[str, Any]) -> None:
    offenders = [
        f"{node['name']} reads {parent}"
        for key, node in models(manifest).items()
        for parent in node["depends_on"]["nodes"]
        if layer(parent, manifest) not in MAY_READ[layer(key, manifest)]
    ]
    assert offenders == []


def test_every_model_begins_with_its_grain(manifest: dict[str, Any]) -> None:
    offenders = [
        node["name"]
        for node in models(manifest).values()
        if not re.match(r"One row( |,|\b)", node["description"].strip())
    ]
    assert offenders == []


def keys(manifest: dict[str, Any]) -> dict[str, list[str]]:
    """The columns that `unique_key` tests of each model."""
    return {
        node["attached_node"]: node["test_metadata"]["kwargs"]["columns"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test" and (node.get("test_metadata") or {}).get("name") == "unique_key"
    }


def test_marts_keep_a_contract_and_a_key(manifest: dict[str, Any]) -> None:
    keyed = keys(manifest)
    offenders = [
        node["name"]
        for key, node in models(manifest).items()
        if layer(key, manifest) in ("marts", "reference")
        and not (
            node["config"]["contract"]["enforced"]
            and key in keyed
            and all(column["description"] for column in node["columns"].values())
        )
    ]
    assert offenders == []


def test_entities_hold_a_version_of_a_row_once(manifest: dict[str, Any]) -> None:
    keyed = keys(manifest)
    offenders = [
        node["name"]
        for key, node in models(manifest).items()
        if re.fullmatch(r"int_\w+__unioned", node["name"]) and keyed.get(key, [])[:2] != ["row_id", "version"]
    ]
    assert offenders == []


def test_names_tell_the_layer(manifest: dict[str, Any]) -> None:
    patterns = {
        "base": r"base_[a-z]+__[a-z_]+",
        "staging": r"stg_[a-z_]+__[a-z_]+",
        "intermediate": r"int_[a-z_]+__[a-z_]+",
        "marts": r"[a-z_]+",
        "reference": r"[a-z_]+",
    }
    offenders = [
        node["name"]
        for key, node in models(manifest).items()
        if not re.fullmatch(patterns[layer(key, manifest)], node["name"])
    ]
    assert offenders == []


def test_every_source_table_is_read(manifest: dict[str, Any]) -> None:
    """A table that no model reads costs every user time for nothing, unless it says why it is kept."""
    read = {parent for node in models(manifest).values() for parent in node["depends_on"]["nodes"]}
    unread = {
        f"{source['source_name']}.{source['name']}"
        for key, source in manifest["sources"].items()
        if key not in read
        and "kept_for" not in {**source.get("meta", {}), **source["config"].get("meta", {})}
    }
    assert unread == set(), json.dumps(sorted(unread))


def test_completeness_counts_every_canonical_entity(manifest: dict[str, Any]) -> None:
    by_name = {node["name"]: node for node in models(manifest).values()}
    entities = {name for name in by_name if name.startswith("int_") and name.endswith("__unioned")}
    counted = by_name["int_completeness__staged_versions"]["depends_on"]["nodes"]
    assert {key.rpartition(".")[2] for key in counted} == entities


def test_how_much_of_a_table_becomes_canonical_is_one_of_three(manifest: dict[str, Any]) -> None:
    told = {
        f"{source['source_name']}.{source['name']}": source["config"]["meta"]["staged_as"]
        for source in manifest["sources"].values()
        if "staged_as" in source["config"].get("meta", {})
    }
    assert told
    assert {name: word for name, word in told.items() if word not in ("entity", "part", "none")} == {}
