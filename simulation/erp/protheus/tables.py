"""The tables of the Protheus as they are exported: columns, widths, sharing, and the files that hold them.

Text is padded with blanks, numbers are floats, dates are YYYYMMDD, ``*`` marks a deleted row: as the ERP
stores them. What stands in a row is decided in export.py and finance.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from simulation.erp.tables import Column, Encoding, columns, instant_array, integer_array

COMPANY = "01"
"""The grupo de empresas: it stands in the physical names (SF1010) and in M0_CODIGO."""


@dataclass(frozen=True, slots=True)
class ProtheusTable:
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
    stamps = "S_T_A_M_P_@t I_N_S_D_T_@t" if has_stamps else ""
    return columns(f"{specification} D_E_L_E_T_:1 R_E_C_N_O_@r {stamps}")


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
_SYS_COMPANY = "M0_CODIGO:2 M0_CODFIL:4 M0_CGC:14 M0_NOME:40 M0_ESTENT:2"
_SX2 = "X2_CHAVE:3 X2_ARQUIVO:8 X2_MODO:1 X2_MODOUN:1 X2_MODOEMP:1 X2_TAMFIL#0 X2_TAMUN#0 X2_TAMEMP#0"

_SF3 = """
    F3_FILIAL:4 F3_ENTRADA:8 F3_EMISSAO:8 F3_NFISCAL:9 F3_SERIE:3 F3_CLIEFOR:6 F3_LOJA:2 F3_CFO:5 F3_ESPECIE:5
    F3_CHVNFE:44 F3_VALCONT F3_DTCANC:8 F3_CODRSEF:3
"""
_SEA = """
    EA_FILIAL:4 EA_NUMBOR:6 EA_PREFIXO:3 EA_NUM:9 EA_PARCELA:1 EA_TIPO:3 EA_FORNECE:6 EA_LOJA:2 EA_CART:1
    EA_DATABOR:8 EA_PORTADO:3 EA_AGEDEP:5 EA_NUMCON:10 EA_SITUACA:1 EA_SITUANT:1 EA_PORTANT:3 EA_AGEANT:5
    EA_CONTANT:10 EA_TRANSF:1 EA_SALDO EA_OCORR:2 EA_FILORIG:4 EA_ORIGEM:8
"""
_FJU = """
    FJU_FILIAL:4 FJU_CART:1 FJU_PREFIX:3 FJU_NUM:9 FJU_PARCEL:1 FJU_TIPO:3 FJU_CLIFOR:6 FJU_LOJA:2 FJU_EMIS:8
    FJU_DTEXCL:8 FJU_RECORI#0 FJU_VALOR
"""
_SE1 = """
    E1_FILIAL:4 E1_PREFIXO:3 E1_NUM:9 E1_PARCELA:1 E1_TIPO:3 E1_CLIENTE:6 E1_LOJA:2 E1_NOMCLI:20 E1_NATUREZ:10
    E1_EMISSAO:8 E1_EMIS1:8 E1_VENCTO:8 E1_VENCREA:8 E1_VENCORI:8 E1_VALOR E1_VLCRUZ E1_SALDO E1_ACRESC
    E1_SDACRES E1_DECRESC E1_SDDECRE E1_MOEDA#0 E1_TXMOEDA#4 E1_SITUACA:1 E1_PORTADO:3 E1_AGEDEP:5 E1_CONTA:10
    E1_NUMBCO:15 E1_NUMBOR:6 E1_DATABOR:8 E1_IDCNAB:10 E1_BAIXA:8 E1_VALLIQ E1_MOVIMEN:8 E1_STATUS:1
    E1_TITPAI:50 E1_FATURA:9 E1_FATPREF:3 E1_DTFATUR:8 E1_NUMLIQ:6 E1_PEDIDO:6 E1_NUMNOTA:9 E1_SERIE:3
    E1_ORIGEM:8 E1_FILORIG:4 E1_LA:1 E1_LOTE:8 E1_HIST:25 E1_FLUXO:1 E1_DTACRED:8 E1_MULTNAT:1
