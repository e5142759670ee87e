"""Fiscal documents signed by an invented company, from a canonical form that is written by hand."""

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from xml.sax.saxutils import escape

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID
from fiscal_documents import document

DSIG = "http://www.w3.org/2000/09/xmldsig#"
NFE = "http://www.portalfiscal.inf.br/nfe"
COMPANY = "INDUSTRIA INVENTADA LTDA:11222333000181"
NOT_BEFORE, NOT_AFTER = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)

SHA1: Mapping[str, str] = {"signature": f"{DSIG}rsa-sha1", "digest": f"{DSIG}sha1", "hash": "sha1"}
SHA256: Mapping[str, str] = {
    "signature": "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
    "digest": "http://www.w3.org/2001/04/xmlenc#sha256",
    "hash": "sha256",
}
_HASHES = {"sha1": hashes.SHA1(), "sha256": hashes.SHA256()}  # noqa: S303 - the layouts prescribe SHA-1
_C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"


@dataclass(frozen=True)
class Identity:
    """A key and its certificate, as base64."""

    key: rsa.RSAPrivateKey
    certificate: str


@cache
def identity(bits: int = 2048, *, name: str = COMPANY) -> Identity:
    key = rsa.generate_private_key(65537, bits)
    return Identity(key, certificate_of(key, name=name))


def certificate_of(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, *, name: str = COMPANY) -> str:
    """A certificate that the key signed for itself."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    built = x509.CertificateBuilder(subject, subject, key.public_key(), 1, NOT_BEFORE, NOT_AFTER)
    return base64.b64encode(
        built.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
    ).decode()


def signature_of(canonical: str, *, by: Identity | None = None, algorithms: Mapping[str, str] = SHA1) -> str:
    """The Signature over an element, given in canonical form and with its own xmlns."""
    signer = by or identity()
    digest = hashlib.new(algorithms["hash"], canonical.encode()).digest()
    (own_id,) = re.findall(r'^<[^>]* Id="([^"]+)"', canonical)
    info = (
        f'<SignedInfo xmlns="{DSIG}"><CanonicalizationMethod Algorithm="{_C14N}"></CanonicalizationMethod>'
        f'<SignatureMethod Algorithm="{algorithms["signature"]}"></SignatureMethod>'
        f'<Reference URI="#{own_id}"><Transforms>'
        f'<Transform Algorithm="{DSIG}enveloped-signature"></Transform>'
        f'<Transform Algorithm="{_C14N}"></Transform></Transforms>'
        f'<DigestMethod Algorithm="{algorithms["digest"]}"></DigestMethod>'
        f"<DigestValue>{base64.b64encode(digest).decode()}</DigestValue></Reference></SignedInfo>"
    )
    value = signer.key.sign(info.encode(), padding.PKCS1v15(), _HASHES[algorithms["hash"]])
    # as it is written in the wild: short tags, the namespace once
    bare = inheriting(info, DSIG)
    written = re.sub(r"></(CanonicalizationMethod|SignatureMethod|Transform|DigestMethod)>", "/>", bare)
    return (
        f'<Signature xmlns="{DSIG}">{written}'
        f"<SignatureValue>{base64.b64encode(value).decode()}</SignatureValue><KeyInfo><X509Data>"
        f"<X509Certificate>{signer.certificate}</X509Certificate></X509Data></KeyInfo></Signature>"
    )


def inheriting(canonical: str, namespace: str = NFE) -> str:
    """An element as it is written below one that declares its namespace."""
    return canonical.replace(f' xmlns="{namespace}"', "", 1)


def canonical_body(name: str = "nfe_proc") -> str:
    """The infNFe of a sample in canonical form: attributes in order, no short tags, its namespace."""
    (written,) = re.findall(r"<infNFe .*?</infNFe>", document(name).decode(), re.DOTALL)
    plain = re.sub(r"<!\[CDATA\[(.*?)\]\]>", lambda match: escape(match[1]), written)
    body = re.sub(r"<(\w+)([^<>]*)/>", r"<\1\2></\1>", re.sub(r">\s+<", "><", plain))
    (own_id,) = re.findall(r'^<infNFe [^>]*Id="([^"]+)"', body)
    return re.sub(r"^<infNFe [^>]*>", f'<infNFe xmlns="{NFE}" Id="{own_id}" versao="4.00">', body)


def signed_nfe(body: str | None = None, *, signature: str | None = None) -> str:
    """An authorised NF-e as SEFAZ hands it out; body and signature need not fit."""
    canonical = canonical_body() if body is None else body
    seal = signature_of(canonical) if signature is None else signature
    inner = inheriting(canonical)
    (protocol,) = re.findall(r"<protNFe.*</protNFe>", document("nfe_proc").decode(), re.DOTALL)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><nfeProc xmlns="{NFE}" versao="4.00"><NFe>{inner}{seal}</NFe>'
        f"{protocol}</nfeProc>"
    )
