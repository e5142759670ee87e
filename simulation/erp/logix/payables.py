"""How the Logix keeps payables: ad_mestre (what is owed), ap (its payment, in versions), their ledger lines.

An AP that was changed keeps its older versions; only ``ies_versao_atual`` = S counts.
"""

from collections import Counter

from simulation.erp.keeping import Kept
from simulation.erp.notes import TableSet
from simulation.finance import STOCK, SUPPLIERS, Booking, Title

_OF_AD, _OF_AP = "1", "2"
# Every so many AP were first made out for another day.
_CHANGED_EVERY = 5


class Payables:
    """Writes payables."""

    def __init__(self, tables: TableSet) -> None:
        self._tables = tables
        self._authorisations: Counter[str] = Counter()
        self._payments: Counter[str] = Counter()

    def write(self, booking: Booking, kept: Kept, supplier: str) -> None:
        """Write the AD of a purchase and an AP for each instalment."""
        posting = booking.posting
        if not booking.titles:
            return
        self._authorisations[kept.code] += 1
        number = self._authorisations[kept.code]
        self._tables.add("ad_mestre", {
            "cod_empresa": kept.code,
            "num_ad": number,
            "cod_tip_despesa": 101,
            "ser_nf": posting.series,
            "ssr_nf": 0,
            "num_nf": f"{int(posting.number):07d}",
            "dat_emis_nf": posting.issued_on,
            "dat_rec_nf": posting.posted_at.date(),
            "cod_empresa_estab": kept.code,
            "cnd_pgto": 28,
            "dat_venc": booking.titles[0].due_on,
            "cod_fornecedor": supplier,
            "cod_favorecido": supplier,
            "val_tot_nf": posting.amount,
            # What no AP was made out for: all of it was.
            "val_saldo_ad": 0,
            "cod_moeda": 1,
            "ies_ap_autom": "S",
            "ies_sup_cap": "S",
            "ies_fatura": "N",
            "ies_ad_cont": "S",
        })  # fmt: skip
        on = posting.posted_at.date()
        for sequence, (side, account) in enumerate((("D", STOCK), ("C", SUPPLIERS)), start=1):
            self._line(kept, number, _OF_AD, sequence, side, account, posting.amount, on)
        for title in booking.titles:
            self._payments[kept.code] += 1
            payment = self._payments[kept.code]
            self._tables.add("ad_ap", {
                "cod_empresa": kept.code, "num_ad": number, "num_ap": payment, "num_lote_transf": 0,
            })  # fmt: skip
            self._payment(title, kept, payment, supplier)
            sequence = 0
            for entry in booking.entries():
                if entry.title is title and entry.settlement in title.standing:
                    for side, account in (("D", entry.debit), ("C", entry.credit)):
                        sequence += 1
                        self._line(kept, payment, _OF_AP, sequence, side, account, entry.amount, entry.on)

    def _payment(self, title: Title, kept: Kept, number: int, supplier: str) -> None:
        posting, standing, account = title.posting, title.standing, kept.branch.account
        is_settled = bool(standing) and not title.open_amount
        last = standing[-1] if standing else None
        row: dict[str, object] = {
            "cod_empresa": kept.code,
            "num_ap": number,
            "num_versao": 1,
            "ies_versao_atual": "S",
            "num_parcela": title.number,
            "cod_fornecedor": supplier,
            "num_nf": f"{int(posting.number):07d}",
            "num_duplicata": f"{int(posting.number)}/{title.number}",
            "val_nom_ap": title.amount,
            "val_ap_dat_pgto": sum(settlement.moved for settlement in standing),
            "dat_emis": posting.posted_at.date(),
            "dat_vencto_s_desc": title.due_on,
            "dat_vencto_c_desc": title.due_on,
            "val_desc": sum(settlement.discount for settlement in standing),
            "dat_proposta": title.due_on,
            "dat_pgto": last.paid_on if last else None,
            "cod_bco_pagador": int(account.bank) if last else None,
            "num_conta_banc": account.number if last else "",
            "ies_lib_pgto_cap": "S" if last else "N",
            "ies_lib_pgto_sup": "S",
            "ies_baixada": "S" if is_settled else "N",
            "ies_ap_contab": "S" if last else "N",
            "cod_portador": int(account.bank),
        }
        if number % _CHANGED_EVERY == 0:
            older = {"ies_versao_atual": "N", "dat_pgto": None, "ies_baixada": "N", "val_ap_dat_pgto": 0}
            self._tables.add("ap", {**row, **older})
            row["num_versao"] = 2
        self._tables.add("ap", row)

    def _line(
        self,
        kept: Kept,
        number: int,
        kind: str,
        sequence: int,
        side: str,
        account: str,
        amount: int,
        on: object,
    ) -> None:
        self._tables.add("lanc_cont_cap", {
            "cod_empresa": kept.code,
            "num_ad_ap": number,
            "ies_ad_ap": kind,
            "num_seq": sequence,
            "ies_tipo_lanc": side,
            "num_conta_cont": account,
            "val_lanc": amount,
            "dat_lanc": on,
            "ies_liberad_contab": "S",
            "num_lote_lanc": 1,
        })  # fmt: skip
