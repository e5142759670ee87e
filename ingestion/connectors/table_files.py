"""Tables that a system hands over as files, one per table: TABLE.parquet or TABLE.csv, read by DuckDB itself.

Holds finding the file, telling whether it changed, and how it is scanned. What its columns mean is the
contract's, what becomes of its rows the store's.
"""

import codecs
import csv
import hashlib
import os
import re
from pathlib import Path
from typing import Final

from ingestion.contracts import TableContract, folded
from ingestion.delivery import Content, Delivery, Found, Selection
from ingestion.errors import DeliveryError, SourceUnavailable
from ingestion.sql import literal

_SUFFIXES: Final = (".parquet", ".csv")
_BLOCK: Final = 1 << 20
_LONGEST_HEADER: Final = 1 << 20


class TableFiles:
    """A folder of exported tables. A file is named by its table's alias or physical name, in any case.

    `company` is the company's code in the ERP, part of some systems' physical names; without it any code
    goes.
    """

    def __init__(self, folder: Path, *, company: str | None = None) -> None:
        self._folder = folder
        self._company = company

    def find(self, contract: TableContract, *, known: Content | None) -> Found | None:
        """The table's file; its digest is taken anew only when its stamps are not the `known` ones.

        Raises DeliveryError when there is more than one file, or it cannot be read, SourceUnavailable when
        the folder cannot be listed.
        """
        path = self._find(contract)
        if path is None:
            return None
        try:
            stamps = _stamps(path)
            if known is not None and stamps == (known.size, known.mtime_ns, known.ctime_ns):
                return Found(content=known)
            return Found(content=Content(*stamps, sha256=_digest(path)))
        except OSError as error:
            raise _unreadable(path, error) from error

    def read(self, contract: TableContract, selection: Selection) -> Delivery:
        """The whole table: a file has no other selection. Raises DeliveryError when it cannot be read."""
        path = self._find(contract)
        if path is None or not selection.is_whole:
            raise DeliveryError(f"no file of {contract.native} to be read so in {self._folder}")
        try:
            before = _stamps(path)
            if _is_csv(path):
                _check_utf8(path)
        except OSError as error:
            raise _unreadable(path, error) from error

        def confirm() -> None:
            if _stamps(path) != before:
                raise DeliveryError(
                    f"{path.name} changed while it was read; it will be taken by the next run"
                )

        if not _is_csv(path):
            return Delivery(
                f"read_parquet({literal(str(path))}, hive_partitioning = false)",
                is_whole=True,
                confirm=confirm,
            )
        rejects = f"rejects_{contract.name}"
        return Delivery(_csv_relation(path, rejects), is_whole=True, rejects=rejects, confirm=confirm)

    def recover(self, error: Exception) -> bool:  # noqa: ARG002
        """Nothing is gained by reading a file again at once."""
        return False

    def scrub(self, message: str) -> str:
        """The message as it is: a folder has no secret."""
        return message

    def _find(self, contract: TableContract) -> Path | None:
        company = re.escape(folded(self._company)) if self._company else "[a-z0-9]+"
        physical = re.escape(folded(contract.physical_name)).replace(r"\{company\}", company)
        aliases = [re.escape(folded(name)) for name in contract.spellings]
        named = re.compile("|".join((*aliases, *(physical.replace(r"\{alias\}", one) for one in aliases))))
        try:
            found = sorted(
                path
                for path in self._folder.iterdir()
                if path.suffix.casefold() in _SUFFIXES
                and named.fullmatch(folded(path.stem))
                and path.is_file()
            )
        except OSError as error:
            raise SourceUnavailable(f"{self._folder} cannot be listed: {error.strerror}") from error
        if len(found) > 1:
            names = ", ".join(path.name for path in found)
            raise DeliveryError(f"more than one file for the table {contract.native}: {names}; leave one")
        return found[0] if found else None


def _is_csv(path: Path) -> bool:
    return path.suffix.casefold() == ".csv"


def _stamps(path: Path) -> tuple[int, int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _csv_relation(path: Path, rejects: str) -> str:
    """SQL that scans the file as text; malformed lines go to the temporary table `rejects`."""
    header, separator = _csv_header(path)
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in header)
    # an empty field is blank text, as an ERP stores it, not an unknown one
    blank = ", ".join(literal(name) for name in header)
    return (
        f"read_csv({literal(str(path))}, auto_detect = false, header = true, delim = {literal(separator)}, "
        f"""quote = '"', escape = '"', columns = {{{columns}}}, force_not_null = [{blank}], """
        f"store_rejects = true, rejects_table = {literal(rejects)}, "
        f"rejects_scan = {literal(rejects + '_scan')}, rejects_limit = 0)"
    )


def _csv_header(path: Path) -> tuple[list[str], str]:
    """The names in the first line, and the separator: of comma and semicolon, what splits it into more."""
    try:
        with path.open("rb") as file:
            line = file.readline(_LONGEST_HEADER)
        text = line.decode("utf-8-sig").rstrip("\r\n")
    except OSError as error:
        raise _unreadable(path, error) from error
    except UnicodeDecodeError as error:
        raise DeliveryError(f"{path.name} is not UTF-8: {error.reason} in the header") from error
    comma, semicolon = (next(csv.reader([text], delimiter=separator), []) for separator in ",;")
    header, separator = (semicolon, ";") if len(semicolon) > len(comma) else (comma, ",")
    header = [name.strip() for name in header]
    if not header or "" in header:
        raise DeliveryError(f"{path.name} has no header line with the names of its columns")
    if len({name.casefold() for name in header}) != len(header):
        raise DeliveryError(f"{path.name} names a column twice in its header")
    return header, separator


def _check_utf8(path: Path) -> None:
    decoder = codecs.getincrementaldecoder("utf-8")()
    line = 1
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            try:
                decoder.decode(block)
            except UnicodeDecodeError as error:
                line += block[: max(error.start, 0)].count(b"\n")
                raise DeliveryError(f"{path.name} is not UTF-8: line {line} cannot be read") from error
            line += block.count(b"\n")
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise DeliveryError(f"{path.name} is not UTF-8: it ends within a character") from error


def _unreadable(path: Path, error: OSError) -> DeliveryError:
    reason = os.strerror(error.errno) if error.errno else str(error)
    return DeliveryError(f"{path.name} cannot be read: {reason}")
