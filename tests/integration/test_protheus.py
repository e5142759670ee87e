"""Titles, bank and ledger of Protheus, written by hand: the balances that the ERP's reports would print."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from dagster_project.progress import LoggedProgress
from dagster_project.run import run_workspace
from ingestion.workspace import read_workspace
from tests.integration.world import World

pytestmark = pytest.mark.slow

BANK = {"E5_BANCO": "341", "E5_AGENCIA": "0001", "E5_CONTA": "12345"}
TRANSIT = {"E5_BANCO": "ANT", "E5_AGENCIA": "ANT", "E5_CONTA": "ANTECIPA"}


class Books:
    """Adds rows to the tables of a world, each with a record number of its own."""

    def __init__(self, world: World) -> None:
        self.world = world

    def add(self, table: str, **columns: object) -> int:
        """Keep a row; returns its record number."""
        self.world.record_number += 1
        row = {"D_E_L_E_T_": " ", "R_E_C_N_O_": self.world.record_number} | columns
        self.world.tables.setdefault(table, []).append(row)
        return self.world.record_number

    def receivable(self, number: str, amount: str, *, balance: str, kind: str = "NF", **more: object) -> int:
        """A title of customer C1 in branch 01, and its id in the FK tables (`id-` and its number)."""
        key = {"E1_FILIAL": "01", "E1_PREFIXO": "A", "E1_NUM": number, "E1_PARCELA": "", "E1_TIPO": kind}
        padded = "|".join(("01", "A  ", f"{number:<9}", "   ", f"{kind:<3}", "C1    ", "01"))
        self.add("FK7", FK7_FILIAL="01", FK7_IDDOC=f"id-{number}{kind}", FK7_ALIAS="SE1", FK7_CHAVE=padded)
        return self.add(
            "SE1",
            **key,
            E1_CLIENTE="C1",
            E1_LOJA="01",
            E1_EMISSAO=date(2026, 9, 1),
            E1_EMIS1=date(2026, 9, 1),
            E1_VENCREA=date(2026, 10, 1),
            E1_VALOR=amount,
            E1_VLCRUZ=amount,
            E1_SALDO=balance,
            E1_MOEDA=1,
            **more,
        )

    def settle(self, number: str, on: date, amount: str, *, fk: str = "", **more: object) -> int:
        """A movement of SE5 on a receivable of the bank; with `fk` one that FK1 holds under that id too."""
        link = {"E5_MOVFKS": "S", "E5_TABORI": "FK1", "E5_IDORIG": fk} if fk else {}
        row: dict[str, object] = {
            "E5_FILIAL": "01",
            "E5_DATA": on,
            "E5_DTDIGIT": on,
            "E5_DTDISPO": on,
            "E5_VALOR": amount,
            "E5_MOEDA": "R$",
            "E5_RECPAG": "R",
            "E5_TIPODOC": "VL",
            "E5_MOTBX": "NOR",
            "E5_PREFIXO": "A",
            "E5_NUMERO": number,
            "E5_TIPO": "NF",
            "E5_CLIFOR": "C1",
            "E5_LOJA": "01",
        }
        return self.add("SE5", **(row | BANK | link | more))

    def fk1(self, number: str, on: date, amount: str, *, id_: str, kind: str = "VL", sequence: str) -> None:
        self.add(
            "FK1",
            FK1_FILIAL="01",
            FK1_IDFK1=id_,
            FK1_DATA=on,
            FK1_VALOR=amount,
            FK1_MOEDA="01",
            FK1_TPDOC=kind,
            FK1_SEQ=sequence,
            FK1_IDDOC=f"id-{number}NF",
        )

    def entry(self, on: date, debit: str, credit: str, amount: str, **more: object) -> int:
        """A line of a ledger entry with both sides."""
        row: dict[str, object] = {
            "CT2_FILIAL": "01",
            "CT2_DATA": on,
            "CT2_LOTE": "008850",
            "CT2_SBLOTE": "001",
            "CT2_DOC": "000001",
            "CT2_LINHA": "001",
            "CT2_MOEDLC": "01",
            "CT2_DC": "3",
            "CT2_DEBITO": debit,
            "CT2_CREDIT": credit,
            "CT2_VALOR": amount,
            "CT2_TPSALD": "1",
            "CT2_LP": "520",
        }
        return self.add("CT2", **(row | more))


def build(books: Books) -> None:
    books.add("SA6", A6_FILIAL="", A6_COD="341", A6_AGENCIA="0001", A6_NUMCON="12345", A6_CONTA="1102")
    books.add("SA6", A6_FILIAL="", A6_COD="ANT", A6_AGENCIA="ANT", A6_NUMCON="ANTECIPA", A6_CONTA="1103")

    # 1: paid with interest, cancelled in place (SE5 has no row for it, FK1 has), then paid in part
    books.receivable("000000001", "1000.00", balance="700.00")
    books.fk1("000000001", date(2026, 9, 10), "1010.00", id_="a", sequence="01")
    books.add("FK6", FK6_FILIAL="01", FK6_TABORI="FK1", FK6_IDORIG="a", FK6_TPDOC="JR", FK6_VALMOV="10.00")
    books.settle(
        "000000001",
        date(2026, 9, 10),
        "1010.00",
        fk="a",
        E5_SEQ="01",
        E5_VLJUROS="10.00",
        E5_SITUACA="C",
        E5_DTCANBX=date(2026, 9, 20),
    )
    books.fk1("000000001", date(2026, 9, 20), "1010.00", id_="b", kind="ES", sequence="01")
    books.fk1("000000001", date(2026, 9, 25), "300.00", id_="c", sequence="02")
    books.settle("000000001", date(2026, 9, 25), "300.00", fk="c", E5_SEQ="02")

    # 2: from before the FK tables; a settlement taken back by a row, one by deletion, one with a discount
    books.receivable("000000002", "500.00", balance="400.00")
    books.settle("000000002", date(2026, 9, 11), "200.00", E5_SEQ="01")
    books.settle("000000002", date(2026, 9, 21), "200.00", E5_SEQ="01", E5_TIPODOC="ES", E5_RECPAG="P")
    books.settle("000000002", date(2026, 9, 12), "50.00", E5_SEQ="02", D_E_L_E_T_="*")
    books.settle("000000002", date(2026, 9, 13), "98.00", E5_SEQ="03", E5_VLDESCO="2.00")

    # 3: anticipated (the wallet's TR, net of 40.00), paid by the customer (V2: no money), money transferred
    books.receivable("000000003", "1000.00", balance="0.00", E1_SITUACA="T", E1_PORTADO="ANT")
    books.settle("000000003", date(2026, 9, 14), "960.00", E5_TIPODOC="TR", E5_MOTBX="", **TRANSIT)
    books.fk1("000000003", date(2026, 9, 28), "1000.00", id_="d", kind="V2", sequence="01")
    books.settle("000000003", date(2026, 9, 28), "1000.00", fk="d", E5_SEQ="01", E5_TIPODOC="V2", **TRANSIT)
    for leg, bank in (("P", TRANSIT), ("R", BANK)):
        books.settle(
            "",
            date(2026, 9, 15),
            "950.00",
            E5_TIPODOC="TR",
            E5_RECPAG=leg,
            E5_PREFIXO="",
            E5_TIPO="",
            E5_CLIFOR="",
            E5_LOJA="",
            E5_PROCTRA="T1",
            **bank,
        )
    # what lowers the first title, and what the customer has in advance
    books.receivable("000000001", "100.00", balance="100.00", kind="AB-")
    books.receivable("000000009", "80.00", balance="80.00", kind="NCC")
    # a fee of the bank that only FK5 holds, and what the ERP says the accounts held in the end
    books.add(
        "FK5",
        FK5_FILIAL="01",
        FK5_IDMOV="f",
        FK5_DATA=date(2026, 9, 29),
        FK5_VALOR="12.50",
        FK5_RECPAG="P",
        FK5_TPDOC="DB",
        FK5_BANCO="341",
        FK5_AGENCI="0001",
        FK5_CONTA="12345",
    )
    for bank, agency, account, balance in (
        ("341", "0001", "12345", "1335.50"),
        ("ANT", "ANT", "ANTECIPA", "10.00"),
    ):
        books.add(
            "SE8",
            E8_FILIAL="01",
            E8_BANCO=bank,
            E8_AGENCIA=agency,
            E8_CONTA=account,
            E8_DTSALAT=date(2026, 9, 30),
            E8_SALATUA=balance,
        )

    paid = books.entry(date(2026, 9, 25), "1102", "1101", "300.00")
    books.entry(date(2026, 9, 25), "1102", "1101", "55.00", CT2_MOEDLC="02")  # the same entry in dollars
    books.entry(date(2026, 9, 26), "1102", "1101", "9.99", CT2_TPSALD="9")  # not yet effective
    books.entry(date(2026, 9, 29), "4101", "", "12.50", CT2_DC="1", CT2_LP="")
    books.entry(date(2026, 9, 29), "", "1102", "12.50", CT2_DC="2", CT2_LP="", CT2_LINHA="002")
    books.entry(date(2026, 9, 29), "", "", "0.00", CT2_DC="4", CT2_HIST="tarifa", CT2_LINHA="003")
    for account, debit, credit in (
        ("1102", "300.00", "12.50"),
        ("1101", "0.00", "300.00"),
        ("4101", "12.50", "0.00"),
    ):
        balance_row = {"CQ0_CONTA": account, "CQ0_DEBITO": debit, "CQ0_CREDIT": credit}
        books.add(
            "CQ0",
            CQ0_FILIAL="01",
            CQ0_DATA=date(2026, 9, 30),
            CQ0_MOEDA="01",
            CQ0_TPSALD="1",
            CQ0_LP="N",
            **balance_row,
        )
    origin = next(row["R_E_C_N_O_"] for row in books.world.tables["SE5"] if row.get("E5_IDORIG") == "c")
    books.add(
        "CV3",
        CV3_FILIAL="01",
        CV3_DTSEQ=date(2026, 9, 25),
        CV3_LP="520",
        CV3_TABORI="SE5",
        CV3_RECORI=f"{origin:>17}",
        CV3_RECDES=f"{paid:017}",
        CV3_DC="3",
        CV3_VLR01="300.00",
    )


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse after a run over the hand-made books."""
    world = World(tmp_path_factory.mktemp("protheus"))
    build(Books(world))
    world.write_tables()
    run_workspace(read_workspace(world.root, environ={}), progress=LoggedProgress())
    path: Path = world.root / "warehouse/confere.duckdb"
    # views name their catalog, which is the name of the file
    with duckdb.connect(str(path), read_only=True) as connection:
        yield connection


