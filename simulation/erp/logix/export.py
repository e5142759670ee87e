"""How the Logix keeps a story: which rows of which tables, with which values.

There is no column for an access key: a note is known by company, number, series and partner. What is taken
out is gone. Notes that the company makes out itself, entries too, come from the invoicing module.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

from simulation.companies import Party
from simulation.erp.keeping import Keeping, Kept
from simulation.erp.logix.payables import Payables
from simulation.erp.logix.receivables import Receivables
from simulation.erp.logix.tables import ENCODING, TABLES
from simulation.erp.notes import Line, TableSet, all_parties, lines, punctuated
from simulation.erp.system import Keys
from simulation.erp.tables import Row
from simulation.finance import Booking
from simulation.stories import Posting, Stage, Story

_SOURCE = "logix"
_INVOICE, _SOLICITATION = "F", "S"
_PENDING, _DONE = "P", "I"
# Every so many invoices began as a solicitation that is still there.
_SOLICITED_EVERY = 4
_SPECIES = {"SPED": "NFE", "CTE": "CTE", "NFS": "NFS", "NF": "NF"}


class LogixExport:
    """Writes the tables of the branches that the Logix keeps."""

    def __init__(self, folder: Path, keeping: Keeping) -> None:
        self._keeping = keeping
        self._tables = TableSet(TABLES, folder, ENCODING)
        self._receivables = Receivables(self._tables)
        self._payables = Payables(self._tables)
        self._transactions = 0
        self._receipts: Counter[str] = Counter()

    @property
    def rows(self) -> Mapping[str, int]:
        """Return the rows written so far, by table."""
        return self._tables.rows

    def hear(self, story: Story) -> None:
        """Keep nothing of a document that was not posted: there is no import queue here."""

    def write(self, booking: Booking) -> Keys:
        """Keep a posting with all that hangs on it."""
        posting = booking.posting
        kept = self._keeping.of(posting.branch)
        if posting.is_entry and not posting.is_own_form:
            return self._receive(booking, kept)
        return self._invoice(booking, kept)

    def close(self) -> None:
        """Write the registers and whatever is left."""
        group, kept = self._keeping.group, self._keeping.by(_SOURCE)
        self._tables.close({
            "clientes": map(_customer_row, all_parties(group)),
            "fornecedor": map(_supplier_row, all_parties(group)),
            "empresa": map(_company_row, kept),
            "portador": _holder_rows(kept),
        })  # fmt: skip

    def _invoice(self, booking: Booking, kept: Kept) -> Keys:
        posting, customer = booking.posting, partner_code(booking.posting.partner)
        self._transactions += 1
        if self._transactions % _SOLICITED_EVERY == 0:
            self._tables.add("fat_nf_mestre", _solicitation_row(booking, kept, self._transactions, customer))
            self._transactions += 1
        transaction = self._transactions
        self._tables.add("fat_nf_mestre", _invoice_row(booking, kept, transaction, customer))
        self._tables.add("fat_nf_integr", _integration_row(posting, kept, transaction))
        for line in lines(posting):
            self._tables.add("fat_nf_item", _invoice_item_row(line, kept, transaction))
        for row in _tax_rows(posting, kept, transaction):
            self._tables.add("fat_nf_item_fisc", row)
        self._receivables.write(booking, kept, transaction, customer)
        return Keys(f"{_SOURCE}|fat_nf_mestre|{kept.code}|{transaction}")

    def _receive(self, booking: Booking, kept: Kept) -> Keys:
        posting, supplier = booking.posting, partner_code(booking.posting.partner)
        self._receipts[kept.code] += 1
        number = self._receipts[kept.code]
        if not posting.deleted_at:
            self._tables.add("nf_sup", _receipt_row(posting, kept, number, supplier))
            for line in lines(posting):
                self._tables.add("aviso_rec", _receipt_item_row(posting, line, kept, number))
            if posting.stage is Stage.PRE_NOTE:
                error = {"num_seq": 1, "des_erro": "ITEM SEM ORDEM DE COMPRA"}
                self._tables.add("nf_sup_erro", {"empresa": kept.code, "num_aviso_rec": number, **error})
            self._payables.write(booking, kept, supplier)
        return Keys(f"{_SOURCE}|nf_sup|{kept.code}|{number}")


def partner_code(party: Party) -> str:
    """Return a partner's code: 0 and the CNPJ, zeros before a CPF, as some bases have it."""
    return f"{party.tax_id:0>15}"


