"""One run at a time in a workspace, across processes.

The operating system holds the lock and drops it with the process, however that ends, so there is no stale
lock to clean. The file says who holds it, for the waiting message only.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

_LOCKED_BYTE: Final = 1 << 30
"""Windows locks a range of bytes and refuses to read it; one far behind the text leaves the text readable."""


@contextmanager
def run_lock(
    path: Path,
    *,
    started_at: datetime,
    on_wait: Callable[[str], None],
    sleep: Callable[[float], None] = time.sleep,
    poll_seconds: float = 0.2,
) -> Iterator[None]:
    """Holds the workspace for this run; tells `on_wait` once when another run has it, and waits."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        has_told = False
        while not _try_lock(descriptor):
            if not has_told:
                on_wait(
                    f"another run is writing in this workspace ({_holder(path)}); waiting until it has ended"
                )
                has_told = True
            sleep(poll_seconds)
        text = json.dumps({"pid": os.getpid(), "started_at": started_at.isoformat(timespec="seconds")})
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, text.encode())
        try:
            yield
        finally:
            os.ftruncate(descriptor, 0)
            _unlock(descriptor)
    finally:
        os.close(descriptor)


def _holder(path: Path) -> str:
    try:
        holder = json.loads(path.read_text(encoding="utf-8"))
        return f"process {holder['pid']}, since {holder['started_at']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "just starting"


if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)
