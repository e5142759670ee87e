"""The check of XML signatures: the bytes of one payload to a verdict for each element that its author signs.

Holds XML-DSig as fiscal documents use it (one reference to the element before the signature, canonical XML,
RSA, the certificate inside), offline. Whether ICP-Brasil stands behind a certificate is not asked, and what
a verdict means for a document is dbt's business. Needs the package `cryptography`: import it only when the
check is wanted.
"""

import base64
import binascii
import copy
import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from lxml import etree

from ingestion.fiscal.limits import Limits
from ingestion.fiscal.parser import local_name, parse
from ingestion.fiscal.refusals import Refused
from ingestion.fiscal.signed_elements import SignedElement, find_signed, identity_of, text_at

VERSION: Final = "1"
"""Raised when the same bytes may get another verdict: what is stored is then judged again."""

_FISCAL_NAMESPACES: Final = tuple(
    f"http://www.portalfiscal.inf.br/{family}" for family in ("nfe", "cte", "mdfe")
)
_DSIG: Final = "http://www.w3.org/2000/09/xmldsig#"
_ENVELOPED: Final = f"{_DSIG}enveloped-signature"
_C14N: Final = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
_EXCLUSIVE: Final = "http://www.w3.org/2001/10/xml-exc-c14n#"
# comments are dropped when the payload is parsed, so the variants that keep them give the same
_CANONICAL: Final = frozenset({_C14N, f"{_C14N}#WithComments", _EXCLUSIVE, f"{_EXCLUSIVE}WithComments"})
_DIGESTS: Final[Mapping[str, str]] = {
    f"{_DSIG}sha1": "sha1",
    "http://www.w3.org/2001/04/xmlenc#sha256": "sha256",
}
_SIGNATURES: Final[Mapping[str, tuple[str, hashes.HashAlgorithm]]] = {
    f"{_DSIG}rsa-sha1": ("rsa-sha1", hashes.SHA1()),  # noqa: S303 - the layouts prescribe it
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256": ("rsa-sha256", hashes.SHA256()),
}

# A certificate of ICP-Brasil has 1.5 to 3 KB and a key of 1024 to 4096 bits; anything far above is an attack
# on whoever verifies it.
_MOST_CERTIFICATE_TEXT: Final = 16_384
_MOST_KEY_BITS: Final = 8_192
_LEAST_KEY_BITS: Final = 1_024
_MOST_EXPONENT: Final = 1 << 32
_CERTIFICATES_KEPT: Final = 512
# Canonical XML looks through all namespaces in scope at every element, and sorts attributes one by one. A
# genuine document has three or four of the ones and two of the others, some thousands in all.
_MOST_NAMESPACES: Final = 32
_MOST_ATTRIBUTES: Final = 64
_ATTRIBUTES_COUNTED_ABOVE: Final = 5_000

_OWNER: Final = re.compile(r":\s*([0-9A-Z]{12}[0-9]{2}|[0-9]{11})\s*$")
_REPARSER: Final = etree.XMLParser(resolve_entities=False, no_network=True, collect_ids=False)
_START_TAG: Final = re.compile(rb"<[^<>]*>")
_ATTRIBUTE: Final = re.compile(rb'\s([^\s=]+="[^"]*")')


@dataclass(frozen=True, slots=True)
class SignatureVerdict:
    """The verdict on one signed element: a row of raw_fiscal_xml.signatures, but for its envelope.

    `outcome` is valid, valid_normalised (once what a wrapper or a printer added is taken away again), altered
    (the signature is genuine, and not over this content), invalid, unsigned or unverifiable. `detail` says
    why, or what was taken away. A payload without any such element has one row of nulls.
    """

    subject: str | None = None
    element: str | None = None
    access_key: str | None = None
    environment: str | None = None
    event_type: str | None = None
    sequence: str | None = None
    outcome: str | None = None
    detail: str | None = None
    signature_algorithm: str | None = None
    digest_algorithm: str | None = None
    digest_value: str | None = None
    key_bits: int | None = None
    signer_name: str | None = None
    signer_id: str | None = None
    not_before: datetime | None = None
    not_after: datetime | None = None
    check_version: str = VERSION


@dataclass(frozen=True, slots=True)
class Signer:
    """What a certificate says, and the key in it."""

    key: rsa.RSAPublicKey
    name: str | None
    tax_id: str | None
    not_before: datetime
    not_after: datetime


class _Unverifiable(Exception):  # noqa: N818 - never leaves this module
    """The signature cannot be judged; the message says why."""


@dataclass(frozen=True, slots=True)
class _Signature:
    """The parts of a Signature that matter, as they are written."""

    signed_info: Any
    exclusive: bool
    content_exclusive: bool
    algorithm: str
    hash_algorithm: hashes.HashAlgorithm
    digest_algorithm: str
    digest: bytes
    value: bytes
    signer: Signer


