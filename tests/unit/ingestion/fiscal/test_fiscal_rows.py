"""What each kind of fiscal XML gives, row by row, from invented documents."""

from collections.abc import Callable
from typing import Any

from fiscal_documents import document

from ingestion.fiscal.reader import Reading

Rows = Callable[..., list[dict[str, Any]]]

NFE_KEY = "35261111222333000181550010000001011100000011"
CTE_KEY = "41261111444777000161570010000005021200000025"


def values(rows: list[dict[str, Any]], *columns: str) -> list[tuple[Any, ...]]:
    return [tuple(row[column] for column in columns) for row in rows]


def test_a_note_gives_its_header(rows: Rows) -> None:
    (header,) = rows("documents", document("nfe_proc"))
    expected = {
        "_ordinal": 0,
        "access_key": NFE_KEY,
        "environment": "1",
        "model": "55",
        "layout_version": "4.00",
        "wrapper": "nfeProc",
        "uf_code": "35",
        "series": "1",
        "number": "101",
        "key_code": "10000001",
        "key_digit": "1",
        "issued_at": "2026-11-05T10:15:00-03:00",
        "left_at": "2026-11-05T14:00:00-03:00",
        "operation": "Venda de mercadoria",
        "direction": "1",
        "purpose": "1",
        "destination_scope": "2",
        "freight_mode": "0",
        "emission_type": "1",
        "issuer_id": "11222333000181",
        "issuer_name": "Indústria Modelo Ltda",
        "issuer_uf": "SP",
        "issuer_tax_regime": "3",
        "recipient_id": "12ABC34501DE35",
        "recipient_name": "Comércio & Cia S.A.",
        "recipient_uf": "PR",
        "total_amount": "175.16",
        "products_amount": "100.00",
        "discount_amount": "2.00",
        "freight_amount": "5.00",
        "insurance_amount": "1.00",
        "other_amount": "3.00",
        "icms_base_amount": "107.00",
        "icms_amount": "12.84",
        "icms_st_amount": "12.36",
        "icms_st_base_amount": "140.00",
        "fcp_amount": "2.14",
        "fcp_st_amount": "0.50",
        "fcp_st_before_amount": "0.00",
        "icms_uf_dest_amount": "6.42",
        "icms_uf_orig_amount": "0.00",
        "fcp_uf_dest_amount": "0.00",
        "icms_relief_amount": "0.00",
        "ipi_amount": "5.00",
        "ipi_returned_amount": "0.20",
        "import_tax_amount": "0.10",
        "pis_amount": "1.65",
        "cofins_amount": "7.60",
        "services_amount": "50.00",
        "iss_base_amount": "50.00",
        "iss_amount": "2.50",
        "estimated_tax_amount": "30.00",
        "ibs_cbs_base_amount": "80.00",
        "ibs_uf_amount": "0.08",
        "ibs_mun_amount": "0.00",
        "ibs_uf_deferred_amount": "0.00",
        "ibs_uf_returned_amount": "0.00",
        "ibs_mun_deferred_amount": "0.00",
        "ibs_mun_returned_amount": "0.00",
        "ibs_amount": "0.08",
        "ibs_presumed_credit_amount": "0.00",
        "ibs_suspended_credit_amount": "0.00",
        "cbs_amount": "0.72",
        "cbs_deferred_amount": "0.00",
        "cbs_returned_amount": "0.00",
        "cbs_presumed_credit_amount": "0.00",
        "cbs_suspended_credit_amount": "0.00",
        "is_amount": "1.00",
        "final_amount": "176.96",
        "billing_number": "101",
        "billing_original_amount": "175.16",
        "billing_discount_amount": "0.16",
        "billing_net_amount": "175.00",
        "order_number": "4500001",
        "digest_value": "aW52ZW50ZWQgZGlnZXN0IDE=",
        "additional_info": "Pedido 4500001;\nentregar no horário comercial",
    }
    del header["_content_sha256"]
    assert {column: value for column, value in header.items() if value is not None} == expected


