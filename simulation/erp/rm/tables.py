"""The tables of the RM as they come out of its SQL Server: columns, kinds, and how values are stored.

Days are datetimes, what is not there is null, no text is padded. What stands in a row is decided in export.py
and finance.py.
"""

from simulation.erp.notes import tables
from simulation.erp.tables import Encoding, decimal_array, instant_array, integer_array, text_array

_AUDIT = "RECCREATEDBY:50 RECCREATEDON@t RECMODIFIEDBY:50 RECMODIFIEDON@t"

TABLES = tables({
    "TMOV": f"""
        CODCOLIGADA@i IDMOV@i CODFILIAL@i CODLOC:15 CODTMV:10 NUMEROMOV:35 SERIE:8 CODCOLCFO@i CODCFO:25
        STATUS:1 DATAEMISSAO@d DATASAIDA@d DATAMOVIMENTO@d DATACONTABILIZACAO@d VALORBRUTO VALORLIQUIDO
        VALORBRUTOORIG CODCPG:5 CODCCUSTO:25 CHAVEACESSONFE:44 IDMOVRELAC@i {_AUDIT}
    """,
    "TITMMOV": f"""
        CODCOLIGADA@i IDMOV@i NSEQITMMOV@i IDPRD@i QUANTIDADE#4 PRECOUNITARIO#4 VALORTOTALITEM {_AUDIT}
    """,
    "TMOVCONT": "CODCOLIGADA@i IDMOV@i CODCONTA:40 VALOR",
    "GFILIAL": "CODCOLIGADA@i CODFILIAL@i CGC:20 NOME:255",
    "FCFO": f"""
        CODCOLIGADA@i CODCFO:25 NOME:120 NOMEFANTASIA:100 CGCCFO:20 PAGREC@i CODETD:2 ATIVO@i {_AUDIT}
    """,
    "FLAN": f"""
        CODCOLIGADA@i IDLAN@i CODFILIAL@i IDMOV@i PAGREC@i STATUSLAN@i CODTDO:10 NUMERODOCUMENTO:40 PARCELA:5
        CODCOLCFO@i CODCFO:25 DATAEMISSAO@d DATAVENCIMENTO@d DATAPREVBAIXA@d DATABAIXA@d DATACONTABILIZBX@d
        VALORORIGINAL VALORBAIXADO VALORJUROS VALORMULTA VALORDESCONTO VALOROP1 VALOROP2
        VALORACRESCIMOACORDO VALORJUROSACORDO NFOUDUP@i TIPOCONTABILLAN@i IDFAT@i CODAPLICACAO:1 CODCXA:10
        {_AUDIT}
    """,
    "FLANBAIXA": f"""
        CODCOLIGADA@i IDLAN@i IDBAIXA@i DATABAIXA@d VALORBAIXA VALORNOTACREDITOADIANTAMENTO IDXCX@i {_AUDIT}
    """,
    "FXCX": f"""
        CODCOLIGADA@i IDXCX@i CODFILIAL@i CODCXA:10 DATA@d VALOR NUMERODOCUMENTO:40 HISTORICO:255 COMPENSADO@i
        DATACOMPENSACAO@d {_AUDIT}
    """,
    "FCXA": "CODCOLIGADA@i CODCXA:10 DESCRICAO:40 NUMBANCO:3 NUMAGENCIA:6 NROCONTA:15",
    "CPARTIDA": f"""
        CODCOLIGADA@i IDPARTIDA@i LCTREF@i CODFILIAL@i DATA@d DEBITO:40 CREDITO:40 VALOR DOCUMENTO:20
        COMPLEMENTO:250 CODLOTE:10 CODCCUSTO:25 INTEGRACHAVE:100 INTEGRAAPLICACAO:1 {_AUDIT}
    """,
})  # fmt: skip
"""Name → table, of everything that is exported."""

ENCODING = Encoding(
    absent={"C": None, "N": None, "I": None, "D": None, "T": None},
    arrays={"C": text_array, "N": decimal_array, "I": integer_array, "D": instant_array, "T": instant_array},
)
"""SQL Server's kinds in Parquet: a day is a datetime at midnight."""