class SignatureJudge:
    """Judges payloads one by one; keeps nothing of them, only the certificates met last."""

    version = VERSION

    def __init__(self, *, limits: Limits) -> None:
        self._limits = limits

    def judge(self, content: bytes) -> list[SignatureVerdict]:
        """The verdicts on a payload in document order, never none."""
        try:
            root = parse(content, limits=self._limits, verbatim=True).root
        except Refused as refused:
            return [SignatureVerdict(outcome="unverifiable", detail=f"{refused.reason}: {refused.detail}")]
        return [_judge(element, kind) for element, kind in find_signed(root)] or [SignatureVerdict()]


@lru_cache(maxsize=_CERTIFICATES_KEPT)
def read_certificate(text: str) -> Signer | str:
    """The certificate in a base64 text without blanks, or why it cannot be used."""
    try:
        certificate = x509.load_der_x509_certificate(base64.b64decode(text, validate=True))
        key = certificate.public_key()
        names = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
        valid = (certificate.not_valid_before_utc, certificate.not_valid_after_utc)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        return f"certificate: {str(error)[:200]}"
    if not isinstance(key, rsa.RSAPublicKey):
        return f"certificate: a key that is not RSA ({type(key).__name__})"
    if not _LEAST_KEY_BITS <= key.key_size <= _MOST_KEY_BITS or key.public_numbers().e > _MOST_EXPONENT:
        return f"certificate: RSA key of {key.key_size} bits, exponent {str(key.public_numbers().e)[:20]}"
    name = str(names[-1].value) if names else None
    owner = _OWNER.search(name or "")
    return Signer(key, name, owner[1] if owner else None, *valid)


def _judge(element: Any, kind: SignedElement) -> SignatureVerdict:
    """The verdict on one element by the signature that follows it."""
    about: dict[str, Any] = {"subject": kind.subject, "element": kind.element, **identity_of(element, kind)}
    signature = next(element.itersiblings("{*}Signature"), None)
    if signature is None:
        return SignatureVerdict(**about, outcome="unsigned")
    try:
        _check_namespaces(len(signature.nsmap))
        read = _read_signature(signature)
        outcome, detail = _outcome(element, read)
    except (_Unverifiable, etree.LxmlError) as error:
        return SignatureVerdict(
            **about,
            outcome="unverifiable",
            detail=str(error),
            digest_value=text_at(signature, "SignedInfo", "Reference", "DigestValue") or None,
        )
    return SignatureVerdict(
        **about,
        outcome=outcome,
        detail=detail or None,
        signature_algorithm=read.algorithm,
        digest_algorithm=read.digest_algorithm,
        digest_value=base64.b64encode(read.digest).decode(),
        key_bits=read.signer.key.key_size,
        signer_name=read.signer.name,
        signer_id=read.signer.tax_id,
        not_before=read.signer.not_before,
        not_after=read.signer.not_after,
    )


def _outcome(element: Any, read: _Signature) -> tuple[str, str]:
    """The outcome and its detail: what had to be taken away, or which of the two halves is wrong."""

    def is_digest(octets: bytes) -> bool:
        return hashlib.new(read.digest_algorithm, octets, usedforsecurity=False).digest() == read.digest

    def is_signed(octets: bytes) -> bool:
        try:
            read.signer.key.verify(read.value, octets, padding.PKCS1v15(), read.hash_algorithm)
        except InvalidSignature:
            return False
        return True

    content = _first(
        _serialisations(element, _FISCAL_NAMESPACES, exclusive=read.content_exclusive), is_digest
    )
    info = _first(_serialisations(read.signed_info, (_DSIG,), exclusive=read.exclusive), is_signed)
    if info is None:
        return "invalid", "signature and content" if content is None else "signature"
    if content is None:
        return "altered", "" if _names_element(element, read) else "the reference names another Id"
    repairs = " + ".join(dict.fromkeys(filter(None, (content, info))))
    return ("valid_normalised", repairs) if repairs else ("valid", "")


def _first(candidates: Iterator[tuple[str, bytes | None]], holds: Callable[[bytes], bool]) -> str | None:
    """What had to be taken away for the first serialisation that holds, None when none does."""
    return next((repair for repair, octets in candidates if octets is not None and holds(octets)), None)