def test_every_row_came_in(warehouse: duckdb.DuckDBPyConnection) -> None:
    refused = "select stream, reason from quality.quarantine"
    assert warehouse.execute(refused).fetchall() == []


BALANCES = """
    select
        titles.title_number || titles.title_type,
        titles.sign * titles.open_amount,
        titles.sign * (titles.amount - coalesce((
        select sum(movements.principal_amount)
        from intermediate.int_title_movements__unioned as movements
        where
            movements.title_key = titles.title_key
            and movements.balance_effect = -1
            and movements.superseded_at is null
            and not movements.is_deleted
            and movements.moved_on <= $day
            and (movements.reversed_on is null or movements.reversed_on > $day)
    ), 0))
    from intermediate.int_titles__unioned as titles
    where titles.superseded_at is null and not titles.is_deleted
    order by 1
"""


@pytest.mark.parametrize(
    ("day", "balances"),
    [
        ("2026-09-09", ["-100.00", "1000.00", "500.00", "1000.00", "-80.00"]),
        (
            "2026-09-19",
            ["-100.00", "0.00", "200.00", "1000.00", "-80.00"],
        ),  # what was taken back later stands
        ("2026-09-20", ["-100.00", "1000.00", "200.00", "1000.00", "-80.00"]),
        ("2026-09-30", ["-100.00", "700.00", "400.00", "0.00", "-80.00"]),
    ],
)
def test_titles_are_rolled_back_to_any_day(
    warehouse: duckdb.DuckDBPyConnection, day: str, balances: list[str]
) -> None:
    rows = warehouse.execute(BALANCES, {"day": day}).fetchall()
    assert [row[0] for row in rows] == [
        "000000001AB-",
        "000000001NF",
        "000000002NF",
        "000000003NF",
        "000000009NCC",
    ]
    assert [row[2] for row in rows] == [Decimal(balance) for balance in balances]
    if day == "2026-09-30":
        assert [row[1] for row in rows] == [row[2] for row in rows]  # what the ERP itself says is open


