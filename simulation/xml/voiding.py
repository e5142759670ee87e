"""The voiding of a number (ProcInutNFe 4.00): the issuer's request with the authority's answer, as text."""

from datetime import datetime

from simulation.documents import Document
from simulation.xml import nfe
from simulation.xml.signature import sign

_VOIDED = "102"


def processed(document: Document, at: datetime) -> str:
    """Write the request for the number that ``document`` would have had, and the answer of ``at``."""
    key = document.access_key
    uf_code, year, issuer, model, series, number = (
        key[:2], key[2:4], key[6:20], key[20:22], key[22:25], key[25:34],
    )  # fmt: skip
    numbers = (
        f"<CNPJ>{issuer}</CNPJ><mod>{model}</mod><serie>{int(series)}</serie>"
        f"<nNFIni>{int(number)}</nNFIni><nNFFin>{int(number)}</nNFFin>"
    )
    sent = sign(
        root="inutNFe",
        root_version="4.00",
        element="infInut",
        element_id=f"ID{uf_code}{year}{issuer}{model}{series}{number}{number}",
        namespace=nfe.NAMESPACE,
        content=(
            f"<tpAmb>1</tpAmb><xServ>INUTILIZAR</xServ><cUF>{uf_code}</cUF><ano>{year}</ano>{numbers}"
            "<xJust>Numero pulado por falha do sistema emissor</xJust>"
        ),
    )
    return (
        f'<ProcInutNFe versao="4.00" xmlns="{nfe.NAMESPACE}">{sent.xml}<retInutNFe versao="4.00"><infInut>'
        f"<tpAmb>1</tpAmb><verAplic>SIMULA_1.00</verAplic><cStat>{_VOIDED}</cStat>"
        f"<xMotivo>Inutilizacao de numero homologado</xMotivo><cUF>{uf_code}</cUF><ano>{year}</ano>{numbers}"
        f"<dhRecbto>{at.isoformat()}</dhRecbto><nProt>{document.serial(9)}</nProt></infInut></retInutNFe></ProcInutNFe>"
    )
