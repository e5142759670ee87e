"""CT-e 4.00 (layout of NT 2026.004) as text: the signed document and the document with its protocol."""

from functools import lru_cache
from html import escape

from simulation.companies import Party
from simulation.documents import Document, Freight, Icms
from simulation.money import reais
from simulation.xml.nfe import ibs_cbs
from simulation.xml.signature import Signed, sign

NAMESPACE = "http://www.portalfiscal.inf.br/cte"
_ANSWERS = {"100": "Autorizado o uso do CT-e", "150": "Autorizado o uso do CT-e, autorizacao fora de prazo"}


def render(document: Document) -> Signed:
    """Write the ``CTe`` element with its QR code and signature block."""
    assert document.freight is not None, "only a CT-e has a freight"  # noqa: S101 - the type checker's witness
    key = document.access_key
    extra = (
        "<infCTeSupl><qrCodCTe>https://dfe-portal.svrs.rs.gov.br/cte/qrCode?chCTe="
        f"{key}&amp;tpAmb={document.shape.environment}</qrCodCTe></infCTeSupl>"
    )
    return sign(
        root="CTe",
        namespace=NAMESPACE,
        element="infCte",
        element_id=f"CTe{key}",
        version="4.00",
        content=_content(document, document.freight),
        extra=extra,
    )


def protocol(document: Document, digest: str) -> str:
    """Write the ``protCTe`` of a CT-e."""
    status = document.shape.status
    return (
        f'<protCTe versao="4.00"><infProt><tpAmb>{document.shape.environment}</tpAmb>'
        "<verAplic>SIMULA_4.00</verAplic>"
        f"<chCTe>{document.access_key}</chCTe><dhRecbto>{document.received_at.isoformat()}</dhRecbto>"
        f"<nProt>{document.protocol}</nProt><digVal>{digest}</digVal><cStat>{status}</cStat>"
        f"<xMotivo>{_ANSWERS[status]}</xMotivo></infProt></protCTe>"
    )


def processed(document: Document, signed: Signed) -> str:
    """Write the ``cteProc``: the CT-e together with its protocol."""
    answer = protocol(document, signed.digest)
    return f'<cteProc versao="4.00" xmlns="{NAMESPACE}">{signed.xml}{answer}</cteProc>'