"""
_SE2 = """
    E2_FILIAL:4 E2_PREFIXO:3 E2_NUM:9 E2_PARCELA:1 E2_TIPO:3 E2_FORNECE:6 E2_LOJA:2 E2_NOMFOR:20 E2_NATUREZ:10
    E2_EMISSAO:8 E2_EMIS1:8 E2_VENCTO:8 E2_VENCREA:8 E2_VENCORI:8 E2_VALOR E2_VLCRUZ E2_SALDO E2_ACRESC
    E2_SDACRES E2_DECRESC E2_SDDECRE E2_MOEDA#0 E2_TXMOEDA#4 E2_BAIXA:8 E2_VALLIQ E2_MOVIMEN:8 E2_STATUS:1
    E2_ORIGEM:8 E2_FILORIG:4 E2_LA:1 E2_LOTE:8 E2_HIST:25
"""
_SE5 = """
    E5_FILIAL:4 E5_DATA:8 E5_DTDIGIT:8 E5_DTDISPO:8 E5_VALOR E5_VLMOED2 E5_TXMOEDA#4 E5_MOEDA:2 E5_RECPAG:1
    E5_TIPODOC:2 E5_MOTBX:3 E5_SITUACA:1 E5_BANCO:3 E5_AGENCIA:5 E5_CONTA:10 E5_PREFIXO:3 E5_NUMERO:9
    E5_PARCELA:1 E5_TIPO:3 E5_CLIFOR:6 E5_LOJA:2 E5_SEQ:2 E5_NUMCHEQ:15 E5_DOCUMEN:50 E5_HISTOR:40 E5_BENEF:30
    E5_NATUREZ:10 E5_VLJUROS E5_VLMULTA E5_VLDESCO E5_VLCORRE E5_VLACRES E5_VLDECRE E5_SITCOB:1 E5_RECONC:1
    E5_LA:2 E5_LOTE:8 E5_ORIGEM:8 E5_PROCTRA:20 E5_DTCANBX:8 E5_MOVFKS:1 E5_IDORIG:32 E5_TABORI:3
    E5_IDMOVI:10 E5_KEY:50 E5_FILORIG:4
"""
_SETTLED = """
    {0}_FILIAL:4 {0}_ID{0}:32 {0}_DATA:8 {0}_VALOR {0}_VLMOE2 {0}_MOEDA:2 {0}_TXMOED#4 {0}_NATURE:10
    {0}_VENCTO:8 {0}_RECPAG:1 {0}_TPDOC:2 {0}_MOTBX:3 {0}_SEQ:2 {0}_SITCOB:1 {0}_FILORI:4 {0}_ORIGEM:8
    {0}_LOTE:8 {0}_LA:1 {0}_HISTOR:40 {0}_DOC:50 {0}_IDDOC:32 {0}_IDPROC:20 {0}_IDCOMP:32 {0}_DTDISP:8
    {0}_DTDIGI:8
"""
_FK5 = """
    FK5_FILIAL:4 FK5_IDMOV:32 FK5_DATA:8 FK5_DTDISP:8 FK5_DTCONC:8 FK5_VALOR FK5_VLMOE2 FK5_MOEDA:2
    FK5_RECPAG:1 FK5_TPDOC:2 FK5_BANCO:3 FK5_AGENCI:5 FK5_CONTA:10 FK5_NUMCH:15 FK5_DOC:50 FK5_HISTOR:40
    FK5_NATURE:10 FK5_STATUS:1 FK5_SEQ:2 FK5_PROTRA:20 FK5_NUMBOR:6 FK5_FILORI:4 FK5_ORIGEM:8 FK5_LOTE:8
    FK5_LA:1 FK5_IDDOC:32
"""
_FK6 = """
    FK6_FILIAL:4 FK6_IDFK6:32 FK6_IDORIG:32 FK6_TABORI:3 FK6_TPDOC:2 FK6_VALCAL FK6_VALMOV FK6_RECPAG:1
    FK6_CODVAL:6 FK6_ACAO:1
