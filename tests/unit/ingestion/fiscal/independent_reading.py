"""A second reading of documents, by paths that are written here once more, to hold our rows against."""

from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree import ElementTree as ET

from ingestion.fiscal.reader import Reading

Paths = Mapping[str, str]

_HEAD: Paths = {
    "series": "ide/serie",
    "issuer_name": "emit/xNome",
    "issuer_uf": "emit/enderEmit/UF",
    "issued_at": "ide/dhEmi",
    "emission_type": "ide/tpEmis",
    "key_digit": "ide/cDV",
}
NOTE: Paths = _HEAD | {
    "number": "ide/nNF",
    "purpose": "ide/finNFe",
    "direction": "ide/tpNF",
    "total_amount": "total/ICMSTot/vNF",
    "products_amount": "total/ICMSTot/vProd",
    "icms_base_amount": "total/ICMSTot/vBC",
    "icms_amount": "total/ICMSTot/vICMS",
    "icms_st_amount": "total/ICMSTot/vST",
    "fcp_amount": "total/ICMSTot/vFCP",
    "ipi_amount": "total/ICMSTot/vIPI",
    "pis_amount": "total/ICMSTot/vPIS",
    "cofins_amount": "total/ICMSTot/vCOFINS",
    "freight_amount": "total/ICMSTot/vFrete",
    "discount_amount": "total/ICMSTot/vDesc",
    "estimated_tax_amount": "total/ICMSTot/vTotTrib",
    "ibs_amount": "total/IBSCBSTot/gIBS/vIBS",
    "cbs_amount": "total/IBSCBSTot/gCBS/vCBS",
    "ibs_mono_amount": "total/IBSCBSTot/gMono/vIBSMono",
    "is_amount": "total/ISTot/vIS",
    "recipient_name": "dest/xNome",
    "billing_net_amount": "cobr/fat/vLiq",
    "change_amount": "pag/vTroco",
}
OLD_NOTE: Paths = {column: path for column, path in NOTE.items() if column != "change_amount"}
OLDEST_NOTE: Paths = OLD_NOTE | {"issued_at": "ide/dEmi"}
_TRANSPORT: Paths = _HEAD | {
    "number": "ide/nCT",
    "purpose": "ide/tpCTe",
    "operation": "ide/natOp",
    "origin_uf": "ide/UFIni",
    "destination_uf": "ide/UFFim",
}
FREIGHT: Paths = _TRANSPORT | {
    "total_amount": "vPrest/vTPrest",
    "receivable_amount": "vPrest/vRec",
    "cargo_amount": "infCTeNorm/infCarga/vCarga",
    "ibs_amount": "imp/IBSCBS/gIBSCBS/vIBS",
}
SERVICE: Paths = {column: path for column, path in FREIGHT.items() if column != "cargo_amount"} | {
    "pis_amount": "imp/infTribFed/vPIS",
    "withheld_social_security_amount": "imp/infTribFed/vINSS",
}
SIMPLIFIED: Paths = _TRANSPORT | {
    "total_amount": "total/vTPrest",
    "receivable_amount": "total/vTRec",
    "cargo_amount": "infCarga/vCarga",
}
GUIDE: Paths = _TRANSPORT | {
    "origin_uf": "origem/UF",
    "destination_uf": "destino/UF",
    "left_at": "ide/dhSaidaOrig",
}
MANIFEST: Paths = _HEAD | {
    "number": "ide/nMDF",
    "purpose": "ide/tpEmit",
    "origin_uf": "ide/UFIni",
    "destination_uf": "ide/UFFim",
    "cargo_amount": "tot/vCarga",
}
_BODIES = ("infNFe", "infCte", "infMDFe")
_INSTALMENTS = ("cobr/dup", "infCTeNorm/cobr/dup", "infModal/rodo/infANTT/infPag/infPrazo")


def bodies(content: bytes) -> Iterator[ET.Element]:
    """The bodies of documents in a file, namespaces stripped."""
    root = ET.fromstring(content)  # noqa: S314 - files of a package that we installed
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    yield from (each for each in root.iter() if each.tag in _BODIES and each.find("ide") is not None)


def paths_of(body: ET.Element) -> Paths:
    """Where the values of a document stand."""
    if body.tag == "infMDFe":
        return MANIFEST
    if body.tag == "infNFe":
        version = body.get("versao")
        return NOTE if version == "4.00" else OLDEST_NOTE if version in ("1.10", "2.00") else OLD_NOTE
    if body.find("det") is not None:
        return SIMPLIFIED
    model = body.findtext("ide/mod")
    return SERVICE if model == "67" else GUIDE if model == "64" else FREIGHT


def independent(content: bytes) -> list[dict[str, Any]]:
    """Header values of the documents in a file, by plain XPath, and how many items and instalments."""
    found = []
    for body in bodies(content):
        paths = paths_of(body)
        texts = {column: (body.findtext(path) or "").strip() or None for column, path in paths.items()}
        items = len(body.findall("det")) or int(paths in (FREIGHT, SERVICE))
        instalments = sum(len(body.findall(path)) for path in _INSTALMENTS)
        found.append({"items": items, "instalments": instalments, **texts})
    return found


def compare(content: bytes, reading: Reading) -> int:
    """Assert that the headers of a payload agree; gives how many were compared, 0 when some were refused."""
    headers = reading.tables["documents"].to_pylist()
    expected = independent(content)
    if len(headers) != len(expected):
        return 0
    for ordinal, (header, other) in enumerate(zip(headers, expected, strict=True)):
        for table in ("items", "instalments"):
            rows = [row for row in reading.tables[table].to_pylist() if row["_ordinal"] == ordinal]
            assert len(rows) == other.pop(table)
        assert {column: header[column] for column in other} == other
    return len(headers)
