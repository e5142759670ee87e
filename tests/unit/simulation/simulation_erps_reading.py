"""Reads the exported tables of each ERP the slow and plain way, by its conventions, into common shapes."""

import csv
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

CENT = Decimal("0.01")


def read_table(folder: Path, stem: str) -> list[dict[str, Any]]:
    """Return an exported table with its text right-trimmed."""
    path = folder / f"{stem}.parquet"
    if path.exists():
        rows = pq.read_table(path).to_pylist()
    else:
        with (folder / f"{stem}.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, delimiter=";"))
    return [{k: v.rstrip() if isinstance(v, str) else v for k, v in row.items()} for row in rows]


def money(value: Any) -> Decimal:
    """Return a number of an ERP as money."""
    return Decimal(repr(value) if isinstance(value, float) else value or 0).quantize(CENT)


def plain(tax_id: str) -> str:
    """Return a tax id without its punctuation."""
    return "".join(filter(str.isalnum, tax_id))


@dataclass
class Note:
    """A note of any ERP. ``numbered_as`` is issuer, year, model, series and number."""

    branch: str
    entity_key: str
    access_key: str
    species: str
    number: int
    series: str
    partner: str
    amount: Decimal
    icms: Decimal | None
    ipi: Decimal | None
    is_own: bool
    is_deleted: bool
    year: str
    is_disagreed: bool = False
    is_keyless_erp: bool = False

    @property
    def numbered_as(self) -> tuple[str, ...]:
        model = "57" if self.species == "CTE" else "55"
        issuer = self.branch if self.is_own else self.partner
        return issuer.zfill(14), self.year, model, self.series, str(self.number)


def _protheus(folder: Path) -> Iterator[Note]:
    branches = {row["M0_CODFIL"]: row["M0_CGC"] for row in read_table(folder, "SYS_COMPANY")}
    customers = {(row["A1_COD"], row["A1_LOJA"]): row["A1_CGC"] for row in read_table(folder, "SA1")}
    suppliers = {(row["A2_COD"], row["A2_LOJA"]): row["A2_CGC"] for row in read_table(folder, "SA2")}
    for alias, partner_column in (("SF1", "FORNECE"), ("SF2", "CLIENTE")):
        prefix = alias[1:]
        for row in read_table(folder, alias):
            partner = row[f"{prefix}_{partner_column}"], row[f"{prefix}_LOJA"]
            is_returned = row[f"{prefix}_TIPO"] in {"D", "B"}
            register = customers if (alias == "SF2") is not is_returned else suppliers
            columns = ("FILIAL", "DOC", "SERIE", partner_column, "LOJA", "TIPO")
            is_evaluable = alias == "SF2" or row["F1_STATUS"] not in {"", "C"}
            yield Note(
                branch=branches[row[f"{prefix}_FILIAL"]],
                entity_key="|".join(["protheus", alias, *(row[f"{prefix}_{c}"] for c in columns)]),
                access_key=row[f"{prefix}_CHVNFE"],
                species=row[f"{prefix}_ESPECIE"],
                number=int(row[f"{prefix}_DOC"]),
                series=row[f"{prefix}_SERIE"].lstrip("0"),
                partner=register[partner],
                amount=money(row[f"{prefix}_VALBRUT"]),
                icms=money(row[f"{prefix}_VALICM"]) if is_evaluable else None,
                ipi=money(row[f"{prefix}_VALIPI"]) if is_evaluable else None,
                is_own=alias == "SF2" or row["F1_FORMUL"] == "S",
                is_deleted=row["D_E_L_E_T_"] == "*",
                year=row[f"{prefix}_EMISSAO"][2:4],
                is_disagreed=row.get("F1_STATUS", "") in {"D", "E"},
            )


def _winthor(folder: Path) -> Iterator[Note]:
    branches = {row["CODIGO"]: plain(row["CGC"]) for row in read_table(folder, "PCFILIAL")}
    for row in read_table(folder, "PCNFSAID"):
        yield Note(
            branch=branches[row["CODFILIAL"]],
            entity_key=f"winthor|PCNFSAID|{row['NUMTRANSVENDA']}",
            access_key=row["CHAVENFE"] or "",
            species="SPED",
            number=row["NUMNOTA"],
            series=row["SERIE"].lstrip("0"),
            partner=plain(row["CGC"]),
            amount=money(row["VLTOTAL"]),
            icms=money(row["VLICMS"]),
            ipi=money(row["VLIPI"]),
            is_own=True,
            is_deleted=row["DTCANCEL"] is not None,
            year=f"{row['DTSAIDA']:%y}",
        )
    for row in read_table(folder, "PCNFENT"):
        yield Note(
            branch=branches[row["CODFILIAL"]],
            entity_key=f"winthor|PCNFENT|{row['NUMTRANSENT']}",
            access_key=row["CHAVENFE"] or row["CHAVECTE"] or "",
            species={"55": "SPED", "57": "CTE"}.get(row["MODELO"], "NF"),
            number=row["NUMNOTA"],
            series=row["SERIE"].lstrip("0"),
            partner=plain(row["CGC"]),
            amount=money(row["VLTOTAL"]),
            icms=None,
            ipi=None,
            is_own=row["EMISSAOPROPRIA"] == "S",
            is_deleted=row["DTCANCEL"] is not None,
            year=f"{row['DTEMISSAO']:%y}",
            is_disagreed=row["PROTOCOLODESACORDOCTE"] is not None,
        )


def _logix(folder: Path) -> Iterator[Note]:
    branches = {row["cod_empresa"]: plain(row["num_cgc"]) for row in read_table(folder, "empresa")}
    customers = {r["cod_cliente"]: plain(r["num_cgc_cpf"]) for r in read_table(folder, "clientes")}
    suppliers = {r["cod_fornecedor"]: plain(r["num_cgc_cpf"]) for r in read_table(folder, "fornecedor")}
    taxes: dict[tuple[str, int, str], Decimal] = defaultdict(Decimal)
    for row in read_table(folder, "fat_nf_item_fisc"):
        taxes[row["empresa"], row["trans_nota_fiscal"], row["tributo_benef"]] += row["val_tributo_tot"]
    for row in read_table(folder, "fat_nf_mestre"):
        if row["status_nota_fiscal"] == "F":
            key = row["empresa"], row["trans_nota_fiscal"]
            yield Note(
                branch=branches[row["empresa"]],
                entity_key=f"logix|fat_nf_mestre|{key[0]}|{key[1]}",
                access_key="",
                species="SPED",
                number=row["nota_fiscal"],
                series=row["serie_nota_fiscal"].lstrip("0"),
                partner=customers[row["cliente"]],
                amount=money(row["val_nota_fiscal"]),
                icms=taxes[*key, "ICMS"],
                ipi=taxes[*key, "IPI"],
                is_own=True,
                is_deleted=row["sit_nota_fiscal"] == "C",
                year=f"{row['dat_hor_emissao']:%y}",
                is_keyless_erp=True,
            )
    for row in read_table(folder, "nf_sup"):
        yield Note(
            branch=branches[row["cod_empresa"]],
            entity_key=f"logix|nf_sup|{row['cod_empresa']}|{row['num_aviso_rec']}",
            access_key="",
            species={"NFE": "SPED", "CTE": "CTE"}.get(row["ies_especie_nf"], "NF"),
            number=int(row["num_nf"]),
            series=row["ser_nf"].lstrip("0"),
            partner=suppliers[row["cod_fornecedor"]],
            amount=money(row["val_tot_nf_d"]),
            icms=money(row["val_tot_icms_nf_d"]),
            ipi=money(row["val_ipi_nf"]),
            is_own=False,
            is_deleted=False,
            year=row["dat_emis_nf"][2:4],
            is_keyless_erp=True,
        )


def _datasul(folder: Path) -> Iterator[Note]:
    branches = {row["cod-estabel"]: row["cgc"] for row in read_table(folder, "estabelec")}
    partners = {row["cod-emitente"]: row["cgc"] for row in read_table(folder, "emitente")}
    for row in read_table(folder, "docum-est"):
        columns = ("serie-docto", "nro-docto", "cod-emitente", "nat-operacao")
        key = row["cod-chave-aces-nf-eletro"]
        yield Note(
            branch=branches[row["cod-estabel"]],
            entity_key="|".join(["datasul", "docum-est", *(row[column] for column in columns)]),
            access_key=key,
            species=_species(key, row["nat-operacao"]),
            number=int(row["nro-docto"]),
            series=row["serie-docto"].lstrip("0"),
            partner=partners[row["cod-emitente"]],
            amount=money(row["tot-valor"]),
            icms=None,
            ipi=None,
            is_own=row["idi-sit-nf-eletro"] != "0",
            is_deleted=row["idi-sit-nf-eletro"] == "6",
            year=row["dt-emissao"][2:4],
        )
    for row in read_table(folder, "nota-fiscal"):
        columns = ("cod-estabel", "serie", "nr-nota-fis")
        yield Note(
            branch=branches[row["cod-estabel"]],
            entity_key="|".join(["datasul", "nota-fiscal", *(row[column] for column in columns)]),
            access_key=row["cod-chave-aces-nf-eletro"],
            species="SPED",
            number=int(row["nr-nota-fis"]),
            series=row["serie"].lstrip("0"),
            partner=partners[row["cod-emitente"]],
            amount=money(row["vl-tot-nota"]),
            icms=None,
            ipi=None,
            is_own=True,
            is_deleted=row["dt-cancela"] != "?",
            year=row["dt-emis-nota"][2:4],
        )


def _species(key: str, nature: str) -> str:
    """Tell by its nature what a note is whose table has no column for that."""
    if key:
        return "CTE" if key[20:22] == "57" else "SPED"
    return "NF" if nature.startswith("1933") else "SPED"


def _rm(folder: Path) -> Iterator[Note]:
    branches = {(r["CODCOLIGADA"], r["CODFILIAL"]): plain(r["CGC"]) for r in read_table(folder, "GFILIAL")}
    partners = {row["CODCFO"]: plain(row["CGCCFO"]) for row in read_table(folder, "FCFO")}
    species = {"1.2.11": "CTE", "1.2.21": "NF", "1.2.02": "NF"}
    for row in read_table(folder, "TMOV"):
        if row["CODTMV"][:3] in {"1.2", "2.2"}:
            yield Note(
                branch=branches[row["CODCOLIGADA"], row["CODFILIAL"]],
                entity_key=f"rm|TMOV|{row['CODCOLIGADA']}|{row['IDMOV']}",
                access_key=row["CHAVEACESSONFE"] or "",
                species=species.get(row["CODTMV"], "SPED"),
                number=int(row["NUMEROMOV"]),
                series=row["SERIE"].lstrip("0"),
                partner=partners[row["CODCFO"]],
                amount=money(row["VALORLIQUIDO"]),
                icms=None,
                ipi=None,
                is_own=row["CODTMV"] == "1.2.05" or row["CODTMV"].startswith("2.2"),
                is_deleted=row["STATUS"] == "C",
                year=f"{row['DATAEMISSAO']:%y}",
            )


NOTES: Mapping[str, Callable[[Path], Iterator[Note]]] = {
    "protheus": _protheus,
    "winthor": _winthor,
    "logix": _logix,
    "datasul": _datasul,
    "rm": _rm,
}
"""System → what reads its notes."""


def read_orders(folder: Path) -> dict[str, str]:
    """Return the branch CNPJ of each order of the Winthor."""
    branches = {row["CODIGO"]: plain(row["CGC"]) for row in read_table(folder, "PCFILIAL")}
    return {str(row["NUMPED"]): branches[row["CODFILIAL"]] for row in read_table(folder, "PCPEDC")}
