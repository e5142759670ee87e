"""What a payload is taken for, by its elements and keys alone; and what is refused says what it is."""

from collections.abc import Callable
from typing import Any

import pytest
from fiscal_documents import document, enveloped

from ingestion.fiscal.reader import Reading

Refusal = Callable[[bytes], tuple[str, str]]


@pytest.mark.parametrize(
    ("content", "reason", "detail"),
    [
        ('<mdfeProc versao="3.00"><MDFe/></mdfeProc>', "unsupported_kind", "MDFe without infMDFe"),
        ("<cteOSProc/>", "no_documents", "cteOSProc"),
        ("<nfcomProc><NFCom/></nfcomProc>", "unsupported_kind", "nfcomProc (NFCom)"),
        ("<ProcInutNFe/>", "no_documents", "ProcInutNFe"),
        ("<consSitNFe/>", "unsupported_kind", "consSitNFe (pedido de consulta de NF-e)"),
        ("<distDFeInt/>", "unsupported_kind", "distDFeInt (pedido de distribuição)"),
        (
            "<consMDFeNaoEnc/>",
            "unsupported_kind",
            "consMDFeNaoEnc (pedido de consulta de MDF-e não encerrados)",
        ),
        ("<pedido><item/></pedido>", "unsupported_kind", "pedido"),
        ("<NFe><Assinatura/></NFe>", "unsupported_kind", "NFe without infNFe"),
        ("<infNFe><chave/></infNFe>", "unsupported_kind", "infNFe"),
        ("<nfeProc/>", "no_documents", "nfeProc"),
        ("<retEnviNFe><cStat>103</cStat></retEnviNFe>", "no_documents", "retEnviNFe cStat 103"),
        (
            "<retConsReciNFe><cStat>105</cStat></retConsReciNFe>",
            "no_documents",
            "retConsReciNFe cStat 105",
        ),
        (
            '<retConsSitCTe versao="4.00"><tpAmb>1</tpAmb><cStat>217</cStat></retConsSitCTe>',
            "no_documents",
            "retConsSitCTe cStat 217",
        ),
        ("<retDistDFeInt><cStat>137</cStat></retDistDFeInt>", "no_documents", "retDistDFeInt cStat 137"),
        ("<HTML><body/></HTML>", "not_xml", "HTML page"),
    ],
)
def test_what_is_not_read_is_named(content: str, reason: str, detail: str, refusal: Refusal) -> None:
    assert refusal(content.encode()) == (reason, detail)


@pytest.mark.parametrize(
    ("name", "old", "new", "reason", "detail"),
    [
        ("nfce", b'versao="4.00"', b'versao="5.00"', "unsupported_layout", "NF-e 5.00"),
        ("nfce", b' versao="4.00"', b"", "unsupported_layout", "NF-e without version"),
        ("cte_complement", b'versao="4.00"', b'versao="5.00"', "unsupported_layout", "CT-e 5.00"),
        ("event_cte_withdrawal", b'"4.00"', b'"5.00"', "unsupported_layout", "evento CT-e 5.00"),
        ("mdfe", b'infMDFe versao="3.00"', b'infMDFe versao="9.00"', "unsupported_layout", "MDF-e 9.00"),
        ("gtve", b"000161640010", b"000161570010", "invalid_access_key", "of model 57, ide/mod is 64"),
        ("voided_numbers", b"120</nNFIni>", b"n</nNFIni>", "invalid_value", "first_number: 'n'"),
        ("voided_numbers", b"11222333000181", b"string", "invalid_value", "issuer_id: 'string'"),
        ("summary_nfe", b'versao="1.01"', b'versao="9.99"', "unsupported_layout", "resNFe 9.99"),
        (
            "nfce",
            b'Id="NFe35',
            b'Id="NFeX5',
            "invalid_access_key",
            "NF-e: 'X5261111222333000181650020000000079",
        ),
        ("nfce", b'Id="NFe', b'Di="NFe', "invalid_access_key", "NF-e: none"),
        ("nfce", b"000181650020", b"000181570020", "invalid_access_key", "of model 57, ide/mod is 65"),
        ("nfce", b"<tpAmb>2</tpAmb>", b"", "invalid_value", "environment: none"),
        ("nfce", b"<tpAmb>2<", b"<tpAmb>string<", "invalid_value", "environment: 'string'"),
        ("event_cte_withdrawal", b"610111</tp", b"x</tp", "invalid_value", "event_type: 'x'"),
        ("event_cte_withdrawal", b"chCTe", b"chNFCom", "unsupported_kind", "eventoCTe with chNFCom"),
    ],
)
def test_units_that_cannot_be_read(
    name: str, old: bytes, new: bytes, reason: str, detail: str, refusal: Refusal
) -> None:
    found_reason, found_detail = refusal(document(name).replace(old, new))
    assert found_reason == reason
    assert detail in found_detail