def _content(document: Document, freight: Freight) -> str:
    key = document.access_key
    issuer, sender, recipient = document.issuer, freight.sender, document.recipient
    start, end = sender.place, recipient.place
    taker = f"<toma3><toma>{freight.taker_role}</toma></toma3>"
    if freight.taker_role == "4":
        taker = (
            f"<toma4><toma>4</toma><CNPJ>{freight.taker.tax_id}</CNPJ>"
            f"<IE>{freight.taker.state_registration}</IE>"
            f"<xNome>{escape(freight.taker.name, quote=False)}</xNome>"
            f"<enderToma>{_address(freight.taker)}</enderToma></toma4>"
        )
    amount = reais(document.totals.amount)
    components = "".join(
        f"<Comp><xNome>{name}</xNome><vComp>{reais(value)}</vComp></Comp>"
        for name, value in freight.components
    )
    reform = f"{ibs_cbs(freight.ibs_cbs)}<vTotDFe>{amount}</vTotDFe>" if freight.ibs_cbs else ""
    cargo = "".join(f"<infNFe><chave>{reference}</chave></infNFe>" for reference in document.references)
    return (
        f"<ide><cUF>{key[:2]}</cUF><cCT>{key[35:43]}</cCT><CFOP>{freight.cfop}</CFOP>"
        f"<natOp>{document.nature}</natOp>"
        f"<mod>57</mod><serie>{document.series}</serie><nCT>{document.number}</nCT>"
        f"<dhEmi>{document.issued_at.isoformat()}</dhEmi><tpImp>1</tpImp><tpEmis>1</tpEmis>"
        f"<cDV>{key[43]}</cDV>"
        f"<tpAmb>{document.shape.environment}</tpAmb><tpCTe>{document.purpose}</tpCTe><procEmi>0</procEmi>"
        f"<verProc>SIMULA 1.0</verProc><cMunEnv>{issuer.place.city_code}</cMunEnv>"
        f"<xMunEnv>{issuer.place.city}</xMunEnv>"
        f"<UFEnv>{issuer.place.uf}</UFEnv><modal>01</modal><tpServ>0</tpServ>"
        f"<cMunIni>{start.city_code}</cMunIni>"
        f"<xMunIni>{start.city}</xMunIni><UFIni>{start.uf}</UFIni><cMunFim>{end.city_code}</cMunFim>"
        f"<xMunFim>{end.city}</xMunFim><UFFim>{end.uf}</UFFim><retira>1</retira>"
        f"<indIEToma>{1 if freight.taker.state_registration else 9}</indIEToma>{taker}</ide>"
        f"{_issuer(issuer)}{_party('rem', 'enderReme', sender)}{_party('dest', 'enderDest', recipient)}"
        f"<vPrest><vTPrest>{amount}</vTPrest><vRec>{amount}</vRec>{components}</vPrest>"
        f"<imp><ICMS>{_icms(freight.icms)}</ICMS>{reform}</imp>"
        f"<infCTeNorm><infCarga><vCarga>{reais(freight.cargo)}</vCarga><proPred>DIVERSOS</proPred><infQ>"
        "<cUnid>01</cUnid>"
        f"<tpMed>PESO BRUTO</tpMed><qCarga>{freight.cargo // 900 + 1}.0000</qCarga></infQ></infCarga>"
        + (f"<infDoc>{cargo}</infDoc>" if cargo else "")
        + '<infModal versaoModal="4.00"><rodo><RNTRC>12345678</RNTRC></rodo></infModal></infCTeNorm>'
        + (f"<autXML><CNPJ>{document.authorised}</CNPJ></autXML>" if document.authorised else "")
    )


def _icms(icms: Icms) -> str:
    group = icms.group
    if group == "SN":
        return "<ICMSSN><CST>90</CST><indSN>1</indSN></ICMSSN>"
    if group == "45":
        return "<ICMS45><CST>40</CST></ICMS45>"
    reduction = f"<pRedBC>{reais(icms.reduction)}</pRedBC>" if icms.reduction else ""
    return (
        f"<ICMS{group}><CST>{group}</CST>{reduction}<vBC>{reais(icms.base)}</vBC>"
        f"<pICMS>{reais(icms.rate)}</pICMS>"
        f"<vICMS>{reais(icms.amount)}</vICMS></ICMS{group}>"
    )


def _address(party: Party) -> str:
    place = party.place
    return (
        f"<xLgr>{party.street}</xLgr><nro>{party.street_number}</nro><xBairro>{party.district}</xBairro>"
        f"<cMun>{place.city_code}</cMun><xMun>{place.city}</xMun><CEP>{place.postal_code}</CEP>"
        f"<UF>{place.uf}</UF>"
    )


@lru_cache(maxsize=1_024)
def _issuer(party: Party) -> str:
    return (
        f"<emit><CNPJ>{party.tax_id}</CNPJ><IE>{party.state_registration}</IE>"
        f"<xNome>{escape(party.name, quote=False)}</xNome>"
        f"<enderEmit>{_address(party)}</enderEmit><CRT>{party.regime}</CRT></emit>"
    )


@lru_cache(maxsize=16_384)
def _party(tag: str, address_tag: str, party: Party) -> str:
    tax_id = f"<CPF>{party.tax_id}</CPF>" if party.is_person else f"<CNPJ>{party.tax_id}</CNPJ>"
    registration = f"<IE>{party.state_registration}</IE>" if party.state_registration else ""
    return (
        f"<{tag}>{tax_id}{registration}<xNome>{escape(party.name, quote=False)}</xNome>"
        f"<{address_tag}>{_address(party)}</{address_tag}></{tag}>"
    )