def test_an_abatement_knows_its_title(warehouse: duckdb.DuckDBPyConnection) -> None:
    kinds = warehouse.execute(
        "select title_type, title_kind, parent_title_key from intermediate.int_titles__unioned"
        " where title_kind <> 'ordinary' order by all"
    ).fetchall()
    assert kinds == [
        ("AB-", "abatement", "protheus|SE1|01|A|000000001||NF"),
        ("NCC", "credit_note", None),
    ]


def test_the_bank_statement_is_the_erps(warehouse: duckdb.DuckDBPyConnection) -> None:
    """Every account's statement ends where SE8 says; a cancelled movement counts up to its cancellation."""
    rows = warehouse.execute(
        """
        select balances.bank_code, balances.balance_amount, sum(movements.signed_amount)
        from intermediate.int_bank_balances__unioned as balances
        inner join intermediate.int_bank_accounts__unioned as accounts using (bank_account_key)
        inner join intermediate.int_bank_movements__unioned as movements using (bank_account_key)
        where
            movements.moves_balance and not movements.is_deleted
            and movements.available_on <= balances.balance_on
            and (movements.cancelled_on is null or movements.cancelled_on > balances.balance_on)
        group by all order by 1
        """
    ).fetchall()
    assert rows == [
        ("341", Decimal("1335.50"), Decimal("1335.50")),
        ("ANT", Decimal("10.00"), Decimal("10.00")),
    ]