def _invoice_row(booking: Booking, kept: Kept, transaction: int, customer: str) -> dict[str, object]:
    posting = booking.posting
    deleted_at = posting.deleted_at
    return {
        "empresa": kept.code,
        "trans_nota_fiscal": transaction,
        "tip_nota_fiscal": "FATPRDSV",
        "serie_nota_fiscal": posting.series,
        "subserie_nf": 0,
        "espc_nota_fiscal": "NFE",
        "nota_fiscal": int(posting.number),
        "status_nota_fiscal": _INVOICE,
        "modelo_nota_fiscal": "55",
        "origem_nota_fiscal": "M",
        "tip_processamento": "A",
        "sit_nota_fiscal": "C" if deleted_at else "N",
        "cliente": customer,
        "zona_franca": "N",
        "natureza_operacao": 1,
        "cond_pagto": 28 if booking.titles else 1,
        "moeda": 1,
        "tip_frete": "1",
        "usu_incl_nf": "vdp",
        "dat_hor_emissao": posting.posted_at,
        "dat_hor_saida": posting.posted_at,
        "dat_hor_cancel": deleted_at,
        "sit_impressao": "I",
        "val_frete_rodov": posting.freight,
        "val_desc_nf": posting.discount,
        "val_mercadoria": posting.goods,
        "val_duplicata": sum(title.amount for title in booking.titles),
        "val_nota_fiscal": posting.amount,
    }


def _solicitation_row(booking: Booking, kept: Kept, transaction: int, customer: str) -> Row:
    return _invoice_row(booking, kept, transaction, customer) | {
        "tip_nota_fiscal": "SOLPRDSV",
        "nota_fiscal": transaction,
        "status_nota_fiscal": _SOLICITATION,
        "sit_nota_fiscal": "N",
        "dat_hor_cancel": None,
        "sit_impressao": "N",
    }


def _integration_row(posting: Posting, kept: Kept, transaction: int) -> Row:
    done_at = posting.posted_at + timedelta(minutes=30)
    row: dict[str, object] = {
        "empresa": kept.code,
        "trans_nota_fiscal": transaction,
        "sit_nota_fiscal": "C" if posting.deleted_at else "N",
        "status_intg_est": _DONE,
        "dat_hr_intg_est": done_at,
        "status_intg_contab": _DONE,
        "dat_hr_intg_contab": done_at,
        "status_integr_obf": _DONE,
        "dat_hor_integr_obf": done_at,
        "status_intg_creceb": _PENDING,
        "status_intg_migr": _PENDING,
    }
    if posting.document and posting.document.instalments:
        row |= {"status_intg_creceb": _DONE, "dat_hr_intg_creceb": done_at}
    return row


def _invoice_item_row(line: Line, kept: Kept, transaction: int) -> Row:
    return {
        "empresa": kept.code,
        "trans_nota_fiscal": transaction,
        "seq_item_nf": line.number,
        "tip_item": "N",
        "item": line.product,
        "des_item": line.name,
        "unid_medida": line.unit,
        "qtd_item": line.quantity,
        "natureza_operacao": 1,
        "item_prod_servico": "P",
        "preco_unit_bruto": line.price * 100,
        "preco_unit_liquido": line.price * 100,
        "val_bruto_item": line.gross,
        "val_liquido_item": line.gross,
        "val_merc_item": line.gross,
        "val_duplicata_item": line.total,
        "val_contab_item": line.total,
    }


def _tax_rows(posting: Posting, kept: Kept, transaction: int) -> Iterator[Row]:
    """Yield the taxes of each item; where the note has other totals, the first item takes the rest."""
    items = lines(posting)
    for tax, of_line, total in (
        ("ICMS", [line.icms for line in items], posting.icms),
        ("IPI", [line.ipi for line in items], posting.ipi),
    ):
        of_line[0] += total - sum(of_line)
        for line, amount in zip(items, of_line, strict=True):
            if amount:
                yield {
                    "empresa": kept.code,
                    "trans_nota_fiscal": transaction,
                    "seq_item_nf": line.number,
                    "tributo_benef": tax,
                    "trans_config": 1,
                    "bc_trib_mercadoria": line.gross,
                    "bc_tributo_tot": line.gross,
                    "val_trib_merc": amount,
                    "val_tributo_tot": amount,
                }


