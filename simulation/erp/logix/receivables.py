"""How the Logix keeps receivables: docum, docum_pgto, docum_emis, and fat_nf_duplicata, which foresees them.

A payment that is taken back leaves no row: only those that stand are told.
"""

from simulation.erp.keeping import Kept
from simulation.erp.notes import TableSet, punctuated
from simulation.finance import Booking, Title

_TYPE = "DP"
_PAID, _PAID_IN_PART, _OPEN = "T", "P", "A"


class Receivables:
    """Writes receivables."""

    def __init__(self, tables: TableSet) -> None:
        self._tables = tables

    def write(self, booking: Booking, kept: Kept, transaction: int, customer: str) -> None:
        """Write the titles of an invoice."""
        for title in booking.titles:
            number = f"{int(title.posting.number):07d}{title.number:02d}"
            self._preview(title, kept, transaction, number)
            self._title(title, kept, number, customer)
            self._payments(title, kept, number)

    def _preview(self, title: Title, kept: Kept, transaction: int, number: str) -> None:
        self._tables.add("fat_nf_duplicata", {
            "empresa": kept.code,
            "trans_nota_fiscal": transaction,
            "seq_duplicata": title.number,
            "val_duplicata": title.amount,
            "dat_vencto_cdesc": title.due_on,
            "dat_vencto_sdesc": title.due_on,
            "pct_desc_financ": 0,
            "portador": int(kept.branch.account.bank),
            "tip_duplicata": "N",
            "docum_cre": number,
            "empresa_cre": kept.code,
        })  # fmt: skip

    def _title(self, title: Title, kept: Kept, number: str, customer: str) -> None:
        posting, bank = title.posting, int(kept.branch.account.bank)
        paid, is_open = bool(title.standing), bool(title.open_amount)
        common = {
            "cod_empresa": kept.code,
            "num_docum": number,
            "ies_tip_docum": _TYPE,
            "cod_cliente": customer,
            "ies_serie_fat": posting.series,
            "dat_emis": posting.issued_on,
            "dat_vencto_s_desc": title.due_on,
            "val_bruto": title.amount,
            "val_liquido": title.amount,
            "cod_portador": bank,
            "ies_tip_portador": "B",
            "ies_tip_cobr": "S",
            "cod_cnd_pgto": 28,
        }
        self._tables.add("docum", {
            **common,
            "num_docum_origem": f"{int(posting.number):07d}",
            "ies_tip_docum_orig": "NF",
            "dat_vencto_c_desc": title.due_on,
            "val_saldo": title.open_amount,
            "ies_pgto_docum": (_PAID_IN_PART if paid else _OPEN) if is_open or not paid else _PAID,
            "ies_situa_docum": "C" if title.is_cancelled else "N",
            "dat_emis_docum": posting.issued_on,
            "dat_atualiz": title.standing[-1].credited_on if paid else posting.posted_at.date(),
        })  # fmt: skip
        self._tables.add("docum_emis", {
            **common,
            "num_docum_orig": f"{int(posting.number):07d}",
            "val_fat": posting.amount,
            "num_cgc_cpf": punctuated(posting.partner.tax_id),
            "ies_impressao": "N",
        })  # fmt: skip

    def _payments(self, title: Title, kept: Kept, number: str) -> None:
        for sequence, settlement in enumerate(title.standing, start=1):
            self._tables.add("docum_pgto", {
                "cod_empresa": kept.code,
                "num_docum": number,
                "ies_tip_docum": _TYPE,
                "num_seq_docum": sequence,
                "dat_pgto": settlement.paid_on,
                "dat_credito": settlement.credited_on,
                "dat_lanc": settlement.credited_on,
                # Interest stands apart; a discount is no payment.
                "val_pago": settlement.principal - settlement.discount,
                "val_juro_pago": settlement.interest,
                "val_desc_conc": settlement.discount,
                "val_abat": 0,
                "val_multa_paga": 0,
                "ies_tip_pgto": "N",
                "ies_forma_pgto": "BC",
                "cod_portador": int(kept.branch.account.bank),
                "ies_tip_portador": "B",
                "dat_atualiz": settlement.credited_on,
            })  # fmt: skip
