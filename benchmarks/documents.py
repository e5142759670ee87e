"""Documents to measure with: invented NF-e 4.00 as SEFAZ hands them out, all distinct, as many as wanted.

Holds the writing of one document and of a tree or of archives of them. Amounts add up, keys and tax ids have
right check digits; signature and certificate are random bytes of real length, since those neither compress
nor repeat, which readers and archives feel.
"""

import json
import os
import random
import zipfile
from base64 import b64encode
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, partial
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Final, Literal, TypeAlias

from simulation.identifiers import access_key, cnpj

Form: TypeAlias = Literal["files", "zip"]

BLOCK: Final = 1_000
"""Documents per folder and per archive."""

_VERSION: Final = 1
"""Raised when the documents change, so that no older ones are taken for these."""

_MARK: Final = "benchmark.json"

# mostly few, now and then many; 6 on average
_ITEMS: Final = (1, 2, 3, 3, 4, 4, 5, 5, 6, 7, 8, 10, 12, 14)
_INSTALMENTS: Final = (0, 1, 1, 2, 2, 2, 3, 3, 4)

_PLACES: Final = (
    ("35", "SP", "3550308", "SAO PAULO"),
    ("41", "PR", "4106902", "CURITIBA"),
    ("31", "MG", "3106200", "BELO HORIZONTE"),
    ("43", "RS", "4314902", "PORTO ALEGRE"),
    ("29", "BA", "2927408", "SALVADOR"),
)
_TRADES: Final = ("COMERCIAL", "INDUSTRIA", "DISTRIBUIDORA", "ATACADO", "METALURGICA", "AUTOPECAS")
_NAMES: Final = ("AURORA", "IPE AMARELO", "SERRA AZUL", "TRES RIOS", "PEDRA ALTA", "CAJUEIRO", "VENTO SUL")
_GOODS: Final = ("PARAFUSO SEXTAVADO", "CHAPA DE ACO", "TUBO GALVANIZADO", "ROLAMENTO", "CORREIA DENTADA")
_NOTE: Final = (
    "PEDIDO {0}; ROTA {1}; VENDEDOR {2}. CONFERIR A MERCADORIA NO ATO DO RECEBIMENTO. MERCADORIA ENTREGUE "
    "CONFORME ROMANEIO DE CARGA. VALOR APROXIMADO DOS TRIBUTOS CONFORME LEI 12.741/2012: FONTE IBPT. NAO "
    "ACEITAMOS DEVOLUCAO APOS 7 DIAS DO RECEBIMENTO. DUVIDAS: ATENDIMENTO NO RODAPE DO BOLETO. BOLETOS SAO "
    "ENVIADOS SOMENTE PELO SISTEMA, CONFIRA O BENEFICIARIO ANTES DE PAGAR."
)

