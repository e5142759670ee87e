"""The invented fiscal documents of tests/fixtures/fiscal, and what wraps documents in the wild."""

import base64
import gzip
import io
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

FIXTURES = Path(__file__).parents[3] / "fixtures" / "fiscal"


def document(name: str) -> bytes:
    """One of the invented documents."""
    return (FIXTURES / f"{name}.xml").read_bytes()


def zipped(entries: Mapping[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return stream.getvalue()


def tarred(entries: Mapping[str, bytes], *, mode: str = "w:") -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode) as archive:
        for name, content in entries.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return stream.getvalue()


def distribution(*contents: bytes, schema: str = "procNFe_v4.00.xsd") -> bytes:
    """An answer of distribution with a docZip for each content."""
    doc_zips = "".join(
        f'<docZip NSU="{number:015d}" schema="{schema}">'
        f"{base64.b64encode(gzip.compress(content)).decode()}</docZip>"
        for number, content in enumerate(contents, start=1)
    )
    return (
        '<retDistDFeInt xmlns="http://www.portalfiscal.inf.br/nfe" versao="1.01"><tpAmb>1</tpAmb>'
        "<cStat>138</cStat><xMotivo>Documento localizado</xMotivo>"
        f"<loteDistDFeInt>{doc_zips}</loteDistDFeInt></retDistDFeInt>"
    ).encode()


def enveloped(content: bytes) -> bytes:
    """A content inside the SOAP answer of a web service."""
    body = content[content.index(b"?>") + 2 :] if content.startswith(b"<?xml") else content
    return (
        b'<soap:Envelope xmlns:soap="http://www.w3.org/2003/05/soap-envelope"><soap:Header/><soap:Body>'
        b'<r:nfeResultMsg xmlns:r="http://www.portalfiscal.inf.br/nfe/wsdl/X">' + body + b"</r:nfeResultMsg>"
        b"</soap:Body></soap:Envelope>"
    )