def _receipt_row(posting: Posting, kept: Kept, number: int, supplier: str) -> Row:
    is_included = posting.stage is not Stage.PRE_NOTE
    return {
        "cod_empresa": kept.code,
        "num_nf": int(posting.number),
        "ser_nf": posting.series,
        "ssr_nf": 0,
        "ies_especie_nf": _SPECIES[posting.species],
        "cod_fornecedor": supplier,
        "num_aviso_rec": number,
        "dat_emis_nf": posting.issued_on,
        "dat_entrada_nf": posting.posted_at.date(),
        # Calculated and declared: the taxes are those of the paper, known before anything is worked out.
        "val_tot_nf_c": posting.amount,
        "val_tot_nf_d": posting.amount,
        "val_tot_icms_nf_c": posting.icms,
        "val_tot_icms_nf_d": posting.icms,
        "val_ipi_nf": posting.ipi,
        "val_ipi_calc": posting.ipi,
        "val_tot_desc": posting.discount,
        "val_tot_acresc": 0,
        "val_despesa_aces": 0,
        "ies_tip_frete": "1",
        "cnd_pgto_nf": 28 if posting.document and posting.document.instalments else 1,
        "ies_nf_com_erro": "N" if is_included else "S",
        "ies_incl_cap": "S" if is_included else "N",
        "ies_incl_contab": "S" if is_included else "N",
        "cod_operacao": _dotted(lines(posting)[0].cfop),
        "ies_calc_subst": "N",
        "ies_nf_aguard_nfe": "1",
    }


def _receipt_item_row(posting: Posting, line: Line, kept: Kept, number: int) -> Row:
    is_free = "S" if posting.stage is not Stage.PRE_NOTE else "N"
    return {
        "cod_empresa": kept.code,
        "num_aviso_rec": number,
        "num_seq": line.number,
        "cod_item": line.product,
        "den_item": line.name,
        "cod_unid_med_nf": line.unit,
        "qtd_declarad_nf": line.quantity // 10,
        "qtd_recebida": line.quantity // 10,
        "pre_unit_nf": line.price * 100,
        "val_liquido_item": line.gross,
        "val_contabil_item": line.total,
        "cod_fiscal_item": _dotted(line.cfop),
        "ies_situa_ar": "L",
        "ies_liberacao_ar": is_free,
        "ies_liberacao_cont": is_free,
        "ies_liberacao_insp": is_free,
    }


def _dotted(cfop: str) -> str:
    return f"{cfop[0]}.{cfop[1:]}"


def _customer_row(party: Party) -> Row:
    return {
        "cod_cliente": partner_code(party),
        "nom_cliente": party.name[:36],
        "nom_reduzido": party.name[:15],
        "num_cgc_cpf": punctuated(party.tax_id),
        "ins_estadual": party.state_registration,
        "ies_situacao": "A",
    }


def _supplier_row(party: Party) -> Row:
    return {
        "cod_fornecedor": partner_code(party),
        "raz_social": party.name[:50],
        "raz_social_reduz": party.name[:10],
        "num_cgc_cpf": punctuated(party.tax_id),
        "cod_uni_feder": party.place.uf,
    }


def _company_row(kept: Kept) -> Row:
    party = kept.branch.party
    return {
        "cod_empresa": kept.code,
        "den_empresa": party.name[:36],
        "num_cgc": punctuated(party.tax_id),
        "uni_feder": party.place.uf,
    }


def _holder_rows(kept: tuple[Kept, ...]) -> Iterator[Row]:
    for bank, name in sorted({(k.branch.account.bank, k.branch.account.bank_name) for k in kept}):
        yield {"cod_portador": int(bank), "ies_tip_portador": "B", "nom_portador": name}
    yield {"cod_portador": 900, "ies_tip_portador": "C", "nom_portador": "CARTEIRA PROPRIA"}
