"""What each kind and layout of document adds to a plain note and a plain CT-e, from invented documents."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from fiscal_documents import document

Rows = Callable[..., list[dict[str, Any]]]

NOTE, MANIFEST = (
    "35261111222333000181550010000001011100000011",
    "41261111444777000161580010000009011000000917",
)


def values(rows: list[dict[str, Any]], *columns: str) -> list[tuple[Any, ...]]:
    return [tuple(row[column] for column in columns) for row in rows]


def told(row: dict[str, Any], *columns: str) -> dict[str, Any]:
    return {column: row[column] for column in columns}


def test_a_note_of_2011(rows: Rows) -> None:
    content = document("nfe_2.00")
    (header,) = rows("documents", content)
    assert told(header, "layout_version", "issued_at", "left_at", "total_amount", "services_pis_amount") == {
        "layout_version": "2.00",
        "issued_at": "2011-03-10",
        "left_at": "2011-03-11",
        "total_amount": "110.00",
        "services_pis_amount": "0.17",
    }
    assert (header["withheld_csll_amount"], header["withheld_social_security_amount"]) == ("1.00", "1.10")
    assert values(rows("item_taxes", content), "item", "tax", "base_quantity", "rate", "amount") == [
        ("1", "ICMS", None, None, None),
        ("1", "ICMS_ST_BEFORE", None, None, "16.20"),
        ("1", "PIS", "2.0000", "0.5000", "1.00"),
        ("1", "COFINS", None, "0.00", "0.00"),
        ("2", "ISSQN", None, "5.00", "0.50"),
    ]
    parties = values(rows("parties", content), "role", "tax_id", "tax_id_type")
    assert ("issuing_authority", "22233344000183", "CNPJ") in parties
    assert ("referenced_issuer", "12345678909", "CPF") in parties


def test_a_sale_of_2016_is_paid_in_pag_itself(rows: Rows) -> None:
    content = document("nfce_3.10")
    assert values(rows("payments", content), "payment", "method", "amount", "card_issuer_id") == [
        (1, "01", "10.00", None),
        (2, "03", "20.00", "06990590000123"),
    ]
    (header,) = rows("documents", content)
    assert (header["model"], header["change_amount"]) == ("65", None)


def test_a_payment_by_card_and_one_by_somebody_else(rows: Rows) -> None:
    content = document("nfe_reform")
    first, second = rows("payments", content)
    assert told(first, "method", "indicator", "description", "paid_on", "payer_id") == {
        "method": "99",
        "indicator": "0",
        "description": "Vale",
        "paid_on": "2026-11-06",
        "payer_id": "11222333000262",
    }
    assert told(second, "method", "integration", "card_issuer_id", "card_brand", "authorisation") == {
        "method": "03",
        "integration": "1",
        "card_issuer_id": "06990590000123",
        "card_brand": "01",
        "authorisation": "A2",
    }
    (header,) = rows("documents", content)
    assert header["change_amount"] == "10.30"


TOTALS = {
    "ICMS": "icms_amount",
    "ICMS_ST": "icms_st_amount",
    "ICMS_RELIEF": "icms_relief_amount",
    "ICMS_MONO": "icms_mono_amount",
    "ICMS_MONO_WITHHELD": "icms_mono_withheld_amount",
    "ICMS_MONO_BEFORE": "icms_mono_before_amount",
    "ICMS_UF_DEST": "icms_uf_dest_amount",
    "ICMS_UF_ORIG": "icms_uf_orig_amount",
    "FCP": "fcp_amount",
    "FCP_ST": "fcp_st_amount",
    "FCP_ST_BEFORE": "fcp_st_before_amount",
    "FCP_UF_DEST": "fcp_uf_dest_amount",
    "IPI": "ipi_amount",
    "IPI_RETURNED": "ipi_returned_amount",
    "ISSQN": "iss_amount",
    "ISSQN_WITHHELD": "withheld_iss_amount",
    "IBS_UF": "ibs_uf_amount",
    "IBS_MUN": "ibs_mun_amount",
    "CBS": "cbs_amount",
    "IBS_UF_DEFERRED": "ibs_uf_deferred_amount",
    "IBS_UF_RETURNED": "ibs_uf_returned_amount",
    "IBS_MUN_DEFERRED": "ibs_mun_deferred_amount",
    "IBS_MUN_RETURNED": "ibs_mun_returned_amount",
    "CBS_DEFERRED": "cbs_deferred_amount",
    "CBS_RETURNED": "cbs_returned_amount",
    "IBS_PRESUMED_CREDIT": "ibs_presumed_credit_amount",
    "CBS_SUSPENDED_CREDIT": "cbs_suspended_credit_amount",
    "IBS_MONO": "ibs_mono_amount",
    "CBS_MONO": "cbs_mono_amount",
    "IBS_MONO_WITHHELD": "ibs_mono_withheld_amount",
    "CBS_MONO_WITHHELD": "cbs_mono_withheld_amount",
    "IBS_MONO_BEFORE": "ibs_mono_before_amount",
    "CBS_MONO_BEFORE": "cbs_mono_before_amount",
    "IBS_REVERSED_CREDIT": "ibs_reversed_credit_amount",
    "CBS_REVERSED_CREDIT": "cbs_reversed_credit_amount",
    "IS": "is_amount",
}


@pytest.mark.parametrize("name", ["nfe_reform", "cte_simplified", "cte_os"])
def test_the_rows_of_a_tax_add_up_to_the_document_s_total_of_it(name: str, rows: Rows) -> None:
    """No amount stands under two taxes, so an analyst may sum any one of them."""
    (header,) = rows("documents", document(name))
    sums: dict[str, Decimal] = {}
    for row in rows("item_taxes", document(name)):
        sums[row["tax"]] = sums.get(row["tax"], Decimal(0)) + Decimal(row["amount"] or 0)
    found = {tax: sums.get(tax, Decimal(0)) for tax in TOTALS}
    assert found == {tax: Decimal(header[column] or 0) for tax, column in TOTALS.items()}
    if name == "nfe_reform":
        assert all(found.values())


def test_what_adds_to_a_note_s_total_says_so(rows: Rows) -> None:
    taxes = rows("item_taxes", document("nfe_reform"))
    assert [row for row in values(taxes, "item", "tax", "adds_to_total") if row[2] is not None] == [
        ("1", "PIS_ST", "1"),
        ("1", "COFINS_ST", "0"),
        ("2", "ICMS_RELIEF", "1"),
    ]


def test_a_note_names_other_documents_in_many_places(rows: Rows) -> None:
    links = rows("links", document("nfe_reform"))
    first, second = (
        "35261111222333000181550010000001121000000129",
        "35261111222333000181550010000001131000000134",
    )
    assert sorted(values(links, "kind", "linked_key")) == [
        ("references", first),
        ("references", first),
        ("references", second),
        ("references", second),
        ("references", second),
    ]


def test_a_note_s_parties_below_its_items_and_payments(rows: Rows) -> None:
    parties = values(rows("parties", document("nfe_reform")), "role", "tax_id", "tax_id_type")
    assert set(parties) == {
        ("issuer", "11222333000181", "CNPJ"),
        ("recipient", "AB123", "FOREIGN"),
        ("manufacturer", "98765432000198", "CNPJ"),
        ("producer", "98765432000198", "CNPJ"),
        ("importer_buyer", "06990590000123", "CNPJ"),
        ("payer", "11222333000262", "CNPJ"),
        ("card_issuer", "06990590000123", "CNPJ"),
        ("payee", "45723174000110", "CNPJ"),
        ("referenced_issuer", "98765432000198", "CNPJ"),
        ("agronomist", "12345678909", "CPF"),
        ("signature_provider", "22233344000183", "CNPJ"),
    }


def test_a_freight_of_2013(rows: Rows) -> None:
    content = document("cte_2.00")
    (header,) = rows("documents", content)
    assert told(header, "issued_at", "taker_id", "taker_role", "icms_amount") == {
        "issued_at": "2013-05-02T08:00:00",
        "taker_id": "11222333000181",
        "taker_role": "sender",
        "icms_amount": "19.20",
    }
    columns = ("supplier_id", "payer_id", "purchase_number", "amount")
    assert values(rows("tolls", content), *columns) == [("45723174000110", "11222333000181", "V1", "33.50")]
    parties = set(values(rows("parties", content), "role", "tax_id"))
    assert parties >= {
        ("previous_issuer", "98765432000198"),
        ("pickup_order_issuer", "06990590000123"),
        ("vehicle_owner", "98765432100"),
        ("driver", "12345678909"),
        ("toll_supplier", "45723174000110"),
        ("toll_payer", "11222333000181"),
        ("pickup", "12345678909"),
        ("delivery", "98765432000279"),
    }
    assert [row["kind"] for row in rows("links", content)] == [
        "transports",
        "previous",
        "substitutes",
        "references",
    ]


def test_a_freight_that_annuls_another(rows: Rows) -> None:
    content = document("cte_1.04")
    assert values(rows("links", content), "kind", "linked_key") == [
        ("transports", "35110311222333000181550010000000771000000079"),
        ("annuls", "41130511444777000161570010000003011000000315"),
    ]
    assert values(rows("tolls", content), "purchase_number", "amount") == [("V0", "12.00")]
    assert values(rows("item_taxes", content), "tax_group", "amount") == [("CST00", "24.00")]


def test_what_stands_among_the_icms_groups_and_is_none(rows: Rows) -> None:
    taxes = rows("item_taxes", document("cte_reform"))
    assert [row for row in values(taxes, "tax", "tax_group", "amount") if row[0].startswith("ICMS")] == [
        ("ICMS_ADVANCE", "gICMSPrevistoPagtoAntecip", "9.90"),
        ("ICMS", "ICMS60", None),
        ("ICMS_ST", "ICMS60", "12.00"),
        ("ICMS_RELIEF", "ICMS60", "1.30"),
        ("ICMS_PRESUMED_CREDIT", "ICMS60", "2.40"),
    ]


def test_a_simplified_freight(rows: Rows) -> None:
    content = document("cte_simplified")
    (header,) = rows("documents", content)
    assert told(header, "taker_id", "taker_role", "total_amount", "receivable_amount", "final_amount") == {
        "taker_id": "11222333000181",
        "taker_role": "sender",
        "total_amount": "500.00",
        "receivable_amount": "500.00",
        "final_amount": "500.00",
    }
    assert values(rows("items", content), "item", "gross_amount") == [("1", "300.00"), ("2", "200.00")]
    assert {row["item"] for row in rows("item_taxes", content) if row["tax"].startswith("ICMS")} == {"0"}
    assert {row["item"] for row in rows("item_taxes", content) if row["tax"].startswith("IBS")} == {"1"}
    assert values(rows("components", content), "kind", "name", "amount") == [
        ("service", "FRETE", "280.00"),
        ("service", "PEDAGIO", "20.00"),
        ("service", "FRETE", "200.00"),
    ]
    assert [row["kind"] for row in rows("links", content)] == [
        "transports",
        "transports",
        "transports",
        "previous",
        "substitutes",
    ]


def test_a_transport_of_valuables_and_its_guide(rows: Rows) -> None:
    content = document("cte_os")
    (header,) = rows("documents", content)
    assert (header["access_key"], header["taker_role"]) == (
        "41261111444777000161670010000006011000000618",
        "other",
    )
    assert values(rows("components", content), "kind", "name", "amount") == [
        ("service", "FRETE VALOR", "900.00"),
        ("gtve", "1", "500.00"),
        ("gtve", "ESCOLTA", "400.00"),
    ]
    federal = [row for row in rows("item_taxes", content) if row["tax_group"] == "infTribFed"]
    assert values(federal, "tax", "amount") == [
        ("PIS", "5.85"),
        ("COFINS", "27.00"),
        ("IRRF", "13.50"),
        ("INSS", "99.00"),
        ("CSLL", "9.10"),
    ]
    guide = document("gtve")
    (header,) = rows("documents", guide)
    assert told(header, "model", "taker_id", "taker_role", "origin_municipality_code", "total_amount") == {
        "model": "64",
        "taker_id": "12ABC34501DE35",
        "taker_role": "recipient",
        "origin_municipality_code": "4106902",
        "total_amount": None,
    }
    assert values(rows("components", guide), "kind", "name", "amount") == [
        ("cargo", "1", "10000.00"),
        ("cargo", "USD", "200.00"),
    ]
    assert rows("protocols", guide)[0]["access_key"] == header["access_key"]


def test_a_manifest(rows: Rows) -> None:
    content = document("mdfe")
    (header,) = rows("documents", content)
    assert told(header, "model", "purpose", "service_type", "left_at", "cargo_amount", "total_amount") == {
        "model": "58",
        "purpose": "1",
        "service_type": "2",
        "left_at": "2026-11-12T07:00:00-03:00",
        "cargo_amount": "7500.00",
        "total_amount": None,
    }
    assert sorted(values(rows("links", content), "kind", "linked_key")) == [
        ("carries", NOTE),
        ("carries", "35261111222333000181550010000001121000000129"),
        ("carries", "41140511444777000161580010000009021000000922"),
        ("carries", "41261111444777000161570010000005021200000025"),
    ]
    assert values(rows("tolls", content), "payer_id", "purchase_number", "amount", "kind") == [
        ("11222333000181", "V9", "87.60", "01"),
        ("12345678909", "V10", "10.00", None),
    ]
    assert values(rows("instalments", content), "number", "due_on", "amount") == [
        ("001", "2026-12-12", "1500.00"),
        ("002", "2027-01-12", "500.00"),
    ]
    assert values(rows("payments", content), "indicator", "amount", "payer_id") == [
        ("1", "2000.00", "11222333000181")
    ]
    assert sorted(values(rows("parties", content), "role", "tax_id", "tax_id_type")) == [
        ("authorised", "45723174000110", "CNPJ"),
        ("contractor", "12ABC34501DE35", "CNPJ"),
        ("contractor", "AB123", "FOREIGN"),
        ("driver", "12345678909", "CPF"),
        ("freight_operation_responsible", "98765432100", "CPF"),
        ("insured_responsible", "12ABC34501DE35", "CNPJ"),
        ("insurer", "22233344000183", "CNPJ"),
        ("issuer", "11444777000161", "CNPJ"),
        ("payee", "06990590000123", "CNPJ"),
        ("payer", "11222333000181", "CNPJ"),
        ("signature_provider", "22233344000183", "CNPJ"),
        ("toll_payer", "11222333000181", "CNPJ"),
        ("toll_payer", "12345678909", "CPF"),
        ("toll_supplier", "45723174000110", "CNPJ"),
        ("toll_supplier", "45723174000110", "CNPJ"),
        ("vehicle_owner", "98765432000198", "CNPJ"),
        ("vehicle_owner", "98765432100", "CPF"),
    ]
    assert values(rows("protocols", content), "access_key", "c_stat") == [(MANIFEST, "100")]


def test_a_query_of_a_manifest(rows: Rows) -> None:
    content = document("status_query_mdfe")
    assert values(rows("protocols", content), "access_key", "c_stat") == [
        (MANIFEST, "132"),
        (MANIFEST, "100"),
    ]
    (event,) = rows("events", content)
    assert (event["event_key"], event["event_type"], event["c_stat"]) == ("58", "110112", "135")


def test_an_event_that_names_several_documents(rows: Rows) -> None:
    for name, keys in (
        ("event_mdfe_loading", ["0108", "0129"]),
        ("event_cte_delivery", ["0011", "0108"]),
        ("event_consumption", ["0129", "0134"]),
        ("event_mdfe_authorised", ["0025", "0917"]),
    ):
        links = rows("event_links", document(name))
        assert [(row["link"], row["linked_key"][-4:]) for row in links] == [(1, keys[0]), (2, keys[1])]


def test_an_event_that_names_one_document(rows: Rows) -> None:
    (event,) = rows("events", document("event_cte_authorised"))
    assert event["related_key"] == "41261111444777000161570010000005021200000025"
    assert values(rows("event_links", document("event_cte_authorised")), "linked_key") == [
        (event["related_key"],)
    ]
    masked = document("event_cte_authorised").replace(event["related_key"].encode(), b"9" * 44)
    assert rows("event_links", masked) == []


def test_voided_numbers(rows: Rows) -> None:
    (voided,) = rows("voided_ranges", document("voided_numbers"))
    del voided["_content_sha256"]
    assert voided == {
        "_ordinal": 0,
        "environment": "1",
        "uf_code": "35",
        "year": "26",
        "issuer_id": "11222333000181",
        "model": "55",
        "series": "1",
        "first_number": "120",
        "last_number": "125",
        "justification": "Queda do sistema durante a emissão",
        "c_stat": "102",
        "x_motivo": "Inutilização de número homologado",
        "n_prot": "135260000000120",
        "received_at": "2026-11-08T09:00:00-03:00",
        "layout_version": "4.00",
    }
    (payload,) = rows("payloads", document("voided_numbers"))
    assert (payload["kind"], payload["voided_ranges"], payload["documents"]) == ("voided_ranges", 1, 0)


def test_one_side_of_a_voiding(rows: Rows) -> None:
    whole = document("voided_numbers")
    request = whole[whole.index(b"<inutNFe") : whole.index(b"<retInutNFe")]
    (asked,) = rows("voided_ranges", request)
    assert told(asked, "first_number", "justification", "c_stat", "received_at") == {
        "first_number": "120",
        "justification": "Queda do sistema durante a emissão",
        "c_stat": None,
        "received_at": None,
    }
    (answered,) = rows("voided_ranges", document("voided_numbers_cte"))
    assert told(answered, "model", "first_number", "last_number", "c_stat", "justification") == {
        "model": "57",
        "first_number": "310",
        "last_number": "310",
        "c_stat": "102",
        "justification": None,
    }


def test_a_cancellation_from_before_events(rows: Rows) -> None:
    (event,) = rows("events", document("cancellation_before_events"))
    assert told(event, "event_type", "sequence", "c_stat", "n_prot", "revoked_protocol", "registered_at") == {
        "event_type": "110111",
        "sequence": "1",
        "c_stat": "101",
        "n_prot": "135110000000078",
        "revoked_protocol": "135110000000077",
        "registered_at": "2011-03-11T09:00:00",
    }
