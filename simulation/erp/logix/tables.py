"""The tables of the Logix as they come out of its Informix: columns, widths, and how values are stored.

Text is CHAR, padded with blanks and blank where nothing is; numbers are decimals. What stands in a row is
decided in export.py, receivables.py and payables.py.
"""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from simulation.erp.notes import tables
from simulation.erp.tables import (
    Column,
    Encoding,
    as_instant,
    day_array,
    decimal_array,
    decimal_text,
    instant_array,
    integer_array,
)

TABLES = tables(
    {
        "fat_nf_mestre": """
            empresa:2 trans_nota_fiscal@i tip_nota_fiscal:8 serie_nota_fiscal:3 subserie_nf@i
            espc_nota_fiscal:3 nota_fiscal@i status_nota_fiscal:1 modelo_nota_fiscal:2 origem_nota_fiscal:1
            tip_processamento:1 sit_nota_fiscal:1 cliente:15 remetent:15 zona_franca:1 natureza_operacao@i
            finalidade:1 cond_pagto@i tip_carteira:2 moeda@i transportadora:15 tip_frete:1 peso_liquido#3
            peso_bruto#3 usu_incl_nf:8 dat_hor_emissao@t dat_hor_saida@t dat_hor_entrega@t dat_hor_cancel@t
            sit_impressao:1 val_frete_rodov val_seguro_rodov val_desc_merc val_desc_nf val_desc_duplicata
            val_acre_merc val_acre_nf val_mercadoria val_duplicata val_nota_fiscal
        """,
        "fat_nf_item": """
            empresa:2 trans_nota_fiscal@i seq_item_nf@i pedido@i seq_item_pedido@i tip_item:1 item:15
            des_item:76 unid_medida:3 qtd_item#4 natureza_operacao@i classif_fisc:10 item_prod_servico:1
            preco_unit_bruto#6 preco_unit_liquido#6 val_desc_item val_desc_merc val_bruto_item
            val_liquido_item val_merc_item val_duplicata_item val_contab_item
        """,
        "fat_nf_item_fisc": """
            empresa:2 trans_nota_fiscal@i seq_item_nf@i tributo_benef:20 trans_config@i bc_trib_mercadoria
            bc_tributo_frete bc_trib_calculado bc_tributo_tot val_trib_merc val_tributo_tot
        """,
        "fat_nf_duplicata": """
            empresa:2 trans_nota_fiscal@i seq_duplicata@i val_duplicata dat_vencto_cdesc@d dat_vencto_sdesc@d
            pct_desc_financ val_bc_comissao portador@i agencia@i dig_agencia:1 titulo_bancario:15
            tip_duplicata:1 docum_cre:14 empresa_cre:2 val_prov_comissao
        """,
        "fat_nf_integr": """
            empresa:2 trans_nota_fiscal@i sit_nota_fiscal:1 status_intg_est:1 dat_hr_intg_est@t
            status_intg_contab:1 dat_hr_intg_contab@t status_intg_creceb:1 dat_hr_intg_creceb@t
            status_integr_obf:1 dat_hor_integr_obf@t status_intg_migr:1
        """,
        "nf_sup": """
            cod_empresa:2 num_nf#0 ser_nf:3 ssr_nf#0 ies_especie_nf:3 cod_fornecedor:15 num_conhec#0
            ser_conhec:3 cod_transpor:15 num_aviso_rec#0 dat_emis_nf@d dat_entrada_nf@d cod_regist_entrada@i
            val_tot_nf_c val_tot_nf_d val_tot_icms_nf_d val_tot_icms_nf_c val_tot_desc val_tot_acresc
            val_ipi_nf val_ipi_calc val_despesa_aces val_adiant ies_tip_frete:1 cnd_pgto_nf@i cod_mod_embar@i
            ies_nf_com_erro:1 nom_resp_aceite_er:8 ies_incl_cap:1 ies_incl_contab:1 cod_operacao:7
            ies_calc_subst:1 ies_situa_import:1 ies_nf_aguard_nfe:1
        """,
        "nf_sup_erro": "empresa:2 num_aviso_rec#0 num_seq@i des_erro:60",
        "aviso_rec": """
            cod_empresa:2 num_aviso_rec#0 num_seq@i cod_item:15 den_item:76 cod_unid_med_nf:3
            qtd_declarad_nf#3 qtd_recebida#3 pre_unit_nf#6 val_liquido_item val_contabil_item
            cod_fiscal_item:7 cod_operac_estoq:4 ies_situa_ar:1 ies_liberacao_ar:1 ies_liberacao_cont:1
            ies_liberacao_insp:1 num_pedido@i num_oc@i
        """,
        "docum": """
            cod_empresa:2 num_docum:14 ies_tip_docum:2 cod_cliente:15 num_docum_origem:14 ies_tip_docum_orig:2
            ies_serie_fat:3 dat_emis@d dat_vencto_c_desc@d dat_vencto_s_desc@d val_bruto val_liquido val_saldo
            cod_portador@i ies_tip_portador:1 ies_tip_cobr:1 ies_pgto_docum:1 ies_situa_docum:1 cod_cnd_pgto@i
            num_pedido@i cod_repres_1@i num_lote_remessa@i dat_emis_docum@d dat_atualiz@d
        """,
        "docum_pgto": """
            cod_empresa:2 num_docum:14 ies_tip_docum:2 num_seq_docum@i dat_pgto@d dat_credito@d dat_lanc@d
            val_pago val_a_pagar val_juro_pago val_juro_a_pagar val_desc_conc val_desc_a_conc val_abat
            val_desp_cartorio val_despesas val_var_moeda val_multa_paga val_multa_a_pagar val_ir_pago
            ies_tip_pgto:1 ies_forma_pgto:2 cod_portador@i ies_tip_portador:1 num_lote_lanc_cont@i
            num_lote_pgto@i dat_atualiz@d
        """,
        "docum_emis": """
            cod_empresa:2 num_docum:14 ies_tip_docum:2 cod_portador@i ies_tip_portador:1 ies_tip_cobr:1
            dat_emis@d dat_vencto_s_desc@d val_bruto val_liquido num_docum_orig:14 ies_serie_fat:3 val_fat
            cod_cnd_pgto@i cod_cliente:15 num_cgc_cpf:19 ies_impressao:1
        """,
        "ad_mestre": """
            cod_empresa:2 num_ad@i cod_tip_despesa@i ser_nf:3 ssr_nf#0 num_nf:7 dat_emis_nf@d dat_rec_nf@d
            cod_empresa_estab:2 mes_ano_compet@i num_ord_forn@i cnd_pgto@i dat_venc@d cod_fornecedor:15
            cod_favorecido:15 cod_portador@i val_tot_nf val_saldo_ad cod_moeda@i cod_lote_pgto@i observ:40
            cod_tip_ad@i ies_ap_autom:1 ies_sup_cap:1 ies_fatura:1 ies_ad_cont:1 num_lote_transf@i
        """,
        "ap": """
            cod_empresa:2 num_ap@i num_versao@i ies_versao_atual:1 num_parcela@i cod_fornecedor:15 num_nf:7
            num_duplicata:10 val_nom_ap val_ap_dat_pgto dat_emis@d dat_vencto_s_desc@d dat_vencto_c_desc@d
            val_desc dat_proposta@d dat_pgto@d cod_bco_pagador@i num_conta_banc:15 ies_lib_pgto_cap:1
            ies_lib_pgto_sup:1 ies_baixada:1 ies_ap_contab:1 cod_portador@i num_docum_pgto@i
        """,
        "ad_ap": "cod_empresa:2 num_ad@i num_ap@i num_lote_transf@i",
        "lanc_cont_cap": """
            cod_empresa:2 num_ad_ap@i ies_ad_ap:1 num_seq@i ies_tipo_lanc:1 num_conta_cont:23 val_lanc
            dat_lanc@d ies_liberad_contab:1 num_lote_lanc@i
        """,
        "clientes": """
            cod_cliente:15 nom_cliente:36 nom_reduzido:15 num_cgc_cpf:19 ins_estadual:16 ies_situacao:1
        """,
        "fornecedor": "cod_fornecedor:15 raz_social:50 raz_social_reduz:10 num_cgc_cpf:19 cod_uni_feder:2",
        "empresa": "cod_empresa:2 den_empresa:36 num_cgc:19 uni_feder:2",
        "portador": "cod_portador@i ies_tip_portador:1 nom_portador:36",
    },
    as_csv=("nf_sup", "aviso_rec", "clientes", "fornecedor", "empresa", "portador", "ad_ap"),
)
"""Name → table, of everything that is exported."""


def _padded(column: Column, values: Sequence[Any]) -> pa.Array:
    return pc.utf8_rpad(pa.array([value or "" for value in values], pa.string()), column.width)


ENCODING = Encoding(
    absent={"C": "", "N": None, "I": None, "D": None, "T": None},
    arrays={"C": _padded, "N": decimal_array, "I": integer_array, "D": day_array, "T": instant_array},
    texts={
        "C": lambda column, value: f"{value or '':<{column.width}}",
        "N": decimal_text,
        "I": lambda _, value: "" if value is None else str(value),
        "D": lambda _, value: "" if value is None else f"{value:%Y-%m-%d}",
        "T": lambda _, value: "" if value is None else f"{as_instant(value):%Y-%m-%d %H:%M:%S}",
    },
)
"""Informix's kinds, in Parquet and in CSV alike padded."""