_ITEM: Final = (
    '<det nItem="{number}"><prod><cProd>{code}</cProd><cEAN>{ean}</cEAN><xProd>{name}</xProd>'
    "<NCM>{ncm}</NCM><CEST>{cest}</CEST><indEscala>S</indEscala><CFOP>{cfop}</CFOP><uCom>UN</uCom>"
    "<qCom>{quantity}.0000</qCom><vUnCom>{price}0000</vUnCom><vProd>{gross}</vProd><cEANTrib>{ean}</cEANTrib>"
    "<uTrib>UN</uTrib><qTrib>{quantity}.0000</qTrib><vUnTrib>{price}0000</vUnTrib><indTot>1</indTot>"
    "<xPed>{order}</xPed><nItemPed>{number}</nItemPed></prod><imposto><vTotTrib>{estimated}</vTotTrib>"
    "<ICMS><ICMS00><orig>0</orig><CST>00</CST><modBC>3</modBC><vBC>{gross}</vBC><pICMS>12.0000</pICMS>"
    "<vICMS>{icms}</vICMS></ICMS00></ICMS><IPI><cEnq>999</cEnq><IPITrib><CST>50</CST><vBC>{gross}</vBC>"
    "<pIPI>5.0000</pIPI><vIPI>{ipi}</vIPI></IPITrib></IPI><PIS><PISAliq><CST>01</CST><vBC>{gross}</vBC>"
    "<pPIS>1.6500</pPIS><vPIS>{pis}</vPIS></PISAliq></PIS><COFINS><COFINSAliq><CST>01</CST>"
    "<vBC>{gross}</vBC><pCOFINS>7.6000</pCOFINS><vCOFINS>{cofins}</vCOFINS></COFINSAliq></COFINS><IBSCBS>"
    "<CST>000</CST><cClassTrib>000001</cClassTrib><gIBSCBS><vBC>{gross}</vBC><gIBSUF><pIBSUF>0.1000</pIBSUF>"
    "<vIBSUF>{ibs}</vIBSUF></gIBSUF><gIBSMun><pIBSMun>0.0000</pIBSMun><vIBSMun>0.00</vIBSMun></gIBSMun>"
    "<vIBS>{ibs}</vIBS><gCBS><pCBS>0.9000</pCBS><vCBS>{cbs}</vCBS></gCBS></gIBSCBS></IBSCBS></imposto>"
    "<infAdProd>LOTE {lot} FABRICADO EM 2026</infAdProd></det>"
)
_NFE: Final = (
    '<?xml version="1.0" encoding="UTF-8"?><nfeProc versao="4.00" '
    'xmlns="http://www.portalfiscal.inf.br/nfe"><NFe xmlns="http://www.portalfiscal.inf.br/nfe">'
    '<infNFe Id="NFe{key}" versao="4.00"><ide><cUF>{uf_code}</cUF><cNF>{code:08d}</cNF>'
    "<natOp>VENDA DE MERCADORIA</natOp><mod>55</mod><serie>1</serie><nNF>{number}</nNF>"
    "<dhEmi>{issued}</dhEmi><dhSaiEnt>{issued}</dhSaiEnt><tpNF>1</tpNF><idDest>{scope}</idDest>"
    "<cMunFG>{city_code}</cMunFG><tpImp>1</tpImp><tpEmis>1</tpEmis><cDV>{digit}</cDV><tpAmb>1</tpAmb>"
    "<finNFe>1</finNFe><indFinal>0</indFinal><indPres>9</indPres><indIntermed>0</indIntermed>"
    "<procEmi>0</procEmi><verProc>ERP 12.1.2510</verProc></ide>{issuer}{recipient}"
    "<autXML><CNPJ>{authorised}</CNPJ></autXML>{items}<total><ICMSTot><vBC>{goods}</vBC>"
    "<vICMS>{icms}</vICMS><vICMSDeson>0.00</vICMSDeson><vFCP>0.00</vFCP><vBCST>0.00</vBCST><vST>0.00</vST>"
    "<vFCPST>0.00</vFCPST><vFCPSTRet>0.00</vFCPSTRet><vProd>{goods}</vProd><vFrete>0.00</vFrete>"
    "<vSeg>0.00</vSeg><vDesc>0.00</vDesc><vII>0.00</vII><vIPI>{ipi}</vIPI><vIPIDevol>0.00</vIPIDevol>"
    "<vPIS>{pis}</vPIS><vCOFINS>{cofins}</vCOFINS><vOutro>0.00</vOutro><vNF>{total}</vNF>"
    "<vTotTrib>{estimated}</vTotTrib></ICMSTot><IBSCBSTot><vBCIBSCBS>{goods}</vBCIBSCBS><gIBS><gIBSUF>"
    "<vDif>0.00</vDif><vDevTrib>0.00</vDevTrib><vIBSUF>{ibs}</vIBSUF></gIBSUF><gIBSMun><vDif>0.00</vDif>"
    "<vDevTrib>0.00</vDevTrib><vIBSMun>0.00</vIBSMun></gIBSMun><vIBS>{ibs}</vIBS><vCredPres>0.00</vCredPres>"
    "<vCredPresCondSus>0.00</vCredPresCondSus></gIBS><gCBS><vDif>0.00</vDif><vDevTrib>0.00</vDevTrib>"
    "<vCBS>{cbs}</vCBS><vCredPres>0.00</vCredPres><vCredPresCondSus>0.00</vCredPresCondSus></gCBS>"
    "</IBSCBSTot><vNFTot>{total}</vNFTot></total><transp><modFrete>0</modFrete>{carrier}<vol><qVol>{volumes}"
    "</qVol><esp>CAIXA</esp><pesoL>{weight}.000</pesoL><pesoB>{weight}.500</pesoB></vol></transp>{billing}"
    "<infAdic><infCpl>{note}</infCpl></infAdic><compra><xPed>{order}</xPed></compra><infRespTec>"
    "<CNPJ>{software}</CNPJ><xContato>SUPORTE FISCAL</xContato><email>fiscal@exemplo.com.br</email>"
    "<fone>1130000000</fone></infRespTec></infNFe>"
    '<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><SignedInfo><CanonicalizationMethod '
    'Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"/><SignatureMethod '
    'Algorithm="http://www.w3.org/2000/09/xmldsig#rsa-sha1"/><Reference URI="#NFe{key}"><Transforms>'
    '<Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/><Transform '
    'Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"/></Transforms><DigestMethod '
    'Algorithm="http://www.w3.org/2000/09/xmldsig#sha1"/><DigestValue>{digest}</DigestValue></Reference>'
    "</SignedInfo><SignatureValue>{signature}</SignatureValue><KeyInfo><X509Data>"
    "<X509Certificate>{certificate}</X509Certificate></X509Data></KeyInfo></Signature></NFe>"
    '<protNFe versao="4.00"><infProt><tpAmb>1</tpAmb><verAplic>SP_NFE_PL_010</verAplic><chNFe>{key}</chNFe>'
    "<dhRecbto>{issued}</dhRecbto><nProt>1{uf_code}26{number:010d}</nProt><digVal>{digest}</digVal>"
    "<cStat>100</cStat><xMotivo>Autorizado o uso da NF-e</xMotivo></infProt></protNFe></nfeProc>"
)


