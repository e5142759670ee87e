"""The tasks that are measured; `python -m benchmarks.tasks NAME SETTINGS` runs one in a process of its own.

A task prepares what it needs, takes the time of the work alone, and prints what it took as one line of JSON.
Nothing here decides what is measured how often, or what it is compared with.
"""

import hashlib
import json
import sys
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeAlias

import pyarrow as pa

from benchmarks.documents import BLOCK, documents
from benchmarks.measuring import Meter
from benchmarks.readers import READERS
from ingestion.archive import Archive, compress
from ingestion.connectors.xml_folder import FiscalBatch, read_folder
from ingestion.contracts import read_contracts
from ingestion.fiscal.classify import read_kinds
from ingestion.fiscal.containers import open_parts
from ingestion.fiscal.limits import Limits
from ingestion.folder_listing import list_folder
from ingestion.load import load_source
from ingestion.store import FiscalRows, Run, Store
from ingestion.workspace import Workspace, read_workspace

Task: TypeAlias = Callable[..., dict[str, Any]]

_SETTINGS: Final = "companies: []\nsources:\n  - {name: xml, system: fiscal_xml, folder: inbox/xml}\n"


def _took(meter: Meter, *, count: int, **said: Any) -> dict[str, Any]:
    return {"cpu": meter.cpu, "wall": meter.wall, "count": count, **said}


def _contents(sample: int) -> list[bytes]:
    blocks = -(-sample // BLOCK)
    return [document.content for block in range(blocks) for document in documents(block)][:sample]


def read(*, reader: str, sample: int) -> dict[str, Any]:
    """One way to read, on documents that are in memory."""
    contents = _contents(sample)
    reading = READERS[reader]()
    # what is imported, compiled or cached at the first use
    reading(contents[:20])
    meter = Meter()
    with meter.running():
        rows = reading(contents)
    return _took(meter, count=sample, rows=rows)


# the whole way


def load(*, workspace: str, inbox: str) -> dict[str, Any]:
    """What is new of an inbox into a store, up to the checkpoint with which the file is closed."""
    place = Path(workspace)
    opened, run, store = _open_store(place)
    source = replace(opened.source("xml"), folder=Path(inbox))
    contracts = read_contracts()
    meter = Meter()
    with meter.running():
        result = load_source(
            source,
            store=store,
            contracts=contracts,
            run=run,
            archive_dir=opened.archive_dir,
            clock=_now,
        )
        store.close()
    (stream,) = result.streams
    if stream.status == "error" or stream.rows_quarantined:
        raise SystemExit(f"the load went wrong: {stream}")
    return _took(meter, count=1, units=stream.rows_new, mode=stream.mode)


def _open_store(place: Path) -> tuple[Workspace, Run, Store]:
    place.mkdir(parents=True, exist_ok=True)
    (place / "confere.yml").write_text(_SETTINGS)
    (place / "inbox" / "xml").mkdir(parents=True, exist_ok=True)
    opened = read_workspace(place, environ={})
    store = Store.open(opened.warehouse_path, contracts=read_contracts(), software_version="benchmark")
    last = store.last_run()
    number = 1 + (int(last.run_id) if last else 0)
    run = store.start_run(run_id=str(number), command="run", as_of=_now(), started_at=_now())
    return opened, run, store


def _now() -> datetime:
    return datetime.now(UTC)


# stages


def listing(*, inbox: str, known: bool) -> dict[str, Any]:
    """Listing an inbox: all of it new, or all of it known."""
    folder = Path(inbox)
    files = list(list_folder(folder))
    names = ("path", "size", "mtime_ns", "ctime_ns")
    table = pa.table({name: [getattr(file, name) for file in files] for name in names})
    meter = Meter()
    with meter.running():
        found = list_folder(folder, known=table if known else None)
    return _took(meter, count=found.files + found.unchanged)


def files(*, inbox: str, sample: int) -> dict[str, Any]:
    """Opening and reading files."""
    meter = Meter()
    wanted = [file for file, _ in zip(list_folder(Path(inbox)), range(sample), strict=False)]
    with meter.running():
        for file in wanted:
            with file.open() as stream:
                stream.read()
    return _took(meter, count=len(wanted))


def hashing(*, sample: int) -> dict[str, Any]:
    """SHA-256 of each document."""
    contents = _contents(sample)
    meter = Meter()
    with meter.running():
        for content in contents:
            hashlib.sha256(content).hexdigest()
    return _took(meter, count=sample)


def inflating(*, folder: str, sample: int) -> dict[str, Any]:
    """Members of an archive, as the intake opens them."""
    path = Path(folder) / "members.zip"
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for place, content in enumerate(_contents(sample)):
            archive.writestr(f"{place}.xml", content)
    meter = Meter()
    with path.open("rb") as stream, meter.running():
        size = path.stat().st_size
        parts = sum(1 for _ in open_parts(stream, size=size, limits=Limits(), kinds=read_kinds()))
    return _took(meter, count=parts)


def compressing(*, sample: int) -> dict[str, Any]:
    """Frames for the archive."""
    contents = [(content, hashlib.sha256(content).digest()) for content in _contents(sample)]
    meter = Meter()
    with meter.running():
        size = sum(len(compress(content, digest=digest).data) for content, digest in contents)
    return _took(meter, count=sample, bytes=size)


def archiving(*, folder: str, sample: int) -> dict[str, Any]:
    """Frames into the archive, on disk."""
    frames = [compress(c, digest=hashlib.sha256(c).digest()) for c in _contents(sample)]
    meter = Meter()
    with Archive.open_writer(Path(folder) / "archive") as archive, meter.running():
        for frame in frames:
            archive.add_frame(frame)
        archive.flush()
    return _took(meter, count=sample)


def appending(*, folder: str, inbox: str, sample: int) -> dict[str, Any]:
    """Rows into the store, batch by batch, up to the checkpoint."""
    place = Path(folder)
    _, run, store = _open_store(place)
    with Archive.open_writer(place / "archive" / "xml") as archive:
        batches: list[FiscalBatch] = []
        for batch in read_folder(Path(inbox), archive=archive, known_files=None, is_stored=lambda _: ()):
            batches.append(batch)
            if sum(held.counts.documents for held in batches) >= sample:
                break
    taken = sum(batch.counts.documents for batch in batches)
    meter = Meter()
    with meter.running():
        for batch in batches:
            rows = FiscalRows(batch.tables, batch.files, [], batch.files["path"].to_pylist())
            store.append_fiscal(rows, source="xml", run=run)
        store.close()
    return _took(meter, count=taken)


def counting(*, workspace: str) -> dict[str, Any]:
    """How many documents a store holds."""
    import duckdb

    with duckdb.connect(
        str(read_workspace(Path(workspace), environ={}).warehouse_path), read_only=True
    ) as db:
        ((held,),) = db.execute("select count(*) from raw_fiscal_xml.documents").fetchall()
    return _took(Meter(), count=1, documents=held)


TASKS: Final[Mapping[str, Task]] = {
    task.__name__: task
    for task in (
        read,
        load,
        listing,
        files,
        hashing,
        inflating,
        compressing,
        archiving,
        appending,
        counting,
    )
}


def main() -> None:
    """Run one task and print what it took."""
    name, settings = sys.argv[1:]
    sys.stdout.write(json.dumps(TASKS[name](**json.loads(settings))) + "\n")


if __name__ == "__main__":
    main()
