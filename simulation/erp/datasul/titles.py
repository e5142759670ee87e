"""How the Datasul keeps receivables: tit_acr, its movements and their values, postings, and the bank's side.

A movement says its amounts once for each economic purpose; only the current one is money. What is paid when
is told by simulation/finance.py.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

from simulation.erp.keeping import Kept
from simulation.erp.notes import TableSet
from simulation.finance import CUSTOMERS, REVENUE, Booking, Entry, EntryKind, Settlement, Title

OPEN_UNTIL = date(9999, 12, 31)
HOLDER_WALLET, SPECIES, KIND = "1", "DM", "Normal"
_CURRENT, _OTHER = "Corrente", "Dolar"
_DOLLAR = 5


class Movement(NamedTuple):
    """A movement of a title: what it is, when, and how much it takes off or adds."""

    name: str
    short: str
    on: date
    amount: int
    settlement: Settlement | None = None


class Titles:
    """Writes titles with what happened to them, numbered by establishment."""

    def __init__(self, tables: TableSet) -> None:
        self._tables = tables
        self._numbers: dict[tuple[str, str], int] = defaultdict(int)
        self._bank_movements = 0

    def write(self, booking: Booking, kept: Kept, customer: int, short_name: str) -> None:
        """Write the titles of a sale."""
        entries = defaultdict(list)
        for entry in booking.entries():
            if entry.title and entry.settlement:
                entries[entry.title.number, entry.settlement.sequence, entry.kind].append(entry)
        for title in booking.titles:
            number = self._next("title", kept)
            self._title(title, kept, number, customer, short_name)
            self._move(kept, number, _inclusion(title), [_included(title)])
            for settlement in title.settlements:
                movement = Movement("Liquidação", "LIQ", settlement.credited_on, settlement.moved, settlement)
                self._move(
                    kept, number, movement, entries[title.number, settlement.sequence, EntryKind.RECEIPT]
                )
            if title.posting.deleted_at:
                on = title.posting.deleted_at.date()
                undone = _included(title)._replace(on=on, debit=REVENUE, credit=CUSTOMERS)
                self._move(kept, number, Movement("Estorno de título", "ESTT", on, title.amount), [undone])

    def _next(self, kind: str, kept: Kept) -> int:
        self._numbers[kind, kept.code] += 1
        return self._numbers[kind, kept.code]

    def _title(self, title: Title, kept: Kept, number: int, customer: int, short_name: str) -> None:
        posting, standing = title.posting, title.standing
        is_settled = bool(standing) and not title.open_amount
        self._tables.add("tit_acr", {
            "cod_estab": kept.code,
            "num_id_tit_acr": number,
            "cod_empresa": str(kept.company),
            "cod_espec_docto": SPECIES,
            "cod_ser_docto": posting.series,
            "cod_tit_acr": note_number(posting.number),
            "cod_parcela": f"{title.number:02d}",
            "cdn_cliente": customer,
            "nom_abrev": short_name,
            "dat_emis_docto": posting.issued_on,
            "dat_transacao": posting.posted_at,
            "dat_vencto_tit_acr": title.due_on,
            "dat_vencto_origin_tit_acr": title.due_on,
            "dat_prev_liquidac": title.due_on,
            "dat_fluxo_tit_acr": title.due_on,
            "dat_liquidac_tit_acr": standing[-1].credited_on if is_settled else OPEN_UNTIL,
            "val_origin_tit_acr": title.amount,
            "val_sdo_tit_acr": title.open_amount,
            "val_liq_tit_acr": title.amount,
            "log_sdo_tit_acr": title.open_amount > 0,
            "log_tit_acr_estordo": title.is_cancelled,
            "cod_portador": kept.branch.account.bank,
            "cod_cart_bcia": HOLDER_WALLET,
            "ind_tip_espec_docto": KIND,
            "cod_indic_econ": "Real",
        })  # fmt: skip

    def _move(self, kept: Kept, title: int, movement: Movement, entries: Iterable[Entry]) -> None:
        number = self._next("movement", kept)
        settlement = movement.settlement
        is_undone = settlement is not None and settlement.reversed_on is not None
        self._tables.add("movto_tit_acr", {
            "cod_estab": kept.code,
            "num_id_movto_tit_acr": number,
            "num_id_tit_acr": title,
            "cod_empresa": str(kept.company),
            "dat_transacao": movement.on,
            "dat_gerac_movto": movement.on,
            "hra_gerac_movto": "101500",
            "cod_usuario": "super",
            "cod_refer": f"R{number:09d}",
            "ind_trans_acr": movement.name,
            "ind_trans_acr_abrev": movement.short,
            "val_movto_tit_acr": movement.amount,
            "cod_portador": kept.branch.account.bank,
            "cod_cart_bcia": HOLDER_WALLET,
            "log_movto_estordo": is_undone,
            "log_ctbz_aprop_ctbl": True,
            "log_liquidac_contra_antecip": False,
            "num_id_movto_cta_corren": self._bank(kept, movement) if settlement else 0,
            "cod_estab_proces_bxa": kept.code if settlement else "",
        })  # fmt: skip
        for purpose, rate in ((_CURRENT, 1), (_OTHER, _DOLLAR)):
            self._tables.add("val_movto_tit_acr", {
                "cod_estab": kept.code,
                "num_id_movto_tit_acr": number,
                "num_id_val_movto_tit_acr": self._next("value", kept),
                "cod_finalid_econ": purpose,
                "cod_unid_negoc": "000",
                **({} if settlement is None else _values(settlement, rate)),
            })  # fmt: skip
        for entry in entries:
            for nature, account in (("DB", entry.debit), ("CR", entry.credit)):
                self._tables.add("aprop_ctbl_acr", {
                    "cod_estab": kept.code,
                    "num_id_movto_tit_acr": number,
                    "num_id_aprop_ctbl_acr": self._next("posting", kept),
                    "cod_empresa": str(kept.company),
                    "cod_cta_ctbl": account,
                    "val_aprop_ctbl": entry.amount,
                    "ind_natur_lancto_ctbl": nature,
                    "dat_transacao": entry.on,
                    "num_lote_ctbl": int(f"{entry.on:%y%m%d}"),
                })  # fmt: skip

    def _bank(self, kept: Kept, movement: Movement) -> int:
        """Write the movement of the account and what takes it back; return the number of the first."""
        self._bank_movements += 1
        first = self._bank_movements
        self._bank_row(kept, movement, movement.on, "ENT", 0)
        if movement.settlement and movement.settlement.reversed_on:
            self._bank_movements += 1
            self._bank_row(kept, movement, movement.settlement.reversed_on, "SAI", first)
        return first

    def _bank_row(self, kept: Kept, movement: Movement, on: date, flow: str, undone: int) -> None:
        number = self._bank_movements
        self._tables.add("movto_cta_corren", {
            "num_id_movto_cta_corren": number,
            "cod_cta_corren": kept.branch.account.number,
            "dat_movto_cta_corren": on,
            "num_seq_movto_cta_corren": number,
            "cod_indic_econ": "Real",
            "cod_tip_trans_cx": "LIQ",
            "cod_docto_movto_cta_bco": f"D{number:08d}",
            "cod_modul_dtsul": "ACR",
            "dat_transacao": on,
            "dat_ult_atualiz": on,
            "des_histor_movto_cta_corren": "Estorno de liquidação" if undone else "Liquidação",
            "ind_fluxo_movto_cta_corren": flow,
            "ind_tip_movto_cta_corren": "RE",
            "val_movto_cta_corren": movement.amount,
            "log_ctbz_movto_cta_corren": True,
            "num_id_movto_cta_estorn": undone,
        })  # fmt: skip


def note_number(number: str) -> str:
    """Write a number with the seven digits of habit."""
    return f"{int(number):07d}"


def _inclusion(title: Title) -> Movement:
    return Movement("Implantação", "IMPL", title.posting.posted_at.date(), title.amount)


def _included(title: Title) -> Entry:
    return Entry(EntryKind.SALE, title.posting.posted_at.date(), CUSTOMERS, REVENUE, title.amount, title)


def _values(settlement: Settlement, rate: int) -> Mapping[str, int]:
    return {
        "val_liquidac_tit_acr": settlement.principal // rate,
        "val_juros": settlement.interest // rate,
        "val_desconto": settlement.discount // rate,
    }
