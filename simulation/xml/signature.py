"""The XML-DSig block of a simulated document: the digest is right, the signature says that it is none.

The digest is that of the canonical form, because the templates write the signed element canonically
(namespace first, attributes in order, no empty-element tags, ``&``, ``<`` and ``>`` escaped and nothing
else).
"""

from base64 import b64encode
from hashlib import sha1
from typing import NamedTuple

_NOT_REAL = b64encode(b"documento simulado, assinatura sem valor ".ljust(256, b".")).decode()
_NO_CERTIFICATE = b64encode(b"documento simulado, certificado inexistente ".ljust(300, b".")).decode()
_HEAD = (
    '<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><SignedInfo>'
    '<CanonicalizationMethod Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315">'
    "</CanonicalizationMethod>"
    '<SignatureMethod Algorithm="http://www.w3.org/2000/09/xmldsig#rsa-sha1"></SignatureMethod><Reference '
    'URI="#'
)
_MIDDLE = (
    '"><Transforms><Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"></Transform>'
    '<Transform Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"></Transform></Transforms>'
    '<DigestMethod Algorithm="http://www.w3.org/2000/09/xmldsig#sha1"></DigestMethod><DigestValue>'
)
_TAIL = (
    f"</DigestValue></Reference></SignedInfo><SignatureValue>{_NOT_REAL}</SignatureValue><KeyInfo><X509Data>"
    f"<X509Certificate>{_NO_CERTIFICATE}</X509Certificate></X509Data></KeyInfo></Signature>"
)


class Signed(NamedTuple):
    """An element with its signature block, and the digest that the authority's protocol repeats."""

    xml: str
    digest: str


def sign(
    *,
    root: str,
    element: str,
    element_id: str,
    namespace: str,
    content: str,
    version: str = "",
    root_version: str = "",
    extra: str = "",
) -> Signed:
    """Wrap ``content`` in ``element`` inside ``root``; behind it come ``extra`` and the signature block."""
    versions = [f' versao="{number}"' if number else "" for number in (root_version, version)]
    inner = f' Id="{element_id}"{versions[1]}>{content}</{element}>'
    canonical = f'<{element} xmlns="{namespace}"{inner}'
    # The layouts prescribe SHA-1.
    digest = b64encode(sha1(canonical.encode(), usedforsecurity=False).digest()).decode()
    signature = f"{_HEAD}{element_id}{_MIDDLE}{digest}{_TAIL}"
    return Signed(
        f'<{root} xmlns="{namespace}"{versions[0]}><{element}{inner}{extra}{signature}</{root}>', digest
    )