def test_a_note_gives_its_items(rows: Rows) -> None:
    first, second, third = rows("items", document("nfe_proc"))
    assert {column: value for column, value in first.items() if column != "_content_sha256"} == {
        "_ordinal": 0,
        "access_key": NFE_KEY,
        "environment": "1",
        "item": "1",
        "product_code": "P-1",
        "ean": "7891000000011",
        "description": "Açúcar 500g",
        "ncm": "17019900",
        "cest": "1701900",
        "cfop": "6101",
        "unit": "UN",
        "quantity": "10.0000",
        "unit_price": "10.0000000000",
        "taxable_unit": "UN",
        "taxable_quantity": "10.0000",
        "taxable_unit_price": "10.0000000000",
        "gross_amount": "100.00",
        "discount_amount": "2.00",
        "freight_amount": "5.00",
        "insurance_amount": "1.00",
        "other_amount": "3.00",
        "total_amount": None,
        "is_in_total": "1",
        "order_number": "4500001",
        "order_item": "10",
        "benefit_code": None,
        "vehicle_operation": None,
        "info": None,
    }
    assert (second["description"], second["is_in_total"], second["discount_amount"]) == (
        "Brinde <amostra>",
        "0",
        None,
    )
    assert third["item"] == "3"


def test_a_note_gives_one_row_per_item_and_tax(rows: Rows) -> None:
    taxes = rows("item_taxes", document("nfe_proc"))
    columns = ("item", "tax", "tax_group", "cst", "class_code", "base_amount", "rate", "amount")
    assert values(taxes, *columns) == [
        ("1", "ICMS", "ICMS10", "10", None, "107.00", "12.00", "12.84"),
        ("1", "ICMS_ST", "ICMS10", "10", None, "140.00", "18.00", "12.36"),
        ("1", "FCP", "ICMS10", "10", None, "107.00", "2.00", "2.14"),
        ("1", "ICMS_UF_DEST", "ICMSUFDest", None, None, "107.00", "18.00", "6.42"),
        ("1", "ICMS_UF_ORIG", "ICMSUFDest", None, None, "107.00", "12.00", "0.00"),
        ("1", "IPI", "IPITrib", "50", None, "100.00", "5.00", "5.00"),
        ("1", "II", "II", None, None, "0.00", None, "0.00"),
        ("1", "PIS", "PISAliq", "01", None, "100.00", "1.65", "1.65"),
        ("1", "COFINS", "COFINSAliq", "01", None, "100.00", "7.60", "7.60"),
        ("1", "PIS_ST", "PISST", None, None, "100.00", "1.00", "1.00"),
        ("1", "COFINS_ST", "COFINSST", None, None, "100.00", "1.00", "1.00"),
        ("1", "IBS_UF", "gIBSUF", "000", "000001", "80.00", "0.1000", "0.08"),
        ("1", "IBS_MUN", "gIBSMun", "000", "000001", "80.00", "0.0000", "0.00"),
        ("1", "CBS", "gCBS", "000", "000001", "80.00", "0.9000", "0.72"),
        ("1", "IS", "IS", "000", "000001", "100.00", "1.00", "1.00"),
        ("2", "ICMS", "ICMSSN102", "102", None, None, None, None),
        ("2", "IPI", "IPINT", "53", None, None, None, None),
        ("2", "PIS", "PISNT", "07", None, None, None, None),
        ("2", "COFINS", "COFINSNT", "07", None, None, None, None),
        ("2", "IBS_UF", "IBSCBS", "410", "410001", None, None, None),
        ("2", "IBS_MUN", "IBSCBS", "410", "410001", None, None, None),
        ("2", "CBS", "IBSCBS", "410", "410001", None, None, None),
        ("3", "ISSQN", "ISSQN", None, None, "50.00", "5.00", "2.50"),
    ]