"""
_FK7 = """
    FK7_FILIAL:4 FK7_IDDOC:32 FK7_ALIAS:3 FK7_CHAVE:100 FK7_FILTIT:4 FK7_PREFIX:3 FK7_NUM:9 FK7_PARCEL:1
    FK7_TIPO:3 FK7_CLIFOR:6 FK7_LOJA:2
"""
_FKA = "FKA_FILIAL:4 FKA_IDFKA:32 FKA_IDPROC:20 FKA_IDORIG:32 FKA_TABORI:3"
_FRV = """
    FRV_FILIAL:4 FRV_CODIGO:1 FRV_DESCRI:40 FRV_BANCO:1 FRV_DESCON:1 FRV_PROTES:1 FRV_BLQMOV:1 FRV_PERCEN
    FRV_NATIOF:10
"""
_SA6 = """
    A6_FILIAL:4 A6_COD:3 A6_AGENCIA:5 A6_NUMCON:10 A6_CONTA:20 A6_NOME:40 A6_NREDUZ:15 A6_MOEDA#0 A6_SALATU
    A6_LIMCRED A6_BLOCKED:1 A6_FLUXCAI:1 A6_DVAGE:1 A6_DVCTA:1
"""
_SE8 = """
    E8_FILIAL:4 E8_BANCO:3 E8_AGENCIA:5 E8_CONTA:10 E8_MOEDA:2 E8_DTSALAT:8 E8_SALATUA E8_SALRECO E8_SALANT
    E8_DTSALAN:8
"""
_SED = "ED_FILIAL:4 ED_CODIGO:10 ED_DESCRIC:30 ED_COND:1 ED_DEBITO:20 ED_CREDIT:20"
_CT1 = """
    CT1_FILIAL:4 CT1_CONTA:20 CT1_DESC01:40 CT1_CLASSE:1 CT1_NORMAL:1 CT1_CTASUP:20 CT1_RES:10 CT1_GRUPO:8
    CT1_BLOQ:1 CT1_NATCTA:2 CT1_DTEXIS:8 CT1_DTEXSF:8
"""
_CT2 = """
    CT2_FILIAL:4 CT2_DATA:8 CT2_LOTE:6 CT2_SBLOTE:3 CT2_DOC:6 CT2_LINHA:3 CT2_MOEDLC:2 CT2_DC:1 CT2_DEBITO:20
    CT2_CREDIT:20 CT2_VALOR CT2_HIST:40 CT2_SEQHIS:3 CT2_SEQLAN:3 CT2_TPSALD:1 CT2_LP:3 CT2_SEQUEN:10
    CT2_DTCV3:8 CT2_KEY:200 CT2_ORIGEM:100 CT2_ROTINA:10 CT2_MANUAL:1 CT2_AGLUT:1 CT2_DTLP:8 CT2_EMPORI:2
    CT2_FILORI:4 CT2_CCD:9 CT2_CCC:9 CT2_ITEMD:9 CT2_ITEMC:9 CT2_CODCLI:6 CT2_CODFOR:6
"""
_CT5 = """
    CT5_FILIAL:4 CT5_LANPAD:3 CT5_SEQUEN:3 CT5_STATUS:1 CT5_DESC:40 CT5_DC:1 CT5_DEBITO:200 CT5_CREDIT:200
    CT5_VLR01:200 CT5_HIST:200 CT5_ORIGEM:100 CT5_TABORI:3 CT5_RECORI:17 CT5_TPSALD:1 CT5_MOEDAS:5
"""
_CV3 = """
    CV3_FILIAL:4 CV3_DTSEQ:8 CV3_SEQUEN:10 CV3_LP:3 CV3_LPSEQ:3 CV3_KEY:200 CV3_DC:1 CV3_DEBITO:20
    CV3_CREDIT:20 CV3_MOEDLC:2 CV3_VLR01 CV3_HIST:40 CV3_TABORI:3 CV3_RECORI:17 CV3_RECDES:17