def _serialisations(
    element: Any, namespaces: tuple[str, ...], *, exclusive: bool
) -> Iterator[tuple[str, bytes | None]]:
    """What may have been signed, the likeliest and cheapest first, with what was taken away for it.

    The plain serialisation of a document is its canonical form too, unless an element is empty or attributes
    stand in another order; it costs a fifth of it.
    """
    plain = etree.tostring(element, encoding="UTF-8", xml_declaration=False, with_tail=False)
    _check_namespaces(plain.count(b"xmlns:"))
    if plain.count(b'="') > _ATTRIBUTES_COUNTED_ABOVE:
        _check_attributes(max(len(part.attrib) for part in element.iter(etree.Element)))
    if b"/>" not in plain and not exclusive:
        yield "", _with_sorted_attributes(plain)
    # libxml2 writes xmlns="" on children whose namespace an ancestor of the element declares: parsed again,
    # the element declares it itself
    yield "", _canonical(etree.fromstring(plain, _REPARSER), exclusive=exclusive)
    bare = copy.deepcopy(element)
    bare.tail = None
    etree.cleanup_namespaces(bare)
    yield "namespaces", _canonical(bare, exclusive=exclusive)
    for part in bare.iter():
        if len(part) and part.text is not None and not part.text.strip():
            part.text = None
        if part.tail is not None and not part.tail.strip():
            part.tail = None
    yield "blank text", _canonical(bare, exclusive=exclusive)
    # copies exist without namespaces, or with a prefix; all of a signed element is in one namespace
    for part in bare.iter(etree.Element):
        part.tag = local_name(part)
    etree.cleanup_namespaces(bare)
    written = _canonical(bare, exclusive=exclusive) or b""
    start, name, rest = written.partition(local_name(element).encode())
    for namespace in namespaces:
        yield "namespace written anew", b"".join((start, name, f' xmlns="{namespace}"'.encode(), rest))


def _canonical(root: Any, *, exclusive: bool) -> bytes | None:
    """The canonical form; None when there is none, as where a namespace is a relative address."""
    try:
        octets: bytes = etree.tostring(root, method="c14n", exclusive=exclusive, with_comments=False)
    except etree.C14NError:
        return None
    return octets


def _with_sorted_attributes(plain: bytes) -> bytes:
    """A serialisation whose first tag has its attributes in canonical order, namespaces before all others."""
    tag = _START_TAG.match(plain)
    if tag is None:
        return plain
    written = _ATTRIBUTE.findall(tag[0])
    ordered = sorted(written, key=lambda attribute: (not attribute.startswith(b"xmlns"), attribute))
    return tag[0][: tag[0].find(b" ")] + b"".join(b" " + each for each in ordered) + b">" + plain[tag.end() :]


def _read_signature(signature: Any) -> _Signature:
    """The parts of a signature; _Unverifiable when one is missing, unknown or unreadable."""
    info = signature.find("{*}SignedInfo")
    references = [] if info is None else info.findall("{*}Reference")
    if len(references) != 1:
        raise _Unverifiable(f"{len(references)} references")
    (reference,) = references
    canonical = _algorithm(info, "CanonicalizationMethod", _CANONICAL)
    signing = _algorithm(info, "SignatureMethod", _SIGNATURES)
    digesting = _algorithm(reference, "DigestMethod", _DIGESTS)
    transforms = {each.get("Algorithm") for each in reference.iterfind("{*}Transforms/{*}Transform")}
    if unknown := transforms - _CANONICAL - {_ENVELOPED}:
        raise _Unverifiable(f"transform {str(min(map(str, unknown)))[:100]}")
    text = text_at(signature, "KeyInfo", "X509Data", "X509Certificate")
    if not 0 < len(text) <= _MOST_CERTIFICATE_TEXT:
        raise _Unverifiable(f"certificate of {len(text)} characters")
    signer = read_certificate(text)
    if isinstance(signer, str):
        raise _Unverifiable(signer)
    name, algorithm = _SIGNATURES[signing]
    return _Signature(
        signed_info=info,
        exclusive=canonical.startswith(_EXCLUSIVE),
        content_exclusive=any(str(each).startswith(_EXCLUSIVE) for each in transforms),
        algorithm=name,
        hash_algorithm=algorithm,
        digest_algorithm=_DIGESTS[digesting],
        digest=_decoded(text_at(reference, "DigestValue"), "DigestValue"),
        value=_decoded(text_at(signature, "SignatureValue"), "SignatureValue"),
        signer=signer,
    )


def _check_namespaces(number: int) -> None:
    if number > _MOST_NAMESPACES:
        raise _Unverifiable(f"{number} namespaces")


def _check_attributes(number: int) -> None:
    if number > _MOST_ATTRIBUTES:
        raise _Unverifiable(f"an element with {number} attributes")


def _algorithm(parent: Any, name: str, known: Mapping[str, Any] | frozenset[str]) -> str:
    element = parent.find(f"{{*}}{name}")
    uri = None if element is None else element.get("Algorithm")
    if uri not in known:
        raise _Unverifiable(f"{name} {str(uri)[:100]}")
    return str(uri)


def _decoded(text: str, name: str) -> bytes:
    try:
        decoded = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        decoded = b""
    if not decoded:
        raise _Unverifiable(f"{name} is not base64")
    return decoded


def _names_element(element: Any, read: _Signature) -> bool:
    reference = read.signed_info.find("{*}Reference")
    return bool(reference.get("URI") == f"#{element.get('Id')}")
