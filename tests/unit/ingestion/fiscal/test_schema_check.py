"""The check against the official schemas that nfelib carries, on its own samples and on what is not valid."""

from pathlib import Path

import pytest
from fiscal_documents import document, enveloped
from lxml import etree

from ingestion.fiscal.limits import Limits
from ingestion.fiscal.schema_check import SchemaJudge, SchemaVerdict, library_folder, schemas

nfelib = pytest.importorskip("nfelib", reason="the schemas come with nfelib")

JUDGE = SchemaJudge(limits=Limits())
LIBRARY = Path(nfelib.__file__).parent
NOTHING = SchemaVerdict(check_version=JUDGE.version)


def test_every_schema_of_the_list_is_there_and_loads() -> None:
    files = {*schemas().wholes.values(), *schemas().parts.values()}
    assert library_folder() == LIBRARY
    for file in sorted(files):
        etree.XMLSchema(file=str(LIBRARY / file))


@pytest.mark.parametrize(
    "path", sorted(LIBRARY.glob("nfe/samples/v4_0/**/*.xml")), ids=lambda path: path.name
)
def test_the_verdict_is_that_of_the_schema_itself(path: Path) -> None:
    tree = etree.parse(path)
    (verdict,) = JUDGE.judge(path.read_bytes())
    assert verdict.root == etree.QName(tree.getroot()).localname
    schema = etree.XMLSchema(file=str(LIBRARY / str(verdict.schema_file)))
    assert verdict.is_valid is schema.validate(tree)
    assert verdict.error_count == len(schema.error_log)


def test_the_verdict_says_by_what_and_why() -> None:
    (verdict,) = JUDGE.judge(document("nfe_proc"))
    assert (verdict.root, verdict.layout_version, verdict.environment) == ("nfeProc", "4.00", "1")
    assert verdict.access_key == "35261111222333000181550010000001011100000011"
    assert verdict.schema_file == "nfe/schemas/v4_0/procNFe_v4.00.xsd"
    assert verdict.library == f"nfelib {nfelib.__version__}"
    assert "PL_" in str(verdict.schema_package)
    # the sample has what the tests of the reader need, and not all that the schema asks for
    assert verdict.is_valid is False
    assert verdict.error_count
    assert str(verdict.first_error).startswith("line ")


def test_what_wraps_a_document_does_not_matter() -> None:
    (plain,) = JUDGE.judge(document("summary_nfe"))
    (wrapped,) = JUDGE.judge(enveloped(document("summary_nfe")))
    assert (plain.root, plain.is_valid) == (wrapped.root, wrapped.is_valid) == ("resNFe", True)


def test_each_event_is_held_to_the_schema_of_its_type() -> None:
    (verdict,) = JUDGE.judge(document("event_cancellation"))
    assert (verdict.event_type, verdict.schema_file) == (
        "110111",
        "nfe_evento_cancel/schemas/v1_0/procEventoCancNFe_v1.00.xsd",
    )
    other = document("event_cancellation").replace(b"110111", b"112110")
    (verdict,) = JUDGE.judge(other)
    assert verdict.schema_file == "nfe_evento_generico/schemas/v1_0/procEventoNFe_v1.00.xsd"


def test_what_a_schema_leaves_open_is_held_to_its_own() -> None:
    content = (
        b'<CTe xmlns="http://www.portalfiscal.inf.br/cte"><infCte versao="4.00"><ide/><infCTeNorm>'
        b'<infModal versaoModal="4.00"><rodo><RNTRC>%s</RNTRC></rodo></infModal></infCTeNorm></infCte></CTe>'
    )
    verdicts = JUDGE.judge(content % b"12345678")
    assert [(each.root, each.is_valid) for each in verdicts] == [("CTe", False), ("rodo", True)]
    assert [each.is_valid for each in JUDGE.judge(content % b"X")] == [False, False]
    # the modal part of another family has a schema of the same name
    assert [each.schema_file for each in JUDGE.judge(content.replace(b"4.00", b"3.00") % b"1")] == [None]


@pytest.mark.parametrize(
    "content",
    [b"", b"<a/>", document("protocols"), document("nfe_proc").replace(b'"4.00"', b'"2.00"')],
    ids=["nothing", "unknown", "only protocols", "a layout without schema"],
)
def test_what_has_no_schema_has_no_verdict(content: bytes) -> None:
    assert JUDGE.judge(content) == [NOTHING]
