"""The tables of the Protheus as they are exported: columns, widths, sharing, and the files that hold them.

Text is padded with blanks, numbers are floats, dates are YYYYMMDD, ``*`` marks a deleted row: as the ERP
stores them. What stands in a row is decided in export.py.
"""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

COMPANY = "01"
"""The grupo de empresas: it stands in the physical names (SF1010) and in M0_CODIGO."""

Row = Mapping[str, Any]
"""Column → value: text unpadded, numbers whole in units of their scale; what is absent is blank or zero."""

_ROWS_PER_GROUP = 20_000
_RECORD_NUMBER = "R_E_C_N_O_"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: text (``C``) of a width, number (``N``) of a scale, its number (``I``), instant (``T``)."""

    name: str
    type: Literal["C", "N", "I", "T"]
    width: int = 0
    scale: int = 2


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the dictionary. ``mode`` is its sharing: ``E`` one branch's, ``C`` shared by all."""

    alias: str
    columns: tuple[Column, ...]
    mode: Literal["E", "C"] = "E"
    is_csv: bool = False
    has_physical_file_name: bool = False

    @property
    def physical_name(self) -> str:
        """Return the name in the database: alias, company and 0; system tables keep theirs."""
        return f"{self.alias}{COMPANY}0" if len(self.alias) == 3 else self.alias

    @property
    def file_name(self) -> str:
        """Return the name of the exported file."""
        stem = self.physical_name if self.has_physical_file_name else self.alias
        return f"{stem}.{'csv' if self.is_csv else 'parquet'}"


def _columns(specification: str, *, has_stamps: bool = False) -> tuple[Column, ...]:
    """Read ``NAME:width`` (text), ``NAME`` (amount) and ``NAME#scale`` (number); add the control columns."""
    columns = []
    for word in specification.split():
        name, is_text, width = word.partition(":")
        name, _, scale = name.partition("#")
        columns.append(Column(name, "C", int(width)) if is_text else Column(name, "N", scale=int(scale or 2)))
    columns += [Column("D_E_L_E_T_", "C", 1), Column(_RECORD_NUMBER, "I")]
    if has_stamps:
        columns += [Column("S_T_A_M_P_", "T"), Column("I_N_S_D_T_", "T")]
    return tuple(columns)


_SF1 = """
    F1_FILIAL:4 F1_DOC:9 F1_SERIE:3 F1_FORNECE:6 F1_LOJA:2 F1_TIPO:1 F1_CHVNFE:44 F1_ESPECIE:5 F1_STATUS:1
    F1_FORMUL:1 F1_EMISSAO:8 F1_DTDIGIT:8 F1_RECBMTO:8 F1_VALMERC F1_VALBRUT F1_FRETE F1_DESCONT F1_VALICM
    F1_VALIPI F1_COND:3 F1_DUPL:9 F1_PREFIXO:3 F1_DTLANC:8 F1_FIMP:1 F1_DAUTNFE:8 F1_HAUTNFE:5 F1_STATCON:1
    F1_APROV:6 F1_TPCTE:1 F1_CODNFE:50 F1_NFELETR:20 F1_FILORIG:4
"""
_SD1 = """
    D1_FILIAL:4 D1_DOC:9 D1_SERIE:3 D1_FORNECE:6 D1_LOJA:2 D1_TIPO:1 D1_ITEM:4 D1_COD:15 D1_QUANT#4 D1_VUNIT#4
    D1_TOTAL D1_TES:3 D1_CF:5 D1_PEDIDO:6 D1_ITEMPC:4 D1_NFORI:9 D1_SERIORI:3 D1_ITEMORI:4 D1_CONTA:20 D1_CC:9
    D1_DTDIGIT:8
"""
_SF2 = """
    F2_FILIAL:4 F2_DOC:9 F2_SERIE:3 F2_CLIENTE:6 F2_LOJA:2 F2_FORMUL:1 F2_TIPO:1 F2_CHVNFE:44 F2_EMISSAO:8
    F2_PREFIXO:3 F2_DUPL:9 F2_VALMERC F2_VALBRUT F2_VALFAT F2_COND:3 F2_ESPECIE:5 F2_DTLANC:8 F2_DAUTNFE:8
    F2_FIMP:1 F2_VALICM F2_VALIPI F2_FILORIG:4
"""
_SD2 = """
    D2_FILIAL:4 D2_DOC:9 D2_SERIE:3 D2_CLIENTE:6 D2_LOJA:2 D2_TIPO:1 D2_ITEM:2 D2_COD:15 D2_QUANT#4
    D2_PRCVEN#4 D2_TOTAL D2_TES:3 D2_CF:5 D2_NFORI:9 D2_SERIORI:3 D2_EMISSAO:8
"""
_SDS = """
    DS_FILIAL:4 DS_DOC:9 DS_SERIE:3 DS_FORNEC:6 DS_LOJA:2 DS_TIPO:1 DS_CHAVENF:44 DS_CNPJ:14 DS_ESPECI:5
    DS_EMISSA:8 DS_STATUS:1 DS_ARQUIVO:80 DS_DATAIMP:8 DS_HORAIMP:5 DS_USERIMP:15 DS_DATAPRE:8 DS_HORAPRE:5
    DS_USERPRE:15 DS_VALMERC DS_FRETE DS_VERSAO:4
"""
_C00 = """
    C00_FILIAL:4 C00_CHVNFE:44 C00_SERNFE:3 C00_NUMNFE:9 C00_VLDOC C00_CNPJEM:14 C00_NOEMIT:60 C00_DTEMI:8
    C00_DTREC:8 C00_STATUS:1 C00_SITDOC:1 C00_CODEVE:1
"""
_SFT = """
    FT_FILIAL:4 FT_TIPOMOV:1 FT_SERIE:3 FT_NFISCAL:9 FT_CLIEFOR:6 FT_LOJA:2 FT_ITEM:4 FT_PRODUTO:15
    FT_ENTRADA:8 FT_EMISSAO:8 FT_CHVNFE:44 FT_ESPECIE:5 FT_CFOP:5 FT_VALCONT FT_DTCANC:8
"""
_SA1 = """
    A1_FILIAL:4 A1_COD:6 A1_LOJA:2 A1_NOME:40 A1_NREDUZ:20 A1_CGC:14 A1_PESSOA:1 A1_TIPO:1 A1_EST:2
    A1_COD_MUN:5 A1_CONTA:20 A1_MSBLQL:1
"""
_SA2 = """
    A2_FILIAL:4 A2_COD:6 A2_LOJA:2 A2_NOME:40 A2_NREDUZ:20 A2_CGC:14 A2_TIPO:1 A2_EST:2 A2_COD_MUN:5
    A2_CONTA:20 A2_MSBLQL:1
"""
_SX2 = "X2_CHAVE:3 X2_ARQUIVO:8 X2_MODO:1 X2_MODOUN:1 X2_MODOEMP:1 X2_TAMFIL#0 X2_TAMUN#0 X2_TAMEMP#0"