def test_a_model_without_a_map(refusal: Refusal) -> None:
    content = document("nfce").replace(b"000181650020", b"000181990020").replace(b"<mod>65<", b"<mod>99<")
    assert refusal(content) == ("unsupported_layout", "NF-e 4.00 model 99")


def test_a_wrong_check_digit_is_no_reason(rows: Callable[..., list[dict[str, Any]]]) -> None:
    content = document("nfce").replace(b"000000079100000030", b"000000079100000031")
    (header,) = rows("documents", content)
    assert header["access_key"].endswith("31")


@pytest.mark.parametrize(
    ("name", "table", "wrapper"),
    [
        ("nfe_proc", "documents", "nfeProc"),
        ("nfce", "documents", "NFe"),
        ("cte_proc", "documents", "cteProc"),
        ("protocols", "protocols", "retConsReciNFe"),
    ],
)
def test_an_envelope_is_looked_through(
    name: str, table: str, wrapper: str, rows: Callable[..., list[dict[str, Any]]]
) -> None:
    content = document(name)
    wrapped = rows(table, enveloped(content))
    assert {row.get("wrapper", row.get("origin")) for row in wrapped} == {wrapper}
    assert [row["access_key"] for row in wrapped] == [row["access_key"] for row in rows(table, content)]


def test_an_envelope_tells_what_it_holds(refusal: Refusal) -> None:
    assert refusal(enveloped(b"<novoServico><dado>1</dado></novoServico>")) == (
        "unsupported_kind",
        "novoServico",
    )
    assert refusal(enveloped(b"<retConsReciNFe><cStat>106</cStat></retConsReciNFe>")) == (
        "no_documents",
        "retConsReciNFe cStat 106",
    )


def test_a_refused_kind_inside_a_known_wrapper_is_not_lost(read: Callable[..., Reading]) -> None:
    content = document("status_query").replace(b"<procEventoNFe ", b"<NFCom/><procEventoNFe ")
    reading = read(content)
    assert reading.tables["protocols"].num_rows == 2
    assert [(unit.place, unit.reason) for unit in reading.refused] == [("NFCom[1]", "unsupported_kind")]


@pytest.mark.parametrize(
    "unknown",
    ['<NFX><infNFX Id="NFX1"/></NFX>', "<protNFX><infProt><chNFX>1</chNFX></infProt></protNFX>"],
)
def test_an_unknown_unit_beside_a_known_one_is_not_lost(unknown: str, read: Callable[..., Reading]) -> None:
    """What a service may hand out one day; elements that only tell of a lot are passed over."""
    content = document("nfe_proc").replace(b"<NFe>", f"<idLote>1</idLote>{unknown}<NFe>".encode())
    reading = read(content)
    assert reading.tables["documents"].num_rows == 1
    assert [(unit.reason, unit.detail) for unit in reading.refused] == [
        ("unsupported_kind", unknown[1:].partition(">")[0])
    ]


def test_an_unknown_schema_of_distribution_is_named(read: Callable[..., Reading]) -> None:
    (refused,) = read(b"<procNovo/>", schema="procNovo_v1.00.xsd").refused
    assert (refused.reason, refused.detail) == ("unsupported_kind", "procNovo (docZip procNovo_v1.00.xsd)")


def test_references_are_no_documents(rows: Callable[..., list[dict[str, Any]]]) -> None:
    """CT-e and MDF-e name notes in elements called infNFe, as the body of a note is called."""
    assert [row["model"] for row in rows("documents", document("cte_proc"))] == ["57"]
    assert [row["model"] for row in rows("documents", document("mdfe"))] == ["58"]


@pytest.mark.parametrize(
    ("name", "model", "total"),
    [("cte_proc", "57", "500.00"), ("cte_os", "67", "900.00"), ("gtve", "64", None)],
)
def test_the_key_tells_whose_a_bare_body_is(
    name: str, model: str, total: str | None, rows: Callable[..., list[dict[str, Any]]]
) -> None:
    """Four documents have a body called infCte."""
    whole = document(name)
    start, end = whole.index(b"<infCte "), whole.index(b"</infCte>") + len(b"</infCte>")
    (bare,) = rows("documents", whole[start:end])
    assert (bare["model"], bare["total_amount"], bare["wrapper"]) == (model, total, "infCte")


def test_events_of_notes_in_the_name_of_a_transport_document_s(
    rows: Callable[..., list[dict[str, Any]]],
) -> None:
    event = document("event_consumption")
    (found,) = rows("events", b'<eventoCTe versao="1.00" idLote="1">' + event + b"</eventoCTe>")
    assert (found["event_key"], found["event_type"]) == ("55", "211120")


def test_an_answer_goes_with_a_request_of_its_own_kind(rows: Callable[..., list[dict[str, Any]]]) -> None:
    event, voided = document("event_consumption"), document("voided_numbers_cte")
    content = b"<procEvento>" + event + voided + b"</procEvento>"
    assert [row["c_stat"] for row in rows("events", content)] == [None]
    assert [row["c_stat"] for row in rows("voided_ranges", content)] == ["102"]