def test_a_transfer_has_two_legs_and_a_wallets_has_a_title(warehouse: duckdb.DuckDBPyConnection) -> None:
    rows = warehouse.execute(
        "select transfer_id, count(*), sum(signed_amount), count(title_key)"
        " from intermediate.int_bank_movements__unioned where movement_type = 'TR' group by all order by 1"
    ).fetchall()
    assert rows == [("T1", 2, Decimal("0.00"), 0), (None, 1, Decimal("960.00"), 1)]
    assert warehouse.execute(
        "select kind, title_key, balance_effect from intermediate.int_title_movements__unioned"
        " where native_type = 'TR'"
    ).fetchall() == [("wallet_transfer", "protheus|SE1|01|A|000000003||NF", 0)]


def test_entries_and_balances_of_the_ledger_agree(warehouse: duckdb.DuckDBPyConnection) -> None:
    rows = warehouse.execute(
        """
        with entries as (
            select ledger_account, sum(signed_amount) as amount
            from intermediate.int_ledger_entries__unioned
            where is_actual and currency = 'BRL'
            group by ledger_account
        )
        select ledger_account, entries.amount, balances.debit_amount - balances.credit_amount
        from entries
        full join intermediate.int_ledger_balances__unioned as balances using (ledger_account)
        order by 1
        """
    ).fetchall()
    assert rows == [
        ("1101", Decimal("-300.00"), Decimal("-300.00")),
        ("1102", Decimal("287.50"), Decimal("287.50")),
        ("4101", Decimal("12.50"), Decimal("12.50")),
    ]
    manual = "select count(*) from intermediate.int_ledger_entries__unioned where is_manual"
    assert warehouse.execute(manual).fetchall() == [(2,)]


def test_a_trace_leads_from_the_entry_to_the_movement(warehouse: duckdb.DuckDBPyConnection) -> None:
    rows = warehouse.execute(
        """
        select entries.side, entries.ledger_account, movements.kind, movements.amount, banks.signed_amount
        from intermediate.int_posting_traces__unioned as traces
        inner join intermediate.int_ledger_entries__unioned as entries
            on traces.ledger_entry_key = entries.entry_key
        inner join intermediate.int_bank_movements__unioned as banks on traces.origin_key = banks.movement_key
        inner join intermediate.int_title_movements__unioned as movements
            on banks.movement_key = movements.bank_movement_key
        order by 1
        """
    ).fetchall()
    assert rows == [
        ("credit", "1101", "settlement", Decimal("300.00"), Decimal("300.00")),
        ("debit", "1102", "settlement", Decimal("300.00"), Decimal("300.00")),
    ]
