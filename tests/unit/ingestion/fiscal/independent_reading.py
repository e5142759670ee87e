"""A second reading of documents, by plain paths in another library, to hold our rows against."""

from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree as ET

from ingestion.fiscal.reader import Reading

NOTE_TOTALS = {
    "total_amount": "total/ICMSTot/vNF",
    "products_amount": "total/ICMSTot/vProd",
    "icms_base_amount": "total/ICMSTot/vBC",
    "icms_amount": "total/ICMSTot/vICMS",
    "icms_st_amount": "total/ICMSTot/vST",
    "ipi_amount": "total/ICMSTot/vIPI",
    "pis_amount": "total/ICMSTot/vPIS",
    "cofins_amount": "total/ICMSTot/vCOFINS",
    "freight_amount": "total/ICMSTot/vFrete",
    "discount_amount": "total/ICMSTot/vDesc",
    "ibs_amount": "total/IBSCBSTot/gIBS/vIBS",
    "cbs_amount": "total/IBSCBSTot/gCBS/vCBS",
    "issuer_name": "emit/xNome",
    "recipient_name": "dest/xNome",
    "issued_at": "ide/dhEmi",
    "billing_net_amount": "cobr/fat/vLiq",
}
FREIGHT_TOTALS = {
    "total_amount": "vPrest/vTPrest",
    "receivable_amount": "vPrest/vRec",
    "cargo_amount": "infCTeNorm/infCarga/vCarga",
    "issuer_name": "emit/xNome",
    "issued_at": "ide/dhEmi",
    "operation": "ide/natOp",
}


def bodies(content: bytes, name: str) -> Iterator[ET.Element]:
    """The bodies of documents in a file, namespaces stripped."""
    root = ET.fromstring(content)  # noqa: S314 - files of a package that we installed
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    yield from (body for body in root.iter(name) if body.find("ide") is not None and body.get("Id"))


def independent(content: bytes) -> list[dict[str, Any]]:
    """Header values of the documents of layout 4.00 in a file, by plain XPath."""
    found = []
    for name, totals in (("infNFe", NOTE_TOTALS), ("infCte", FREIGHT_TOTALS)):
        for body in bodies(content, name):
            if body.get("versao") == "4.00" and body.findtext("ide/mod") in {"55", "65", "57"}:
                texts = {
                    column: (body.findtext(path) or "").strip() or None for column, path in totals.items()
                }
                found.append(
                    {
                        "items": len(body.findall("det")) or 1,
                        "instalments": len(body.findall(".//cobr/dup")),
                        **texts,
                    }
                )
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
