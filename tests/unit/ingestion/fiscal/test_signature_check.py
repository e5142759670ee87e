"""The check of signatures on documents signed here, changed in every way that copies of documents are."""

import re
import time
from collections.abc import Callable

import pytest

pytest.importorskip("cryptography", reason="the check of signatures is an extra")

from cryptography.hazmat.primitives.asymmetric import ec
from fiscal_documents import document, enveloped
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from signed_documents import (
    COMPANY,
    NFE,
    NOT_AFTER,
    NOT_BEFORE,
    SHA256,
    Identity,
    canonical_body,
    certificate_of,
    identity,
    inheriting,
    signature_of,
    signed_nfe,
)

from ingestion.fiscal.limits import Limits
from ingestion.fiscal.signature_check import SignatureJudge, SignatureVerdict, read_certificate
from ingestion.fiscal.signed_elements import signed_elements

JUDGE = SignatureJudge(limits=Limits())


def verdict(content: str | bytes) -> SignatureVerdict:
    """The one verdict on a payload."""
    (found,) = JUDGE.judge(content.encode() if isinstance(content, str) else content)
    return found


def outcome(content: str | bytes) -> tuple[str | None, str | None]:
    found = verdict(content)
    return found.outcome, found.detail


def pretty(content: str) -> bytes:
    root = etree.fromstring(content.encode())
    etree.indent(root, space="    ")
    return etree.tostring(root, encoding="UTF-8")


def without_namespaces(content: str) -> str:
    return re.sub(r' xmlns="[^"]*"', "", content)


def prefixed(content: str) -> str:
    """All elements with a prefix, those of the signature as they were."""
    before, seal, after = re.split(r"(<Signature .*</Signature>)", content)
    changed = [re.sub(r"<(/?)(\w)", r"<\1n:\2", part) for part in (before, after)]
    return changed[0].replace(f'xmlns="{NFE}"', f'xmlns:n="{NFE}"') + seal + changed[1]


def reordered(content: str) -> str:
    return re.sub(r'<infNFe (Id="[^"]+") (versao="[^"]+")>', r"<infNFe \2  \1 >", content)


VALID: dict[str, Callable[[str], str | bytes]] = {
    "as SEFAZ hands it out": lambda content: content,
    "attributes in another order": reordered,
    "byte order mark": lambda content: b"\xef\xbb\xbf" + content.encode(),
    "another encoding": lambda content: content.replace("UTF-8", "ISO-8859-1").encode("latin-1"),
    "comments": lambda content: content.replace("<ide>", "<!-- kept by hand --><ide>"),
    "CDATA": lambda content: re.sub(r"<natOp>(.*?)</natOp>", r"<natOp><![CDATA[\1]]></natOp>", content),
    "in a SOAP answer without namespaces of its own": lambda content: content.replace(
        "<nfeProc", "<Envelope><Body><nfeProc"
    ).replace("</nfeProc>", "</nfeProc></Body></Envelope>"),
}


@pytest.mark.parametrize("change", VALID.values(), ids=VALID.keys())
def test_a_genuine_document_is_valid(change: Callable[[str], str | bytes]) -> None:
    assert outcome(change(signed_nfe())) == ("valid", None)


