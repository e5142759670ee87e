"""The command line: exit status, what goes to which stream, and that nothing ends in a traceback."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import NamedTuple

import duckdb
import pytest

from confere import cli
from dagster_project import run as main_job
from dagster_project.errors import RunFailed
from ingestion.archive import Archive
from ingestion.state import read_signoffs, read_waivers
from tests.unit.confere.conftest import plant

KEY = "35260811222333000181550010000001001000001007"


class Outcome(NamedTuple):
    """What a command left."""

    status: int
    out: str
    err: str


Confere = Callable[..., Outcome]


@pytest.fixture
def confere(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Confere:
    """Runs a command in this process."""
    monkeypatch.delenv(cli.WORKSPACE_VARIABLE, raising=False)

    def call(*arguments: object) -> Outcome:
        status = cli.main([str(argument) for argument in arguments])
        sys.stdout.flush()
        return Outcome(status, *capfd.readouterr())

    return call


def test_help_is_there_at_once() -> None:
    seconds = []
    for _ in range(3):
        started = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "confere.cli", "--help"], capture_output=True, text=True, check=True
        )
        seconds.append(time.perf_counter() - started)
    assert "score" in done.stdout
    # other work may run beside the tests; the best of three is the command's own
    assert min(seconds) < 1.0


def test_help_imports_nothing_heavy() -> None:
    script = (
        "import sys\nfrom confere.cli import main\nmain(['--help'])\n"
        "heavy = {'dagster', 'dbt', 'duckdb', 'pyarrow', 'polars', 'great_expectations', 'lxml'}\n"
        "sys.exit(','.join(sorted(heavy & set(sys.modules))) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "arguments",
    [
        ["no-such-command"],
        ["run", "--as-of", "yesterday"],
        ["sql"],
        ["sql", "a", "b", "c"],
        ["sql", "select 1", "--csv", "--json"],
        ["waive", "m1", "--reason", "r", "--until", "soon"],
        ["waive", "m1"],
        ["sample", "somewhere", "--documents", "0"],
        ["sample", "somewhere", "--faults", "no_such_file.csv"],
        ["sample", "somewhere", "--erp", "no_such_erp"],
        ["export", "no_such_report", "--to", "x.xlsx"],
        ["export", "sync", "--to", "x.unknown"],
        ["replay", "--source", "nowhere"],
        ["signoff", "R9", "2026-11-30", "--comment", "c"],
        ["signoff", "R3", "2026-13-30", "--comment", "c"],
        ["sql", "select no_such_column from marts.mismatches"],
    ],
)
def test_a_wrong_command_is_2(
    confere: Confere, root: Path, arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root)
    outcome = confere(*arguments)
    assert outcome.status == 2
    assert outcome.err
    assert "Traceback" not in outcome.err


def test_a_wrong_configuration_is_2_and_names_the_line(confere: Confere, root: Path) -> None:
    text = (root / "confere.yml").read_text(encoding="utf-8").replace("system: fiscal_xml", "system: fiscal")
    (root / "confere.yml").write_text(text, encoding="utf-8")
    outcome = confere("status", root)
    assert outcome.status == 2
    assert "confere.yml:8" in outcome.err


def test_no_workspace_is_2(confere: Confere, tmp_path: Path) -> None:
    outcome = confere("run", tmp_path)
    assert outcome.status == 2
    assert "confere init" in outcome.err


@pytest.mark.parametrize(
    "arguments",
    [["status"], ["score"], ["sql", "select 1"], ["xml", KEY], ["export", "sync", "--to", "x.csv"]],
)
def test_nothing_published_is_1(
    confere: Confere, root: Path, arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root)
    (root / "published" / "marts.duckdb").unlink()
    outcome = confere(*arguments)
    assert outcome.status == 1
    assert "Traceback" not in outcome.err


def test_a_failed_run_tells_what_where_and_what_to_do(
    confere: Confere, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object, **_options: object) -> None:
        raise RunFailed("the transformation broke", where="models/x.sql", what_to_do="Look at the log.")

    monkeypatch.setattr(main_job, "run_workspace", fail)
    outcome = confere("run", root)
    assert outcome.status == 1
    assert outcome.err.splitlines()[-3:] == [
        "confere: the transformation broke",
        "  where: models/x.sql",
        "  what to do: Look at the log.",
    ]
    assert outcome.out == ""


def test_init_makes_a_workspace_once(confere: Confere, tmp_path: Path) -> None:
    assert confere("init", tmp_path / "new").status == 0
    assert (tmp_path / "new" / "confere.yml").is_file()
    assert "telemetry:\n  enabled: false" in (tmp_path / "new/state/dagster/dagster.yaml").read_text()
    assert confere("init", tmp_path / "new").status == 2


def test_sample_makes_a_simulated_workspace(confere: Confere, tmp_path: Path) -> None:
    (tmp_path / "faults.csv").write_text("cause,count\nmissing_in_erp,2\n", encoding="utf-8")
    target = tmp_path / "sample"
    outcome = confere("sample", target, "--documents", 60, "--faults", tmp_path / "faults.csv")
    assert outcome.status == 0
    assert "60 documents" in outcome.out
    assert "2 planted faults" in outcome.out
    with duckdb.connect() as connection:
        planted = connection.execute(f"select cause from '{target}/truth/faults.parquet'").fetchall()
    assert planted == [("missing_in_erp",)] * 2
    assert confere("sample", target).status == 2


def test_the_workspace_comes_from_argument_environment_or_folder(
    confere: Confere, root: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    query = "select count(*) as rows from marts.documents"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert confere("sql", query, "--csv").status == 2
    assert confere("sql", root, query, "--csv").out == "rows\n1\n"
    monkeypatch.setenv(cli.WORKSPACE_VARIABLE, str(root))
    assert confere("sql", query, "--csv").out == "rows\n1\n"
    monkeypatch.delenv(cli.WORKSPACE_VARIABLE)
    monkeypatch.chdir(root)
    assert confere("sql", query, "--csv").out == "rows\n1\n"


def test_sql_writes_every_format(confere: Confere, root: Path, tmp_path: Path) -> None:
    query = (
        "select mismatch_id, amount, evidence, [1, 2] as list, date '2026-11-30' as day, true as yes"
        " from marts.mismatches where mismatch_id in ('m1', 'm3') order by 1"
    )
    assert confere("sql", root, query, "--csv").out == (
        "mismatch_id,amount,evidence,list,day,yes\n"
        'm1,1234.56,"{""a"": 1}","[1, 2]",2026-11-30,true\n'
        'm3,-0.05,,"[1, 2]",2026-11-30,true\n'
    )
    written = confere("sql", root, query, "--json").out
    assert '"amount": 1234.56' in written
    assert json.loads(written)[0] == {
        "mismatch_id": "m1",
        "amount": 1234.56,
        "evidence": {"a": 1},
        "list": [1, 2],
        "day": "2026-11-30",
        "yes": True,
    }
    assert json.loads(written)[1]["evidence"] is None
    assert json.loads(confere("sql", root, "select 1 as a where false", "--json").out) == []

    target = tmp_path / "rows.parquet"
    assert confere("sql", root, query, "--parquet", target).status == 0
    with duckdb.connect() as connection:
        assert connection.execute(f"select sum(amount)::varchar from '{target}'").fetchall() == [("1234.51",)]

    shown = confere("sql", root, query).out
    assert "1234.56" in shown
    assert "mismatch_id" in shown
    assert "the first 200 rows" in confere("sql", root, "from range(1000)").out


def test_sql_cannot_change_the_publication(confere: Confere, root: Path) -> None:
    outcome = confere("sql", root, "delete from marts.mismatches")
    assert outcome.status == 2
    assert "read-only" in outcome.err


def test_score_counts_by_cause(confere: Confere, root: Path) -> None:
    plant(root, ("missing_in_erp", "k1"), ("missing_in_erp", "k9"), ("posted_twice", "k5"))
    outcome = confere("score", root, "--json")
    assert outcome.status == 0
    by_cause = {line.pop("cause"): line for line in json.loads(outcome.out)}
    assert by_cause == {
        "missing_in_erp": {
            "planted": 2, "found": 1, "open": 2, "false_alarms": 1, "precision": 0.5, "recall": 0.5,
        },
        "posted_twice": {
            "planted": 1, "found": 0, "open": 0, "false_alarms": 0, "precision": None, "recall": 0.0,
        },
        "tax_differs": {
            "planted": 0, "found": 0, "open": 1, "false_alarms": 1, "precision": 0.0, "recall": None,
        },
        "total": {
            "planted": 3, "found": 1, "open": 3, "false_alarms": 2,
            "precision": pytest.approx(1 / 3), "recall": pytest.approx(1 / 3),
        },
    }  # fmt: skip
    assert "33,3%" in confere("score", root).out


def test_score_needs_a_simulated_workspace(confere: Confere, root: Path) -> None:
    outcome = confere("score", root)
    assert outcome.status == 1
    assert "confere sample" in outcome.err


def test_xml_gives_back_the_bytes(root: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    content = b"<nfeProc>\xe7\r\n</nfeProc>"
    with Archive.open_writer(root / "archive" / "xml") as archive:
        digest = archive.add(content)
    with duckdb.connect() as connection:
        connection.execute(f"attach '{root / 'published' / 'marts.duckdb'}' as published")
        connection.execute("update published.marts.documents set content_sha256 = ?", [digest])
    assert cli.main(["xml", str(root), KEY]) == 0
    sys.stdout.flush()
    assert capfdbinary.readouterr().out == content


def test_xml_of_an_unknown_key_is_1(confere: Confere, root: Path) -> None:
    outcome = confere("xml", root, KEY[:-1] + "0")
    assert outcome.status == 1
    assert KEY[:-1] + "0" in outcome.err
    assert outcome.out == ""


def test_waive_keeps_the_reason_and_the_day(confere: Confere, root: Path) -> None:
    assert confere("waive", root, "m1", "--reason", "combinado", "--until", "2026-12-31").status == 0
    (waiver,) = read_waivers(root / "state" / "confere.sqlite")
    assert (waiver.mismatch_id, waiver.reason, waiver.waived_until) == ("m1", "combinado", date(2026, 12, 31))
    assert confere("waive", root, "m9", "--reason", "r", "--until", "2026-12-31").status == 1


def test_signoff_keeps_the_comment(confere: Confere, root: Path) -> None:
    assert confere("signoff", root, "R3", "2026-11-30", "--comment", "conferido").status == 0
    (signoff,) = read_signoffs(root / "state" / "confere.sqlite")
    assert (signoff.rule, signoff.as_of_date, signoff.comment) == ("R3", date(2026, 11, 30), "conferido")


def test_the_dashboard_is_not_there_yet(confere: Confere, root: Path) -> None:
    outcome = confere("dashboard", root)
    assert outcome.status == 1
    assert "not part of this version" in outcome.err


def test_the_summary_says_what_an_analyst_asks_first(confere: Confere, root: Path) -> None:
    outcome = confere("status", root)
    assert outcome.status == 0
    lines = [" ".join(line.split()) for line in outcome.out.splitlines()]
    assert f"Publicação: {root}/published/marts.duckdb" in outcome.out.replace("\n", "")
    assert "Posição em 30/11/2026 20:59 (horário de Brasília), execução run-1" in lines
    assert "55 NF-e 1.500 0 1.500" in lines
    assert "Total 1.500 2 1.502" in lines
    assert "Sem lançamento no ERP missing_in_erp 2 R$ 1.001.234,56 1" in lines
    assert "Imposto lançado difere do documento tax_differs 1 R$ 0,05" in lines
    assert "Total 3 R$ 1.001.234,61 1" in lines
    assert "protheus 30/11/2026 19:00 2" in lines
    # a check of what is stored reads no source
    assert "xml nunca 0" in lines
    assert (
        "Completude: nada se perdeu no caminho (2 fluxos conferidos, 1 sem total da fonte na última leitura);"
        " em quarentena: 1.200" in " ".join(lines)
    )
    assert "xml not_xml 1.200 a/b.xml" in lines
    assert "protheus SE1 não foi entregue" in lines
    assert "extraction warned 1" in lines
    assert sum("confere sql" in line for line in lines) == 2


def test_the_summary_names_what_was_lost(confere: Confere, root: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"attach '{root / 'published' / 'marts.duckdb'}' as published")
        connection.execute(
            "update published.quality.completeness_verdicts"
            " set lost_at = 'staged', is_broken = true, lost_rows = 3, lost_amount = 1234.5"
            " where stream = 'SF1'"
        )
    lines = [" ".join(line.split()) for line in confere("status", root).out.splitlines()]
    assert "Perdido no caminho" in lines
    assert "protheus SF1 entidades 3 R$ 1.234,50" in lines


def test_the_summary_of_a_partial_publication(confere: Confere, root: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"attach '{root / 'published' / 'marts.duckdb'}' as published")
        connection.execute("drop table published.marts.mismatches; drop table published.marts.sync_status")
    assert confere("status", root).status == 0