def test_tax_withheld_earlier_is_not_the_note_s_own(rows: Rows) -> None:
    taxes = rows("item_taxes", document("nfce"))
    assert values(taxes, "tax", "tax_group", "cst", "amount") == [
        ("ICMS", "ICMS60", "60", None),
        ("ICMS_ST_BEFORE", "ICMS60", "60", "1.62"),
    ]


def test_a_note_gives_its_parties_and_never_its_software_house(rows: Rows) -> None:
    parties = rows("parties", document("nfe_proc"))
    assert sorted(values(parties, "role", "tax_id", "tax_id_type", "name", "uf", "municipality_code")) == [
        ("authorised", "12345678909", "CPF", None, None, None),
        ("authorised", "45723174000110", "CNPJ", None, None, None),
        ("carrier", "11444777000161", "CNPJ", "Transportes Modelo", "PR", None),
        ("delivery", "12345678909", "CPF", None, "PR", "4106902"),
        ("intermediary", "06990590000123", "CNPJ", "loja-1", None, None),
        ("issuer", "11222333000181", "CNPJ", "Indústria Modelo Ltda", "SP", "3550308"),
        ("pickup", "98765432000198", "CNPJ", "Armazém de origem", "SP", "3548500"),
        ("recipient", "12ABC34501DE35", "CNPJ", "Comércio & Cia S.A.", "PR", "4106902"),
        ("referenced_issuer", "98765432000198", "CNPJ", None, None, None),
    ]
    assert sorted(party["party"] for party in parties) == list(range(1, 10))


def test_zeros_are_no_party(rows: Rows) -> None:
    assert values(rows("parties", document("nfce")), "role", "tax_id_type") == [("issuer", "CPF")]


def test_a_note_gives_instalments_payments_and_links(rows: Rows) -> None:
    content = document("nfe_proc")
    assert values(rows("instalments", content), "instalment", "number", "due_on", "amount") == [
        (1, "001", "2026-12-05", "100.00"),
        (2, None, None, "50.00"),
        (3, "003", "2027-02-05", "25.00"),
    ]
    assert values(rows("payments", content), "payment", "method", "amount") == [
        (1, "15", "150.00"),
        (2, "01", "25.00"),
    ]
    assert values(rows("links", content), "link", "kind", "linked_key") == [
        (1, "references", "35261111222333000181550010000001031100000040"),
        (2, "references", "35261111222333000181550010000001041100000056"),
    ]


def test_a_note_gives_its_protocol(rows: Rows) -> None:
    (protocol,) = rows("protocols", document("nfe_proc"))
    del protocol["_content_sha256"]
    assert protocol == {
        "_ordinal": 0,
        "access_key": NFE_KEY,
        "environment": "1",
        "c_stat": "100",
        "x_motivo": "Autorizado o uso da NF-e",
        "n_prot": "135260000000101",
        "received_at": "2026-11-05T10:15:07-03:00",
        "digest_value": "aW52ZW50ZWQgZGlnZXN0IDE=",
        "origin": "nfeProc",
    }


def test_homologation_is_kept(rows: Rows) -> None:
    (header,) = rows("documents", document("nfce"))
    assert (header["model"], header["environment"], header["wrapper"]) == ("65", "2", "NFe")
    assert header["recipient_id"] == "00000000000000"


def test_a_bare_body_reads_like_the_whole(rows: Rows) -> None:
    whole = document("nfce")
    start, end = whole.index(b"<infNFe"), whole.index(b"</infNFe>") + len(b"</infNFe>")
    (bare,) = rows("documents", whole[start:end])
    (header,) = rows("documents", whole)
    assert bare.pop("wrapper") == "infNFe"
    assert header.pop("wrapper") == "NFe"
    assert {k: v for k, v in bare.items() if k[0] != "_"} == {k: v for k, v in header.items() if k[0] != "_"}