TABLES: Mapping[str, Table] = {
    table.alias: table
    for table in (
        Table("SF1", _columns(_SF1, has_stamps=True)),
        Table("SD1", _columns(_SD1)),
        Table("SF2", _columns(_SF2, has_stamps=True)),
        Table("SD2", _columns(_SD2)),
        Table("SDS", _columns(_SDS)),
        Table("C00", _columns(_C00)),
        # One export carries the physical name, as it comes out of a database tool.
        Table("SFT", _columns(_SFT), has_physical_file_name=True),
        Table("SA1", _columns(_SA1), mode="C"),
        Table("SA2", _columns(_SA2), mode="C", is_csv=True),
        Table("SYS_COMPANY", _columns("M0_CODIGO:2 M0_CODFIL:4 M0_CGC:14 M0_NOME:40 M0_ESTENT:2"), mode="C"),
        Table("SX2", _columns(_SX2), mode="C", is_csv=True),
        Table("SX6", _columns("X6_FIL:4 X6_VAR:10 X6_TIPO:1 X6_CONTEUD:60"), mode="C", is_csv=True),
    )
}
"""Alias → table, of everything that is exported."""

_ARROW_TYPES = {"C": pa.string(), "N": pa.int64(), "I": pa.int64(), "T": pa.timestamp("ms")}
_ABSENT: Mapping[str, Any] = {"C": "", "N": 0, "I": None, "T": None}


class TableWriter:
    """Writes one table into a folder, a row group at a time; rows are numbered as they come."""

    def __init__(self, table: Table, folder: Path) -> None:
        self.count = 0
        self._table = table
        self._path = folder / table.file_name
        self._rows: list[Row] = []
        self._parquet: pq.ParquetWriter | None = None

    def add(self, row: Row) -> None:
        """Take a row."""
        self.count += 1
        self._rows.append(row)
        if len(self._rows) >= _ROWS_PER_GROUP and not self._table.is_csv:
            self._flush()

    def close(self) -> None:
        """Write what is left; a table without rows still gets its file."""
        if self._table.is_csv:
            self._write_csv()
            return
        if self._rows or self._parquet is None:
            self._flush()
        if self._parquet is not None:
            self._parquet.close()

    def _values(self, column: Column) -> Iterable[Any]:
        if column.name == _RECORD_NUMBER:
            return range(self.count - len(self._rows) + 1, self.count + 1)
        absent = _ABSENT[column.type]
        return [row.get(column.name, absent) for row in self._rows]

    def _flush(self) -> None:
        columns = self._table.columns
        arrays = [_array(column, self._values(column)) for column in columns]
        group = pa.table(arrays, names=[column.name for column in columns])
        if self._parquet is None:
            self._parquet = pq.ParquetWriter(self._path, group.schema, compression="zstd")
        self._parquet.write_table(group)
        self._rows.clear()

    def _write_csv(self) -> None:
        columns = self._table.columns
        with self._path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, delimiter=";", lineterminator="\n")
            writer.writerow(column.name for column in columns)
            writer.writerows(zip(*(self._values(column) for column in columns), strict=True))


def _array(column: Column, values: Iterable[Any]) -> pa.Array:
    array = pa.array(values, _ARROW_TYPES[column.type])
    if column.type == "C":
        return pc.utf8_rpad(array, column.width)
    # A whole number divided by a power of ten is the float nearest to the decimal: what the ERP stores.
    return pc.divide(pc.cast(array, pa.float64()), float(10**column.scale)) if column.type == "N" else array
