"""The tables of the Datasul as its Progress dumps them: columns, kinds, and how values are stored.

CSV with semicolons, ``?`` where nothing is, yes and no, hyphens in the names of the older modules. What
stands in a row is decided in export.py and titles.py.
"""

from datetime import date, datetime

from simulation.erp.notes import tables
from simulation.erp.tables import Column, Encoding, decimal_text

_SPECIFICATIONS = {
    "docum-est": """
        serie-docto:5 nro-docto:16 cod-emitente@i nat-operacao:6 cod-estabel:5 cod-chave-aces-nf-eletro:60
        dt-emissao@d dt-trans@d dt-atualiza@d hr-atualiza:8 tipo-docto@i esp-docto@i tot-valor valor-mercad
        valor-frete despesa-nota tot-desconto ce-atual@l ap-atual@l of-atual@l cr-atual@l cp-atual@l
        cc-atual@l sit-docum@i sit-atual@i rec-fisico@l origem:1 usuario:12 idi-sit-nf-eletro@i
        cdn-sit-nfe@i
    """,
    "item-doc-est": """
        serie-docto:5 nro-docto:16 cod-emitente@i nat-operacao:6 sequencia@i it-codigo:16 quantidade#4 un:2
        preco-total:30 preco-unit:40 num-pedido@i numero-ordem@i parcela@i nro-comp:16 serie-comp:5 nat-comp:6
        baixa-ce@l cod-depos:3
    """,
    "nota-fiscal": """
        cod-estabel:5 serie:5 nr-nota-fis:16 cod-emitente@i nome-ab-cli:12 nat-operacao:6 dt-emis-nota@d
        dt-saida@d dt-cancela@d desc-cancela:76 dt-confirma@d dt-atualiza@d vl-tot-nota vl-mercad
        ind-sit-nota@i ind-tip-nota@i esp-docto@i emite-duplic@l cod-cond-pag@i cod-chave-aces-nf-eletro:60
        cod-protoc:15 idi-sit-nf-eletro@i idi-forma-emis-nf-eletro@i
    """,
    "it-nota-fisc": """
        cod-estabel:5 serie:5 nr-nota-fis:16 nr-seq-fat@i it-codigo:16 nat-operacao:6 qt-faturada:30
        vl-preuni#4 vl-tot-item nr-pedcli:12 dt-emis-nota@d
    """,
    "emitente": "cod-emitente@i cgc:19 nome-emit:80 nome-abrev:12 identific@i estado:4",
    "estabelec": "cod-estabel:5 nome:40 cgc:19 estado:4",
    "tit_acr": """
        cod_estab:5 num_id_tit_acr@i cod_empresa:3 cod_espec_docto:3 cod_ser_docto:5 cod_tit_acr:16
        cod_parcela:2 cdn_cliente@i nom_abrev:15 dat_emis_docto@d dat_transacao@d dat_vencto_tit_acr@d
        dat_vencto_origin_tit_acr@d dat_prev_liquidac@d dat_fluxo_tit_acr@d dat_liquidac_tit_acr@d
        val_origin_tit_acr val_sdo_tit_acr val_liq_tit_acr log_sdo_tit_acr@l log_tit_acr_estordo@l
        cod_portador:5 cod_cart_bcia:3 ind_tip_espec_docto:30 cod_indic_econ:8 cod_grp_clien:4
        cod_tit_acr_bco:20
    """,
    "movto_tit_acr": """
        cod_estab:5 num_id_movto_tit_acr@i num_id_tit_acr@i cod_empresa:3 dat_transacao@d dat_gerac_movto@d
        hra_gerac_movto:8 cod_usuario:12 cod_refer:10 ind_trans_acr:30 ind_trans_acr_abrev:4 val_movto_tit_acr
        cod_portador:5 cod_cart_bcia:3 log_movto_estordo@l log_ctbz_aprop_ctbl@l
        log_liquidac_contra_antecip@l num_id_movto_cta_corren@i cod_estab_tit_acr_pai:5
        num_id_movto_tit_acr_pai@i cod_estab_proces_bxa:5
    """,
    "val_movto_tit_acr": """
        cod_estab:5 num_id_movto_tit_acr@i num_id_val_movto_tit_acr@i cod_finalid_econ:10 cod_unid_negoc:3
        val_liquidac_tit_acr val_juros val_multa_tit_acr val_desconto val_abat_tit_acr val_cm_tit_acr
        val_despes_bcia val_despes_financ val_impto_operac_financ val_saida_subst_nf_dupl val_transf_estab
    """,
    "aprop_ctbl_acr": """
        cod_estab:5 num_id_movto_tit_acr@i num_id_aprop_ctbl_acr@i cod_empresa:3 cod_cta_ctbl:20
        val_aprop_ctbl ind_natur_lancto_ctbl:2 dat_transacao@d num_lote_ctbl@i num_id_lancto@i
    """,
    "movto_cta_corren": """
        num_id_movto_cta_corren@i cod_cta_corren:10 dat_movto_cta_corren@d num_seq_movto_cta_corren@i
        cod_indic_econ:8 cod_tip_trans_cx:8 cod_docto_movto_cta_bco:20 cod_modul_dtsul:3 dat_transacao@d
        dat_ult_atualiz@d des_histor_movto_cta_corren:2000 ind_fluxo_movto_cta_corren:3
        ind_tip_movto_cta_corren:2 val_movto_cta_corren log_concil_cta_corren@l
        log_ctbz_movto_cta_corren@l num_id_movto_cta_transf@i num_id_movto_cta_estorn@i
    """,
    "espec_docto": "cod_espec_docto:3 des_espec_docto:40 ind_tip_espec_docto:30",
    "portador": "cod_portador:5 nom_abrev:15 cod_banco:8",
    "cart_bcia": "cod_cart_bcia:3 des_cart_bcia:40",
}
TABLES = tables(_SPECIFICATIONS, as_csv=tuple(_SPECIFICATIONS))
"""Name → table, of everything that is exported."""

_NULL = "?"


def _text(_column: Column, value: str | None) -> str:
    return _NULL if value is None else value


def _whole(_column: Column, value: int | None) -> str:
    return _NULL if value is None else str(value)


def _number(column: Column, value: int | None) -> str:
    return decimal_text(column, value or 0)


def _day(_column: Column, value: date | datetime | None) -> str:
    return _NULL if value is None else f"{value.year:04d}-{value.month:02d}-{value.day:02d}"


def _logical(_column: Column, value: bool) -> str:
    return "yes" if value else "no"


ENCODING = Encoding(
    absent={"C": "", "N": 0, "I": 0, "D": None, "L": False},
    arrays={},
    texts={"C": _text, "N": _number, "I": _whole, "D": _day, "L": _logical},
)
"""Progress' kinds in CSV."""