def test_a_transport_document_gives_its_header(rows: Rows) -> None:
    (header,) = rows("documents", document("cte_proc"))
    found = {column: value for column, value in header.items() if value is not None}
    del found["_content_sha256"]
    assert found == {
        "_ordinal": 0,
        "access_key": CTE_KEY,
        "environment": "1",
        "model": "57",
        "layout_version": "4.00",
        "wrapper": "cteProc",
        "uf_code": "41",
        "series": "1",
        "number": "502",
        "key_code": "20000002",
        "key_digit": "5",
        "issued_at": "2026-11-07T08:00:00-03:00",
        "operation": "Prestação de serviço de transporte",
        "purpose": "3",
        "emission_type": "1",
        "service_type": "0",
        "modal": "01",
        "cfop": "6353",
        "origin_municipality_code": "4106902",
        "origin_uf": "PR",
        "destination_municipality_code": "3550308",
        "destination_uf": "SP",
        "issuer_id": "11444777000161",
        "issuer_name": "Transportes Modelo",
        "issuer_uf": "PR",
        "issuer_tax_regime": "3",
        "recipient_id": "12ABC34501DE35",
        "recipient_name": "Comércio & Cia S.A.",
        "recipient_uf": "SP",
        "taker_id": "98765432000198",
        "taker_role": "receiver",
        "total_amount": "500.00",
        "icms_base_amount": "500.00",
        "icms_amount": "60.00",
        "icms_uf_dest_amount": "30.00",
        "icms_uf_orig_amount": "0.00",
        "fcp_uf_dest_amount": "10.00",
        "ibs_cbs_base_amount": "440.00",
        "ibs_uf_amount": "0.44",
        "ibs_mun_amount": "0.00",
        "ibs_amount": "0.44",
        "cbs_amount": "3.96",
        "final_amount": "500.00",
        "receivable_amount": "450.00",
        "cargo_amount": "175.16",
        "billing_number": "F502",
        "billing_original_amount": "450.00",
        "billing_discount_amount": "0.00",
        "billing_net_amount": "450.00",
        "additional_info": "Substitui o CT-e 501",
    }


def test_a_transport_document_gives_its_service_as_an_item(rows: Rows) -> None:
    content = document("cte_proc")
    (item,) = rows("items", content)
    assert (item["item"], item["description"], item["cfop"], item["gross_amount"]) == (
        "1",
        "Prestação de serviço de transporte",
        "6353",
        "500.00",
    )
    columns = ("item", "tax", "tax_group", "cst", "base_amount", "rate", "amount")
    assert values(rows("item_taxes", content), *columns) == [
        ("1", "ICMS", "ICMSOutraUF", "90", "500.00", "12.00", "60.00"),
        ("1", "ICMS_UF_DEST", "ICMSUFFim", None, "500.00", "18.00", "30.00"),
        ("1", "ICMS_UF_ORIG", "ICMSUFFim", None, "500.00", "12.00", "0.00"),
        ("1", "FCP_UF_DEST", "ICMSUFFim", None, "500.00", "2.00", "10.00"),
        ("1", "IBS_UF", "gIBSUF", "000", "440.00", "0.1000", "0.44"),
        ("1", "IBS_MUN", "gIBSMun", "000", "440.00", "0.0000", "0.00"),
        ("1", "CBS", "gCBS", "000", "440.00", "0.9000", "3.96"),
    ]


def test_a_transport_document_gives_its_parties_with_the_taker_resolved(rows: Rows) -> None:
    parties = rows("parties", document("cte_proc"))
    assert sorted(values(parties, "role", "tax_id", "state_registration", "uf")) == [
        ("authorised", "45723174000110", None, None),
        ("issuer", "11444777000161", "3333333333", "PR"),
        ("previous_issuer", "98765432000198", None, None),
        ("receiver", "98765432000198", "4444444444", "SP"),
        ("recipient", "12ABC34501DE35", "2222222222", "SP"),
        ("sender", "11222333000181", "111111111111", "SP"),
        ("taker", "98765432000198", "4444444444", "SP"),
    ]


