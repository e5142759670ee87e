"""Any folder of fiscal XML that somebody has at hand: nothing lost, the values as read elsewhere.

Documents of real companies cannot be part of this repository: CONFERE_XML_CORPUS names a folder of them,
else one that lies beside the checkout is taken.
"""

import hashlib
import os
import resource
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from fiscal_inbox import Inbox
from independent_reading import compare
from map_reading import read_again, rows_of

from ingestion.fiscal.limits import Limits
from ingestion.fiscal.optional_checks import CHECKS
from ingestion.fiscal.reader import Reading

BESIDE = Path(__file__).parents[5] / "shared" / "corpus"
CORPUS = Path(os.environ.get("CONFERE_XML_CORPUS", BESIDE))

pytestmark = pytest.mark.skipif(
    not CORPUS.is_dir(), reason="CONFERE_XML_CORPUS names no folder of fiscal XML"
)


def test_nothing_is_lost(inbox: Inbox) -> None:
    inbox.folder.rmdir()
    inbox.folder.symlink_to(CORPUS, target_is_directory=True)
    files = [path for path in CORPUS.rglob("*") if path.is_file()]
    started, before = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    taken = inbox.read(threads=1)
    assert time.process_time() - started < 5 + 0.02 * len(files)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 400_000  # KiB
    assert taken.counts.files == len(files) == len(taken.files)
    for path in files:
        row = taken.files[path.relative_to(CORPUS).as_posix()]
        assert row["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
        assert row["payloads"] + row["quarantined"] > 0
    again = inbox.replay([item for item in taken.quarantined if item.archive_ref is not None])
    assert again.counts.documents == 0


def test_the_values_are_those_of_another_reading(read: Callable[..., Reading]) -> None:
    compared = 0
    for path in sorted(CORPUS.rglob("*.xml")):
        content = path.read_bytes()
        reading = read(content)
        repairs = reading.tables["payloads"]["encoding_repair"].to_pylist()
        # the other library reads no document that had to be mended
        if reading.refused or repairs != [None]:
            continue
        assert rows_of(reading) == read_again(content), path
        if reading.tables["documents"].num_rows:
            compared += compare(content, reading)
    assert compared > 0


def test_every_payload_has_its_verdicts() -> None:
    pytest.importorskip("cryptography", reason="the check of signatures is an extra")
    pytest.importorskip("nfelib", reason="the schemas come with nfelib")
    outcomes = {None, "valid", "valid_normalised", "altered", "invalid", "unsigned", "unverifiable"}
    judges = {name: check.start(Limits()) for name, check in CHECKS.items()}
    found = set()
    for path in sorted(CORPUS.rglob("*.xml")):
        content = path.read_bytes()
        found |= {verdict.outcome for verdict in judges["signatures"].judge(content)}
        for verdict in judges["schemas"].judge(content):
            assert (verdict.root is None) == (verdict.is_valid is None)
            assert (verdict.is_valid is False) == bool(verdict.error_count)
    assert found <= outcomes