@dataclass(frozen=True, slots=True)
class Document:
    """A document's file name and its bytes."""

    name: str
    content: bytes


def documents(block: int) -> list[Document]:
    """The documents of a block, always the same ones; no other block has any of them."""
    draw = random.Random(block)  # noqa: S311 - nothing here is secret
    return [_document(block * BLOCK + place, draw) for place in range(BLOCK)]


def make(folder: Path, count: int, *, form: Form, processes: int = 2) -> int:
    """Write documents into a folder unless they are there; gives their bytes.

    Raises SystemExit when the folder holds something else.
    """
    folder.mkdir(parents=True, exist_ok=True)
    # beside the folder and not in it: what is in it is read
    mark = folder.with_name(f"{folder.name}.{_MARK}")
    said = {"version": _VERSION, "form": form, "count": count}
    if mark.exists():
        found = json.loads(mark.read_text())
        if {name: found.get(name) for name in said} == said:
            return int(found["bytes"])
    if any(folder.iterdir()):
        raise SystemExit(f"{folder}: holds something else; name an empty folder")
    written = add(folder, count, form=form, processes=processes)
    mark.write_text(json.dumps({**said, "bytes": written}))
    return written


def add(folder: Path, count: int, *, form: Form, first_block: int = 0, processes: int = 2) -> int:
    """Write documents into a folder, in folders or in deflated archives of a thousand; gives their bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    starts = range(0, count, BLOCK)
    sizes = [min(BLOCK, count - start) for start in starts]
    blocks = [first_block + start // BLOCK for start in starts]
    write = partial(_write_archive if form == "zip" else _write_folder, folder)
    with ProcessPoolExecutor(min(processes, len(blocks))) as pool:
        return sum(pool.map(write, blocks, sizes, chunksize=4))


def _write_folder(folder: Path, block: int, count: int) -> int:
    below = folder / f"{block // 100:03d}" / f"{block:05d}"
    below.mkdir(parents=True)
    written = 0
    for document in documents(block)[:count]:
        with open(f"{below}{os.sep}{document.name}", "wb") as file:  # noqa: PTH123 - a fifth of the time
            written += file.write(document.content)
    return written


def _write_archive(folder: Path, block: int, count: int) -> int:
    written = 0
    with zipfile.ZipFile(folder / f"{block:05d}.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for document in documents(block)[:count]:
            archive.writestr(document.name, document.content)
            written += len(document.content)
    return written


def _document(serial: int, draw: random.Random) -> Document:
    issuer, recipient = draw.randrange(300), draw.randrange(300)
    uf_code, uf, city_code, _ = _PLACES[issuer % len(_PLACES)]
    day = date(2026, 1, 2) + timedelta(days=serial % 330)
    issued = f"{day}T{8 + serial % 10:02d}:{serial % 60:02d}:{serial % 59:02d}-03:00"
    # the serial number makes the key, and so the document, the only one of its kind
    number, code = 1 + serial % 999_999_999, 10_000_000 + serial
    tax_id = _tax_id(issuer)
    key = access_key(
        uf_code=uf_code,
        year_month=f"{day:%y%m}",
        issuer_id=tax_id,
        model="55",
        series="1",
        number=number,
        code=code,
    )
    order = str(draw.randrange(100_000, 999_999))
    lines = [_line(place, order, draw) for place in range(1, draw.choice(_ITEMS) + 1)]
    goods = sum(gross for gross, _ in lines)
    taxes = {name: sum(_share(gross, rate) for gross, _ in lines) for name, rate in _RATES.items()}
    total = goods + taxes["ipi"]
    content = _NFE.format(
        key=key,
        uf_code=uf_code,
        code=code,
        number=number,
        issued=issued,
        scope=1 if uf == _PLACES[recipient % len(_PLACES)][1] else 2,
        city_code=city_code,
        digit=key[43],
        issuer=_party("emit", issuer),
        recipient=_party("dest", recipient),
        authorised=_tax_id(300 + serial % 20),
        items="".join(text for _, text in lines),
        goods=_reais(goods),
        total=_reais(total),
        **{name: _reais(amount) for name, amount in taxes.items()},
        carrier=_carrier(320 + serial % 40),
        volumes=draw.randrange(1, 40),
        weight=draw.randrange(5, 4_000),
        billing=_billing(number, total, day, draw.choice(_INSTALMENTS)),
        note=_NOTE.format(order, draw.randrange(99), draw.randrange(999)),
        order=order,
        software=_tax_id(399),
        digest=_noise(draw, 20),
        signature=_noise(draw, 256),
        certificate=_noise(draw, 1_900),
    )
    return Document(f"{key}-procNFe.xml", content.encode())


_RATES: Final = {
    "icms": 1_200,
    "ipi": 500,
    "pis": 165,
    "cofins": 760,
    "ibs": 10,
    "cbs": 90,
    "estimated": 3_145,
}
"""Hundredths of a percent."""


def _line(place: int, order: str, draw: random.Random) -> tuple[int, str]:
    """An item: what it costs, in cents, and its text."""
    code, quantity, price = draw.randrange(2_000), draw.randrange(1, 200), draw.randrange(150, 90_000)
    gross = quantity * price
    text = _ITEM.format(
        number=place,
        code=f"{code:06d}",
        ean=f"789{code:010d}",
        name=f"{_GOODS[code % len(_GOODS)]} {code % 97} X {code % 89} MM REF {code:06d}",
        ncm=73_000_000 + code,
        cest=f"10{code:05d}",
        cfop=("5102", "6102", "5405")[code % 3],
        quantity=quantity,
        price=_reais(price),
        gross=_reais(gross),
        order=order,
        lot=draw.randrange(10_000, 99_999),
        **{name: _reais(_share(gross, rate)) for name, rate in _RATES.items()},
    )
    return gross, text


def _billing(number: int, total: int, day: date, instalments: int) -> str:
    if not instalments:
        return f"<pag><detPag><indPag>0</indPag><tPag>01</tPag><vPag>{_reais(total)}</vPag></detPag></pag>"
    ends = accumulate([total // instalments] * (instalments - 1), initial=0)
    starts = [*ends, total]
    parts = [after - before for before, after in pairwise(starts)]
    rows = "".join(
        f"<dup><nDup>{place:03d}</nDup><dVenc>{day + timedelta(days=28 * place)}</dVenc>"
        f"<vDup>{_reais(part)}</vDup></dup>"
        for place, part in enumerate(parts, 1)
    )
    return (
        f"<cobr><fat><nFat>{number}</nFat><vOrig>{_reais(total)}</vOrig><vDesc>0.00</vDesc>"
        f"<vLiq>{_reais(total)}</vLiq></fat>{rows}</cobr><pag><detPag><indPag>1</indPag><tPag>15</tPag>"
        f"<vPag>{_reais(total)}</vPag></detPag></pag>"
    )


@cache
def _tax_id(number: int) -> str:
    return cnpj(f"{71_000_000 + number}")


@cache
def _party(element: str, number: int) -> str:
    _, uf, city_code, city = _PLACES[number % len(_PLACES)]
    tail = "<CRT>3</CRT>" if element == "emit" else ""
    registration = f"<IE>{110_000_000_000 + number}</IE>"
    return (
        f"<{element}><CNPJ>{_tax_id(number)}</CNPJ><xNome>{_name(number)}</xNome>"
        f"<ender{element.title()}><xLgr>RUA DAS PALMEIRAS</xLgr><nro>{number + 1}</nro>"
        f"<xBairro>DISTRITO INDUSTRIAL</xBairro><cMun>{city_code}</cMun><xMun>{city}</xMun><UF>{uf}</UF>"
        f"<CEP>{80_000_000 + number}</CEP><cPais>1058</cPais><xPais>BRASIL</xPais><fone>1130000000</fone>"
        f"</ender{element.title()}>"
        f"{'<indIEDest>1</indIEDest>' if element == 'dest' else ''}{registration}{tail}</{element}>"
    )


@cache
def _carrier(number: int) -> str:
    _, uf, _, city = _PLACES[number % len(_PLACES)]
    return (
        f"<transporta><CNPJ>{_tax_id(number)}</CNPJ><xNome>TRANSPORTES {_name(number)}</xNome>"
        f"<IE>{110_000_000_000 + number}</IE><xEnder>RODOVIA DOS IPES KM {number}</xEnder>"
        f"<xMun>{city}</xMun><UF>{uf}</UF></transporta>"
    )


def _name(number: int) -> str:
    return f"{_TRADES[number % len(_TRADES)]} {_NAMES[number % len(_NAMES)]} {number} LTDA"


def _share(cents: int, rate: int) -> int:
    return (cents * rate + 5_000) // 10_000


def _reais(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def _noise(draw: random.Random, size: int) -> str:
    return b64encode(draw.randbytes(size)).decode()