def test_a_taker_of_its_own(rows: Rows) -> None:
    content = document("cte_complement")
    (header,) = rows("documents", content)
    assert (header["taker_id"], header["taker_role"], header["issuer_id"]) == (
        "12345678909",
        "other",
        "11444777000161",
    )
    assert ("taker", "12345678909", "CPF", "Quem paga", "SP") in values(
        rows("parties", content), "role", "tax_id", "tax_id_type", "name", "uf"
    )


def test_a_taker_that_is_not_there(rows: Rows) -> None:
    content = document("cte_proc").replace(b"<toma>2</toma>", b"<toma>1</toma>")
    (header,) = rows("documents", content)
    assert (header["taker_id"], header["taker_role"]) == (None, "dispatcher")
    assert "taker" not in {party["role"] for party in rows("parties", content)}


def test_a_transport_document_gives_links_components_and_instalments(rows: Rows) -> None:
    content = document("cte_proc")
    assert values(rows("links", content), "link", "kind", "linked_key") == [
        (1, "transports", NFE_KEY),
        (2, "previous", "41261111444777000161570010000005031200000030"),
        (3, "substitutes", "41261111444777000161570010000005011200000010"),
    ]
    assert values(rows("components", content), "component", "name", "amount") == [
        (1, "FRETE PESO", "480.00"),
        (2, "PEDAGIO", "20.00"),
    ]
    assert values(rows("instalments", content), "instalment", "amount") == [(1, "450.00")]
    assert {link["kind"] for link in rows("links", document("cte_complement"))} == {"complements"}


def test_freight_taxed_by_substitution(rows: Rows) -> None:
    content = document("cte_complement")
    (header,) = rows("documents", content)
    assert (header["icms_amount"], header["icms_st_amount"]) == (None, "2.40")
    assert values(rows("item_taxes", content), "tax", "cst", "base_amount", "rate", "amount") == [
        ("ICMS", "60", None, None, None),
        ("ICMS_ST", "60", "20.00", "12.00", "2.40"),
    ]


def test_an_event_with_its_answer(rows: Rows) -> None:
    (event,) = rows("events", document("event_cancellation"))
    del event["_content_sha256"]
    assert event == {
        "_ordinal": 0,
        "access_key": NFE_KEY,
        "environment": "1",
        "event_type": "110111",
        "sequence": "1",
        "author_id": "11222333000181",
        "occurred_at": "2026-11-05T11:00:00-03:00",
        "registered_at": "2026-11-05T11:00:05-03:00",
        "c_stat": "135",
        "x_motivo": "Evento registrado e vinculado a NF-e",
        "n_prot": "135260000000201",
        "layout_version": "1.00",
        "description": "Cancelamento",
        "justification": "Pedido cancelado pelo cliente",
        "correction": None,
        "related_key": None,
        "revoked_protocol": "135260000000101",
        "event_key": "55",
    }


def test_an_event_without_its_answer_has_no_status(rows: Rows) -> None:
    columns = ("_ordinal", "event_type", "c_stat", "registered_at", "correction", "revoked_protocol")
    assert values(rows("events", document("event_lot")), *columns) == [
        (0, "110110", None, None, "Onde se lê A, leia-se B", None),
        (1, "110001", None, None, None, "135260000000777"),
    ]


def test_an_answer_apart_is_a_row_and_one_without_a_key_is_refused(read: Callable[..., Reading]) -> None:
    reading = read(document("event_answers"))
    (event,) = reading.tables["events"].to_pylist()
    assert (event["author_id"], event["c_stat"], event["sequence"], event["description"]) == (
        None,
        "135",
        "2",
        "Carta de Correção registrada",
    )
    (refused,) = reading.refused
    assert (refused.reason, refused.place) == ("invalid_access_key", "retEvento[2]")