"""
_BALANCE = """
    {0}_FILIAL:4 {0}_DATA:8 {0}_CONTA:20 {0}_MOEDA:2 {0}_TPSALD:1 {0}_LP:1 {0}_STATUS:1 {0}_SLBASE:1
    {0}_DEBITO {0}_CREDIT {0}_DTLP:8
"""

TABLES: Mapping[str, ProtheusTable] = {
    table.alias: table
    for table in (
        ProtheusTable("SF1", _columns(_SF1, has_stamps=True)),
        ProtheusTable("SD1", _columns(_SD1)),
        ProtheusTable("SF2", _columns(_SF2, has_stamps=True)),
        ProtheusTable("SD2", _columns(_SD2)),
        ProtheusTable("SDS", _columns(_SDS)),
        ProtheusTable("C00", _columns(_C00)),
        # One export carries the physical name, as it comes out of a database tool.
        ProtheusTable("SFT", _columns(_SFT), has_physical_file_name=True),
        ProtheusTable("SA1", _columns(_SA1), mode="C"),
        ProtheusTable("SA2", _columns(_SA2), mode="C", is_csv=True),
        ProtheusTable("SYS_COMPANY", _columns(_SYS_COMPANY), mode="C"),
        ProtheusTable("SX2", _columns(_SX2), mode="C", is_csv=True),
        ProtheusTable("SX6", _columns("X6_FIL:4 X6_VAR:10 X6_TIPO:1 X6_CONTEUD:60"), mode="C", is_csv=True),
        ProtheusTable("SF3", _columns(_SF3)),
        ProtheusTable("SEA", _columns(_SEA)),
        ProtheusTable("FJU", _columns(_FJU)),
        ProtheusTable("SE1", _columns(_SE1, has_stamps=True)),
        ProtheusTable("SE2", _columns(_SE2, has_stamps=True)),
        ProtheusTable("SE5", _columns(_SE5)),
        ProtheusTable("FK1", _columns(_SETTLED.format("FK1"))),
        ProtheusTable("FK2", _columns(_SETTLED.format("FK2"))),
        ProtheusTable("FK5", _columns(_FK5)),
        ProtheusTable("FK6", _columns(_FK6)),
        ProtheusTable("FK7", _columns(_FK7)),
        ProtheusTable("FKA", _columns(_FKA)),
        ProtheusTable("FRV", _columns(_FRV), mode="C", is_csv=True),
        ProtheusTable("SA6", _columns(_SA6), mode="C"),
        ProtheusTable("SE8", _columns(_SE8)),
        ProtheusTable("SED", _columns(_SED), mode="C", is_csv=True),
        ProtheusTable("CT1", _columns(_CT1), mode="C"),
        ProtheusTable("CT2", _columns(_CT2)),
        ProtheusTable("CT5", _columns(_CT5), mode="C"),
        ProtheusTable("CV3", _columns(_CV3)),
        ProtheusTable("CQ0", _columns(_BALANCE.format("CQ0"))),
        ProtheusTable("CQ1", _columns(_BALANCE.format("CQ1"))),
        ProtheusTable(
            "SX5", _columns("X5_FILIAL:4 X5_TABELA:2 X5_CHAVE:6 X5_DESCRI:55"), mode="C", is_csv=True
        ),
    )
}
"""Alias → table, of everything that is exported."""


def _padded(column: Column, values: Sequence[Any]) -> pa.Array:
    return pc.utf8_rpad(pa.array(values, pa.string()), column.width)


def _floats(column: Column, values: Sequence[Any]) -> pa.Array:
    # A whole number divided by a power of ten is the float nearest to the decimal: what the ERP stores.
    return pc.divide(pc.cast(pa.array(values, pa.int64()), pa.float64()), float(10**column.scale))


ENCODING = Encoding(
    absent={"C": "", "N": 0, "T": None},
    arrays={"C": _padded, "N": _floats, "T": instant_array, "R": integer_array},
    texts={
        "C": lambda _, value: value,
        "N": lambda column, value: str(value) if not column.scale else f"{value / 10**column.scale}",
        "R": lambda _, value: str(value),
    },
)
"""Every text padded, every number a float; the CSV of a database tool pads nothing."""
