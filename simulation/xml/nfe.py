"""NF-e 4.00 (layout PL_010f) as text: the signed note, the note with its protocol, lots and the lot's answer.

Values come from documents.py as they are; nothing is computed here but text.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import lru_cache
from html import escape

from simulation.companies import Party
from simulation.documents import Document, IbsCbs, Icms, Item, Kind
from simulation.goods import Goods
from simulation.money import reais
from simulation.xml.signature import Signed, sign

NAMESPACE = "http://www.portalfiscal.inf.br/nfe"
_TEST_NAME = "NF-E EMITIDA EM AMBIENTE DE HOMOLOGACAO - SEM VALOR FISCAL"
_ANSWERS = {
    "100": "Autorizado o uso da NF-e",
    "150": "Autorizado o uso da NF-e, autorizacao fora de prazo",
    "302": "Uso Denegado: Irregularidade fiscal do destinatario",
}


def render(document: Document) -> Signed:
    """Write the ``NFe`` element with its signature block."""
    return sign(
        root="NFe",
        namespace=NAMESPACE,
        element="infNFe",
        element_id=f"NFe{document.access_key}",
        version="4.00",
        content=_content(document),
    )


def protocol(document: Document, digest: str) -> str:
    """Write the ``protNFe`` of a note."""
    status = document.shape.status
    return (
        f'<protNFe versao="4.00"><infProt><tpAmb>{document.shape.environment}</tpAmb>'
        "<verAplic>SIMULA_4.00</verAplic>"
        f"<chNFe>{document.access_key}</chNFe><dhRecbto>{document.received_at.isoformat()}</dhRecbto>"
        f"<nProt>{document.protocol}</nProt><digVal>{digest}</digVal><cStat>{status}</cStat>"
        f"<xMotivo>{_ANSWERS[status]}</xMotivo></infProt></protNFe>"
    )


def processed(document: Document, signed: Signed) -> str:
    """Write the ``nfeProc``: the note together with its protocol."""
    answer = protocol(document, signed.digest)
    return f'<nfeProc versao="4.00" xmlns="{NAMESPACE}">{signed.xml}{answer}</nfeProc>'


def lot(number: int, notes: Iterable[str]) -> str:
    """Write the ``enviNFe`` that sends notes (without protocols) to the authority."""
    return (
        f'<enviNFe xmlns="{NAMESPACE}" versao="4.00"><idLote>{number}</idLote><indSinc>0</indSinc>'
        f"{''.join(notes)}</enviNFe>"
    )


def lot_answer(
    number: int, uf_code: str, environment: str, received_at: datetime, protocols: Iterable[str]
) -> str:
    """Write the ``retConsReciNFe`` that answers a lot with the protocols of its notes."""
    return (
        f'<retConsReciNFe xmlns="{NAMESPACE}" versao="4.00"><tpAmb>{environment}</tpAmb>'
        "<verAplic>SIMULA_4.00</verAplic>"
        f"<nRec>{uf_code}{number:013d}</nRec><cStat>104</cStat><xMotivo>Lote processado</xMotivo>"
        f"<cUF>{uf_code}</cUF>"
        f"<dhRecbto>{received_at.isoformat()}</dhRecbto>{''.join(protocols)}</retConsReciNFe>"
    )


def summary(document: Document, digest: str) -> str:
    """Write the ``resNFe`` that the distribution service hands out before the recipient manifests himself."""
    issuer = document.issuer
    return (
        f'<resNFe xmlns="{NAMESPACE}" versao="1.01"><chNFe>{document.access_key}</chNFe>{_tax_id(issuer)}'
        f"<xNome>{escape(issuer.name, quote=False)}</xNome><IE>{issuer.state_registration}</IE>"
        f"<dhEmi>{document.issued_at.isoformat()}</dhEmi><tpNF>{document.direction}</tpNF>"
        f"<vNF>{reais(document.totals.amount)}</vNF><digVal>{digest}</digVal>"
        f"<dhRecbto>{document.received_at.isoformat()}</dhRecbto><nProt>{document.protocol}</nProt>"
        "<cSitNFe>1</cSitNFe></resNFe>"
    )


def _content(document: Document) -> str:
    shape = document.shape
    issuer, recipient = document.issuer, document.recipient
    issued_at = document.issued_at.isoformat()
    # A return repeats the lines of a note whose issuer may not owe the taxes: the total goes with the lines.
    has_ibs_cbs = any(item.ibs_cbs for item in document.items)
    authorised = f"<autXML><CNPJ>{document.authorised}</CNPJ></autXML>" if document.authorised else ""
    order = f"<compra><xPed>{document.order_number}</xPed></compra>" if document.order_number else ""
    note = (
        f"<infAdic><infCpl>{escape(document.note, quote=False)}</infCpl></infAdic>" if document.note else ""
    )
    key = document.access_key
    return (
        f"<ide><cUF>{key[:2]}</cUF><cNF>{key[35:43]}</cNF><natOp>{document.nature}</natOp><mod>55</mod>"
        f"<serie>{document.series}</serie><nNF>{document.number}</nNF><dhEmi>{issued_at}</dhEmi>"
        f"<dhSaiEnt>{issued_at}</dhSaiEnt><tpNF>{document.direction}</tpNF>"
        f"<idDest>{1 if issuer.place.uf == recipient.place.uf else 2}</idDest>"
        f"<cMunFG>{issuer.place.city_code}</cMunFG><tpImp>1</tpImp><tpEmis>{key[34]}</tpEmis>"
        f"<cDV>{key[43]}</cDV>"
        f"<tpAmb>{shape.environment}</tpAmb><finNFe>{document.purpose}</finNFe>"
        f"<indFinal>{1 if recipient.is_person and shape.kind is Kind.SALE else 0}</indFinal>"
        "<indPres>9</indPres>"
        "<indIntermed>0</indIntermed><procEmi>0</procEmi><verProc>SIMULA 1.0</verProc>"
        + "".join(f"<NFref><refNFe>{reference}</refNFe></NFref>" for reference in document.references)
        + "</ide>"
        + _issuer(issuer)
        + _recipient(recipient, shape.environment != "1")
        + authorised
        + "".join(map(_line, document.items))
        + _totals(document, has_ibs_cbs=has_ibs_cbs)
        + _transport(document)
        + _billing(document)
        + note
        + order
    )


def _tax_id(party: Party) -> str:
    return f"<CPF>{party.tax_id}</CPF>" if party.is_person else f"<CNPJ>{party.tax_id}</CNPJ>"


def _address(party: Party) -> str:
    place = party.place
    return (
        f"<xLgr>{party.street}</xLgr><nro>{party.street_number}</nro><xBairro>{party.district}</xBairro>"
        f"<cMun>{place.city_code}</cMun><xMun>{place.city}</xMun><UF>{place.uf}</UF>"
        f"<CEP>{place.postal_code}</CEP>"
        "<cPais>1058</cPais><xPais>BRASIL</xPais>"
    )


@lru_cache(maxsize=16_384)
def _issuer(party: Party) -> str:
    return (
        f"<emit>{_tax_id(party)}<xNome>{escape(party.name, quote=False)}</xNome>"
        f"<enderEmit>{_address(party)}</enderEmit>"
        f"<IE>{party.state_registration}</IE><CRT>{party.regime}</CRT></emit>"
    )


@lru_cache(maxsize=16_384)
def _recipient(party: Party, is_test: bool) -> str:
    name = _TEST_NAME if is_test else escape(party.name, quote=False)
    registration = (
        f"<indIEDest>1</indIEDest><IE>{party.state_registration}</IE>"
        if party.state_registration
        else "<indIEDest>9</indIEDest>"
    )
    return (
        f"<dest>{_tax_id(party)}<xNome>{name}</xNome><enderDest>{_address(party)}</enderDest>"
        f"{registration}</dest>"
    )


@lru_cache(maxsize=1_024)
def _goods(goods: Goods) -> tuple[str, str]:
    cest = f"<CEST>{goods.cest}</CEST>" if goods.cest else ""
    return (
        f"<cProd>{goods.code}</cProd><cEAN>{goods.ean}</cEAN><xProd>{escape(goods.name, quote=False)}</xProd>"
        f"<NCM>{goods.ncm}</NCM>{cest}",
        f"<cEANTrib>{goods.ean}</cEANTrib><uTrib>{goods.unit}</uTrib>",
    )


def _line(item: Item) -> str:
    goods = item.goods
    head, tail = _goods(goods)
    quantity = f"{item.quantity // 10_000}.{item.quantity % 10_000:04d}"
    price = f"{item.price // 10_000}.{item.price % 10_000:04d}"
    gross = reais(item.gross)
    extras = ""
    if item.freight:
        extras = f"<vFrete>{reais(item.freight)}</vFrete>"
    if item.insurance:
        extras += f"<vSeg>{reais(item.insurance)}</vSeg>"
    if item.discount:
        extras += f"<vDesc>{reais(item.discount)}</vDesc>"
    returned = ""
    if item.ipi_returned:
        returned = (
            "<impostoDevol><pDevol>100.00</pDevol><IPI>"
            f"<vIPIDevol>{reais(item.ipi_returned)}</vIPIDevol></IPI></impostoDevol>"
        )
    return (
        f'<det nItem="{item.number}"><prod>{head}<CFOP>{item.cfop}</CFOP><uCom>{goods.unit}</uCom>'
        f"<qCom>{quantity}</qCom><vUnCom>{price}</vUnCom>"
        f"<vProd>{gross}</vProd>{tail}<qTrib>{quantity}</qTrib>"
        f"<vUnTrib>{price}</vUnTrib>{extras}<indTot>1</indTot></prod><imposto>"
        f"<ICMS>{_ICMS[item.icms.group](item.icms)}</ICMS>{_ipi(item)}{_pis_cofins(item)}"
        f"{ibs_cbs(item.ibs_cbs) if item.ibs_cbs else ''}</imposto>{returned}</det>"
    )


def _icms_taxed(icms: Icms) -> str:
    return (
        f"<vBC>{reais(icms.base)}</vBC><pICMS>{reais(icms.rate)}</pICMS><vICMS>{reais(icms.amount)}</vICMS>"
    )


def _icms00(icms: Icms) -> str:
    return f"<ICMS00><orig>0</orig><CST>00</CST><modBC>3</modBC>{_icms_taxed(icms)}</ICMS00>"


def _icms10(icms: Icms) -> str:
    fcp = ""
    if icms.fcp_st:
        fcp = (
            f"<vBCFCPST>{reais(icms.st_base)}</vBCFCPST><pFCPST>2.00</pFCPST>"
            f"<vFCPST>{reais(icms.fcp_st)}</vFCPST>"
        )
    return (
        f"<ICMS10><orig>0</orig><CST>10</CST><modBC>3</modBC>{_icms_taxed(icms)}<modBCST>4</modBCST>"
        f"<pMVAST>40.00</pMVAST><vBCST>{reais(icms.st_base)}</vBCST><pICMSST>{reais(icms.st_rate)}</pICMSST>"
        f"<vICMSST>{reais(icms.st_amount)}</vICMSST>{fcp}</ICMS10>"
    )


def _icms20(icms: Icms) -> str:
    return (
        f"<ICMS20><orig>0</orig><CST>20</CST><modBC>3</modBC><pRedBC>{reais(icms.reduction)}</pRedBC>"
        f"{_icms_taxed(icms)}</ICMS20>"
    )


def _icms40(icms: Icms) -> str:
    relief = ""
    if icms.relief:
        relief = (
            f"<vICMSDeson>{reais(icms.relief)}</vICMSDeson><motDesICMS>7</motDesICMS>"
            "<indDeduzDeson>1</indDeduzDeson>"
        )
    return f"<ICMS40><orig>0</orig><CST>{icms.group}</CST>{relief}</ICMS40>"


def _icms90(icms: Icms) -> str:
    return f"<ICMS90><orig>0</orig><CST>90</CST><modBC>3</modBC>{_icms_taxed(icms)}</ICMS90>"


def _icms_sn101(icms: Icms) -> str:
    credit = (icms.base * icms.rate + 5_000) // 10_000
    return (
        f"<ICMSSN101><orig>0</orig><CSOSN>101</CSOSN><pCredSN>{reais(icms.rate)}</pCredSN>"
        f"<vCredICMSSN>{reais(credit)}</vCredICMSSN></ICMSSN101>"
    )


def _constant(text: str) -> Callable[[Icms], str]:
    def write(_icms: Icms) -> str:
        return text

    return write


_ICMS: dict[str, Callable[[Icms], str]] = {
    "00": _icms00,
    "10": _icms10,
    "20": _icms20,
    "40": _icms40,
    "41": _icms40,
    "51": _constant("<ICMS51><orig>0</orig><CST>51</CST></ICMS51>"),
    "60": _constant("<ICMS60><orig>0</orig><CST>60</CST></ICMS60>"),
    "90": _icms90,
    "SN101": _icms_sn101,
    "SN102": _constant("<ICMSSN102><orig>0</orig><CSOSN>102</CSOSN></ICMSSN102>"),
    "SN500": _constant("<ICMSSN500><orig>0</orig><CSOSN>500</CSOSN></ICMSSN500>"),
}


def _ipi(item: Item) -> str:
    if item.ipi_cst == "50":
        return (
            f"<IPI><cEnq>999</cEnq><IPITrib><CST>50</CST><vBC>{reais(item.ipi_base)}</vBC>"
            f"<pIPI>{reais(item.ipi_rate)}</pIPI><vIPI>{reais(item.ipi)}</vIPI></IPITrib></IPI>"
        )
    return "<IPI><cEnq>999</cEnq><IPINT><CST>53</CST></IPINT></IPI>" if item.ipi_cst else ""


def _pis_cofins(item: Item) -> str:
    cst = item.pis_cst
    if cst == "01":
        base = reais(item.pis_base)
        return (
            f"<PIS><PISAliq><CST>01</CST><vBC>{base}</vBC><pPIS>1.65</pPIS><vPIS>{reais(item.pis)}</vPIS>"
            "</PISAliq>"
            f"</PIS><COFINS><COFINSAliq><CST>01</CST><vBC>{base}</vBC><pCOFINS>7.60</pCOFINS>"
            f"<vCOFINS>{reais(item.cofins)}</vCOFINS></COFINSAliq></COFINS>"
        )
    if cst == "49":
        return (
            "<PIS><PISOutr><CST>49</CST><vBC>0.00</vBC><pPIS>0.00</pPIS><vPIS>0.00</vPIS></PISOutr></PIS>"
            "<COFINS><COFINSOutr><CST>49</CST><vBC>0.00</vBC><pCOFINS>0.00</pCOFINS><vCOFINS>0.00</vCOFINS>"
            "</COFINSOutr></COFINS>"
        )
    return f"<PIS><PISNT><CST>{cst}</CST></PISNT></PIS><COFINS><COFINSNT><CST>{cst}</CST></COFINSNT></COFINS>"


def ibs_cbs(tax: IbsCbs) -> str:
    """Write the IBSCBS group of an item, or of a CT-e, whose layout is the same."""
    reduced_ibs = reduced_cbs = ""
    if tax.reduction:
        rate = f"<gRed><pRedAliq>{reais(tax.reduction)}</pRedAliq><pAliqEfet>"
        reduced_ibs, reduced_cbs = f"{rate}0.0400</pAliqEfet></gRed>", f"{rate}0.3600</pAliqEfet></gRed>"
    ibs = reais(tax.ibs_uf)
    return (
        f"<IBSCBS><CST>{tax.cst}</CST><cClassTrib>{tax.class_code}</cClassTrib><gIBSCBS>"
        f"<vBC>{reais(tax.base)}</vBC>"
        f"<gIBSUF><pIBSUF>0.1000</pIBSUF>{reduced_ibs}<vIBSUF>{ibs}</vIBSUF></gIBSUF>"
        f"<gIBSMun><pIBSMun>0.0000</pIBSMun><vIBSMun>0.00</vIBSMun></gIBSMun><vIBS>{ibs}</vIBS>"
        f"<gCBS><pCBS>0.9000</pCBS>{reduced_cbs}<vCBS>{reais(tax.cbs)}</vCBS></gCBS></gIBSCBS></IBSCBS>"
    )


def _totals(document: Document, *, has_ibs_cbs: bool) -> str:
    totals = document.totals
    reform = ""
    if has_ibs_cbs:
        taxes = [item.ibs_cbs for item in document.items if item.ibs_cbs]
        ibs = reais(sum(tax.ibs_uf for tax in taxes))
        # IBS and CBS are told but not added in 2026, so vNFTot equals vNF.
        reform = (
            f"<IBSCBSTot><vBCIBSCBS>{reais(sum(tax.base for tax in taxes))}</vBCIBSCBS><gIBS>"
            f"<gIBSUF><vDif>0.00</vDif><vDevTrib>0.00</vDevTrib><vIBSUF>{ibs}</vIBSUF></gIBSUF>"
            "<gIBSMun><vDif>0.00</vDif><vDevTrib>0.00</vDevTrib><vIBSMun>0.00</vIBSMun></gIBSMun>"
            f"<vIBS>{ibs}</vIBS><vCredPres>0.00</vCredPres><vCredPresCondSus>0.00</vCredPresCondSus></gIBS>"
            "<gCBS><vDif>0.00</vDif><vDevTrib>0.00</vDevTrib>"
            f"<vCBS>{reais(sum(tax.cbs for tax in taxes))}</vCBS>"
            "<vCredPres>0.00</vCredPres><vCredPresCondSus>0.00</vCredPresCondSus></gCBS></IBSCBSTot>"
            f"<vNFTot>{reais(totals.amount)}</vNFTot>"
        )
    return (
        f"<total><ICMSTot><vBC>{reais(totals.icms_base)}</vBC><vICMS>{reais(totals.icms)}</vICMS>"
        f"<vICMSDeson>{reais(totals.relief)}</vICMSDeson><vFCP>0.00</vFCP>"
        f"<vBCST>{reais(totals.st_base)}</vBCST>"
        f"<vST>{reais(totals.st)}</vST><vFCPST>{reais(totals.fcp_st)}</vFCPST><vFCPSTRet>0.00</vFCPSTRet>"
        f"<vProd>{reais(totals.goods)}</vProd><vFrete>{reais(totals.freight)}</vFrete>"
        f"<vSeg>{reais(totals.insurance)}</vSeg><vDesc>{reais(totals.discount)}</vDesc><vII>0.00</vII>"
        f"<vIPI>{reais(totals.ipi)}</vIPI><vIPIDevol>{reais(totals.ipi_returned)}</vIPIDevol>"
        f"<vPIS>{reais(totals.pis)}</vPIS><vCOFINS>{reais(totals.cofins)}</vCOFINS>"
        f"<vOutro>{reais(totals.other)}</vOutro><vNF>{reais(totals.amount)}</vNF></ICMSTot>{reform}</total>"
    )


def _transport(document: Document) -> str:
    if not document.carrier:
        return "<transp><modFrete>9</modFrete></transp>"
    return f"<transp><modFrete>0</modFrete>{_carrier(document.carrier)}</transp>"


@lru_cache(maxsize=1_024)
def _carrier(party: Party) -> str:
    return (
        f"<transporta><CNPJ>{party.tax_id}</CNPJ><xNome>{escape(party.name, quote=False)}</xNome>"
        f"<IE>{party.state_registration}</IE><xEnder>{party.street}</xEnder><xMun>{party.place.city}</xMun>"
        f"<UF>{party.place.uf}</UF></transporta>"
    )


def _billing(document: Document) -> str:
    amount = reais(document.totals.amount)
    if not document.instalments:
        paid = "0.00" if document.payment == "90" else amount
        return f"<pag><detPag><tPag>{document.payment}</tPag><vPag>{paid}</vPag></detPag></pag>"
    instalments = "".join(
        f"<dup><nDup>{number:03d}</nDup><dVenc>{instalment.due_on}</dVenc>"
        f"<vDup>{reais(instalment.amount)}</vDup></dup>"
        for number, instalment in enumerate(document.instalments, start=1)
    )
    return (
        f"<cobr><fat><nFat>{document.number}</nFat><vOrig>{amount}</vOrig><vDesc>0.00</vDesc>"
        f"<vLiq>{amount}</vLiq></fat>"
        f"{instalments}</cobr><pag><detPag><indPag>1</indPag><tPag>{document.payment}</tPag>"
        f"<vPag>{amount}</vPag>"
        "</detPag></pag>"
    )