def test_events_of_transport_documents(rows: Rows) -> None:
    (correction,) = rows("events", document("event_cte_correction"))
    assert correction["correction"] == "rem | nro | 170 | compl | xObs | novo texto"
    assert (correction["event_key"], correction["c_stat"], correction["layout_version"]) == (
        "57",
        "135",
        "4.00",
    )
    (withdrawal,) = rows("events", document("event_cte_withdrawal"))
    assert (withdrawal["event_type"], withdrawal["revoked_protocol"]) == ("610111", "141260000000700")


def test_a_wrapper_without_suffix_reads_like_the_other(rows: Rows) -> None:
    content = document("event_cancellation").replace(b"procEventoNFe", b"procEvento")
    assert values(rows("events", content), "event_type", "c_stat") == [("110111", "135")]


def test_protocols_apart_from_their_documents(rows: Rows) -> None:
    columns = ("_ordinal", "access_key", "c_stat", "n_prot", "origin")
    assert values(rows("protocols", document("protocols")), *columns) == [
        (0, "35261111222333000181550010000001031100000040", "100", "135260000000103", "retConsReciNFe"),
        (1, "35261111222333000181550010000001041100000056", "1024", None, "retConsReciNFe"),
    ]


def test_a_status_query_tells_its_own_status_and_what_it_embeds(rows: Rows) -> None:
    content = document("status_query")
    assert values(rows("protocols", content), "c_stat", "n_prot", "received_at", "origin") == [
        ("101", None, "2026-11-20T08:00:00-03:00", "retConsSitNFe"),
        ("100", "135260000000101", "2026-11-05T10:15:07-03:00", "retConsSitNFe"),
    ]
    assert values(rows("events", content), "event_type", "c_stat") == [("110111", "135")]
    (payload,) = rows("payloads", content)
    assert (payload["kind"], payload["protocols"], payload["events"]) == ("protocols", 2, 1)


def test_summaries(rows: Rows) -> None:
    note, event = rows("summaries", document("summary_nfe"), document("summary_event"))
    assert (note["kind"], note["environment"], note["total_amount"], note["situation"]) == (
        "resNFe",
        None,
        "99.90",
        "1",
    )
    assert (event["kind"], event["event_type"], event["issued_at"], event["event_description"]) == (
        "resEvento",
        "610600",
        "2026-11-06T10:00:00-03:00",
        "CT-e Autorizado para NF-e",
    )


def test_a_lot_numbers_its_documents_and_refuses_one_by_one(read: Callable[..., Reading]) -> None:
    note = document("nfce")
    broken = note.replace(b'Id="NFe3526', b'Id="NFeX526')
    third = note.replace(b"000000079100000030", b"000000089100000031")
    lot = b'<enviNFe versao="4.00"><idLote>1</idLote>' + note + broken + third + b"</enviNFe>"
    reading = read(lot)
    documents = reading.tables["documents"].to_pylist()
    assert values(documents, "_ordinal", "wrapper") == [(0, "enviNFe"), (2, "enviNFe")]
    assert values(reading.tables["items"].to_pylist(), "_ordinal") == [(0,), (2,)]
    (refused,) = reading.refused
    assert (refused.place, refused.reason, refused.units) == ("NFe[2]", "invalid_access_key", 1)
    assert reading.units_found == 3


def test_a_refused_document_takes_its_protocol_with_it(read: Callable[..., Reading]) -> None:
    reading = read(document("nfe_proc").replace(b'infNFe versao="4.00"', b'infNFe versao="5.00"'))
    assert reading.tables["protocols"].num_rows == 0
    (refused,) = reading.refused
    assert (refused.reason, refused.detail, refused.place, refused.units) == (
        "unsupported_layout",
        "NF-e 5.00",
        "",
        2,
    )