NORMALISED: dict[str, tuple[Callable[[str], str | bytes], str]] = {
    "a namespace of the wrapper": (
        lambda content: content.replace(
            "<nfeProc", '<nfeProc xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        ),
        "namespaces",
    ),
    "SOAP": (lambda content: enveloped(content.encode()), "namespaces"),
    "pretty-printed": (pretty, "blank text"),
    "pretty-printed in SOAP": (lambda content: enveloped(pretty(content)), "blank text"),
    "no namespace": (without_namespaces, "namespace written anew"),
    "prefixed": (prefixed, "namespace written anew"),
}


@pytest.mark.parametrize(("change", "detail"), NORMALISED.values(), ids=NORMALISED.keys())
def test_what_wrappers_and_printers_add_is_taken_away(
    change: Callable[[str], str | bytes], detail: str
) -> None:
    found, told = outcome(change(signed_nfe()))
    assert (found, detail in (told or "")) == ("valid_normalised", True)


def test_empty_elements_are_written_out_in_the_canonical_form() -> None:
    body = canonical_body().replace("</infNFe>", "<infAdic><infCpl></infCpl></infAdic></infNFe>")
    content = signed_nfe(body)
    assert outcome(content.replace("<infCpl></infCpl>", "<infCpl/>")) == ("valid", None)
    assert outcome(content) == ("valid", None)


@pytest.mark.parametrize(
    ("old", "new", "detail"),
    [
        (r"<vNF>[^<]*</vNF>", "<vNF>1.00</vNF>", None),
        (r"<dVenc>([^<]*)</dVenc>", "<dVenc>2031-01-01</dVenc>", None),
        (r'(<infNFe Id="NFe)\d', r"\g<1>9", "the reference names another Id"),
        (r"</ide>", "</ide><!-- --><extra/>", None),
        (r"<natOp>", "<natOp> ", None),
    ],
)
def test_a_document_changed_after_it_was_signed_is_altered(old: str, new: str, detail: str | None) -> None:
    content, changes = re.subn(old, new, signed_nfe(), count=1)
    assert changes == 1
    assert outcome(content) == ("altered", detail)
    assert outcome(pretty(content)) == ("altered", detail)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_no_other_content_is_ever_valid(data: st.DataObject) -> None:
    body = canonical_body()
    places = [match.start(1) for match in re.finditer(r">([^<\s])", body)]
    at = data.draw(st.sampled_from(places))
    digit = data.draw(st.sampled_from("0123456789ab").filter(lambda each: each != body[at]))
    changed = body[:at] + digit + body[at + 1 :]
    assert outcome(signed_nfe(changed, signature=signature_of(body)))[0] == "altered"


def test_a_signature_that_another_key_made_is_invalid() -> None:
    forged = Identity(identity(1024, name="OUTRA").key, identity().certificate)
    assert outcome(signed_nfe(signature=signature_of(canonical_body(), by=forged))) == (
        "invalid",
        "signature",
    )
    changed = canonical_body().replace("<vNF>", "<vNF>9")
    seal = signature_of(canonical_body(), by=forged)
    assert outcome(signed_nfe(changed, signature=seal)) == ("invalid", "signature and content")


def test_a_recomputed_digest_does_not_help_a_forger() -> None:
    changed = canonical_body().replace("<vNF>", "<vNF>9")
    genuine, wanted = signature_of(canonical_body()), signature_of(changed)
    (digest,) = re.findall(r"<DigestValue>.*</DigestValue>", wanted)
    forged = re.sub(r"<DigestValue>.*</DigestValue>", digest, genuine)
    assert outcome(signed_nfe(changed, signature=forged)) == ("invalid", "signature")


@pytest.mark.parametrize(
    ("old", "new", "detail"),
    [
        (r"<DigestValue>.*</DigestValue>", "<DigestValue>***</DigestValue>", "DigestValue is not base64"),
        (r"<SignatureValue>.*</SignatureValue>", "<SignatureValue/>", "SignatureValue is not base64"),
        (r"<Reference.*</Reference>", "", "0 references"),
        (r"(<Reference.*</Reference>)", r"\1\1", "2 references"),
        (r"#rsa-sha1", "#dsa-sha1", "SignatureMethod http://www.w3.org/2000/09/xmldsig#dsa-sha1"),
        (r"#enveloped-signature", "#nothing", "transform http://www.w3.org/2000/09/xmldsig#nothing"),
        (r"<KeyInfo>.*</KeyInfo>", "", "certificate of 0 characters"),
        (r"(<X509Certificate>).*(</X509Certificate>)", r"\1TE9SRU0=\2", "certificate: "),
        (r"(<X509Certificate>)", r"\1" + "A" * 17_000, "certificate of "),
    ],
)
def test_what_cannot_be_verified_says_why(old: str, new: str, detail: str) -> None:
    content, changes = re.subn(old, new, signed_nfe(), count=1)
    assert changes == 1
    found, told = outcome(content)
    assert found == "unverifiable"
    assert (told or "").startswith(detail)


def test_keys_that_no_issuer_has_are_refused() -> None:
    curve = certificate_of(ec.generate_private_key(ec.SECP256R1()))
    assert "not RSA" in str(read_certificate(curve))
    content = re.sub(
        "(<X509Certificate>).*(</X509Certificate>)", rf"\g<1>{curve}\g<2>", signed_nfe(), count=1
    )
    assert outcome(content)[0] == "unverifiable"


def test_the_verdict_tells_document_and_signer() -> None:
    found = verdict(signed_nfe())
    assert (found.subject, found.element, found.environment) == ("document", "infNFe", "1")
    assert found.access_key == canonical_body().partition('Id="NFe')[2][:44]
    assert (found.signer_name, found.signer_id, found.key_bits) == (COMPANY, "11222333000181", 2048)
    assert (found.not_before, found.not_after) == (NOT_BEFORE, NOT_AFTER)
    assert (found.signature_algorithm, found.digest_algorithm) == ("rsa-sha1", "sha1")


@pytest.mark.parametrize(
    ("name", "tax_id"),
    [
        ("FULANO DE TAL:52998224725", "52998224725"),
        ("LETRAS SA:12ABC34501DE35", "12ABC34501DE35"),
        ("SEM NUMERO SA", None),
    ],
)
def test_the_signer_is_who_the_certificate_names(name: str, tax_id: str | None) -> None:
    found = verdict(signed_nfe(signature=signature_of(canonical_body(), by=identity(1024, name=name))))
    assert (found.outcome, found.signer_name, found.signer_id) == ("valid", name, tax_id)


def test_sha256_is_read_as_well() -> None:
    found = verdict(signed_nfe(signature=signature_of(canonical_body(), algorithms=SHA256)))
    assert (found.outcome, found.signature_algorithm, found.digest_algorithm) == (
        "valid",
        "rsa-sha256",
        "sha256",
    )


def test_a_document_without_signature_is_unsigned() -> None:
    assert outcome(re.sub("<Signature .*</Signature>", "", signed_nfe())) == ("unsigned", None)


def test_references_and_answers_are_not_asked_for_a_signature() -> None:
    (cte,) = JUDGE.judge(document("cte_proc"))
    assert (cte.element, cte.outcome) == ("infCte", "unsigned")
    (event,) = JUDGE.judge(document("event_cancellation"))
    assert (event.subject, event.event_type, event.sequence) == ("event", "110111", "1")
    assert event.access_key == "35261111222333000181550010000001011100000011"


def test_each_document_of_a_lot_has_its_own_verdict() -> None:
    body = canonical_body()
    altered = body.replace("<vNF>", "<vNF>9")
    notes = "".join(f"<NFe>{inheriting(each)}{signature_of(body)}</NFe>" for each in (body, altered))
    content = f'<enviNFe xmlns="{NFE}" versao="4.00"><idLote>1</idLote><indSinc>0</indSinc>{notes}</enviNFe>'
    assert [found.outcome for found in JUDGE.judge(content.encode())] == ["valid", "altered"]


@pytest.mark.parametrize("name", ["summary_nfe", "protocols"])
def test_a_payload_without_anything_signed_says_so_once(name: str) -> None:
    assert JUDGE.judge(document(name)) == [SignatureVerdict()]


@pytest.mark.parametrize("content", [b"", b"%PDF", b"<a", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'])
def test_what_is_no_xml_is_unverifiable(content: bytes) -> None:
    assert verdict(content).outcome == "unverifiable"


@pytest.mark.parametrize("kind", signed_elements().values(), ids=lambda kind: kind.element)
def test_every_signed_element_is_found_and_verified(kind: object) -> None:
    kind = signed_elements()[kind.element]  # type: ignore[attr-defined]
    key = "35261111222333000181550010000001011100000011"
    children = "".join(f"<{name}>{key}</{name}>" for name in kind.keys[:1] if name != "@Id")
    inner = f"{children}<tpAmb>1</tpAmb><{kind.marker}><tpAmb>1</tpAmb></{kind.marker}>"
    own_id = kind.prefix + key if kind.prefix else "ID1"
    canonical = f'<{kind.element} xmlns="{NFE}" Id="{own_id}">{inner}</{kind.element}>'
    content = f"<x>{canonical}{signature_of(canonical)}</x>"
    found = verdict(content)
    assert (found.subject, found.element, found.outcome) == (kind.subject, kind.element, "valid")
    assert found.access_key == (key if kind.keys else None)
    assert found.environment == "1"
    assert verdict(content.replace("<tpAmb>1", "<tpAmb>2")).outcome == "altered"


def test_one_element_within_another_is_judged_with_it() -> None:
    body = canonical_body()
    nested = body.replace("</infNFe>", f"{canonical_body()}</infNFe>")
    assert len(JUDGE.judge(signed_nfe(nested).encode())) == 1


def declared(number: int, address: str) -> str:
    return " ".join(f'xmlns:n{each}="{address}{each}"' for each in range(number))


ALTERED = canonical_body().replace("<vNF>", "<vNF>9")
HOSTILE: dict[str, tuple[str, str]] = {
    "namespaces of a wrapper": (f"<x {declared(20_000, 'http://u/')}>%s</x>", "unverifiable"),
    "relative namespaces": (f"<x {declared(5, 'u')}>%s</x>", "altered"),
}


@pytest.mark.parametrize(("around", "expected"), HOSTILE.values(), ids=HOSTILE.keys())
def test_namespaces_around_cost_little(around: str, expected: str) -> None:
    note = signed_nfe(ALTERED, signature=signature_of(canonical_body())).partition("?>")[2]
    assert in_seconds(around % note) == expected


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        (f"<q {declared(3_000, 'http://u/')}>{'<a></a>' * 50_000}</q>", "unverifiable"),
        ("<q " + " ".join(f'a{each}="1"' for each in range(50_000)) + "/>", "unverifiable"),
        ('<a b="1">x</a>' * 90_000, "altered"),
        (f"<a>{'x' * 9_000_000}</a>", "altered"),
    ],
    ids=["namespaces", "attributes", "elements", "text"],
)
def test_what_stands_inside_costs_little(inside: str, expected: str) -> None:
    body = ALTERED.replace("</infNFe>", f"{inside}</infNFe>")
    assert in_seconds(signed_nfe(body, signature=signature_of(canonical_body()))) == expected


def in_seconds(content: str) -> str | None:
    """The outcome, which must not take what only an attack would."""
    started = time.process_time()
    found = verdict(content).outcome
    assert time.process_time() - started < 5
    return found


def test_many_signatures_cost_little() -> None:
    seal = signature_of(canonical_body())
    content = f'<x xmlns="{NFE}">' + f'<NFe><infNFe Id="NFe1"><ide/></infNFe>{seal}</NFe>' * 3_000 + "</x>"
    started = time.process_time()
    assert {found.outcome for found in JUDGE.judge(content.encode())} == {"altered"}
    assert time.process_time() - started < 5
