"""Every path of our maps against the official schemas that nfelib brings, or against what older layouts had.

A path that leads nowhere would be a column that stays empty without anybody noticing.
"""

from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from map_reading import definitions, paths_of

nfelib = pytest.importorskip("nfelib", reason="the schemas come with nfelib")

ROOT = Path(nfelib.__file__).parent
XS = "{http://www.w3.org/2001/XMLSchema}"
_DEEPEST = 14

SCHEMAS = {
    "nfe_4.00": ("nfe/schemas/v4_0/leiauteNFe_v4.00.xsd", "TNFe", "infNFe"),
    "cte_4.00": ("cte/schemas/v4_0/cteTiposBasico_v4.00.xsd", "TCTe", "infCte"),
    "cte_os_4.00": ("cte/schemas/v4_0/cteTiposBasico_v4.00.xsd", "TCTeOS", "infCte"),
    "cte_simplificado_4.00": ("cte/schemas/v4_0/cteTiposBasico_v4.00.xsd", "TCTeSimp", "infCte"),
    "gtve_4.00": ("cte/schemas/v4_0/cteTiposBasico_v4.00.xsd", "TGTVe", "infCte"),
    "mdfe_3.00": ("mdfe/schemas/v3_0/mdfeTiposBasico_v3.00.xsd", "TMDFe", "infMDFe"),
}
MODAL = {"cte": "cte/schemas/v4_0/cte*odal*.xsd", "mdfe": "mdfe/schemas/v3_0/mdfeModal*.xsd"}

# what stood in older layouts, or in older packages of 4.00
BEFORE = {
    "nfe_4.00": [
        "ide/dEmi",
        "ide/dSaiEnt",
        "det/imposto/ISSQN/cSitTrib",
        "det/imposto/IS/pISEspec",
        "det/imposto/IBSCBS/gIBSCBS/g?BSCredPres*",
        "det/imposto/IBSCBS/gIBSCBSMono/gMono*",
        "det/imposto/IBSCBS/gIBSCBSMono/g?BSMonoAdRem/gMonoRet/*Ret",
    ],
    "cte_4.00": [
        "ide/toma03/toma",
        "rem/infNFe/chave",
        "rem/locColeta/*",
        "dest/locEnt/*",
        "imp/IBSCBS/gIBSCBS/g?BSCredPres*",
        "infCTeNorm/docAnt/emiDocAnt/idDocAnt/idDocAntEle/ch*",
        "infCTeNorm/infCteSub/*",
        "infCTeNorm/infModal/multimodal/seg/infSeg/*",
        "infCTeNorm/infModal/rodo/*",
        "infCTeNorm/infServVinc/infCTeMultimodal/chCteMultimodal",
        "infCTeNorm/rodo/valePed/*",
        "infCteAnu/ch*",
        "infCteComp/ch*",
    ],
    "cte_os_4.00": [
        "emit/CPF",
        "imp/IBSCBS/gIBSCBS/g?BSCredPres*",
        "infCTeNorm/infCteSub/*",
        "infCTeNorm/infGTVe/chCte",
        "infCteAnu/ch*",
        "infCteComp/ch*",
    ],
    "cte_simplificado_4.00": [
        "imp/IBSCBS*",
        "imp/vTotDFe",
        "det/IBSCBS/gIBSCBS/g?BSCredPres*",
        "det/infNFe/chave",
        "det/infDocAnt/chCte",
        "infCteSub/chCTe",
    ],
    "gtve_4.00": ["emit/CPF", "emit/CRT"],
    "mdfe_3.00": ["infModal/rodo/valePed/disp/*", "infDoc/infMunDescarga/infCTe/chCte"],
}


@cache
def tops(path: Path) -> dict[str, Any]:
    """The named types and elements of a schema and of all that it includes."""
    found: dict[str, Any] = {}
    for child in etree.parse(path).getroot():
        if child.tag in (XS + "include", XS + "import"):
            found |= tops((path.parent / child.get("schemaLocation")).resolve())
        elif isinstance(child.tag, str) and child.get("name"):
            found[child.get("name")] = child
    return found


def below(node: Any, named: dict[str, Any], path: str = "") -> Iterator[str]:
    """The elements and attributes below a type, as paths."""
    if path.count("/") > _DEEPEST:
        return
    for child in node:
        if child.tag == XS + "element":
            name = child.get("name") or child.get("ref").rpartition(":")[2]
            type_name = (child.get("type") or child.get("ref") or "").rpartition(":")[2]
            inner = f"{path}/{name}".lstrip("/")
            yield inner
            yield from below(child, named, inner)
            if type_name in named:
                yield from below(named[type_name], named, inner)
        elif child.tag == XS + "attribute":
            yield f"{path}/@{child.get('name')}".lstrip("/")
        elif child.tag == XS + "extension":
            yield from below(named.get(child.get("base").rpartition(":")[2], []), named, path)
            yield from below(child, named, path)
        elif isinstance(child.tag, str) and child.tag != XS + "annotation":
            yield from below(child, named, path)


@cache
def in_schema(name: str) -> frozenset[str]:
    """The paths of a document's body, the modal's below infModal."""
    file, type_name, body = SCHEMAS[name]
    named = tops(ROOT / file)
    paths = {
        path.removeprefix(f"{body}/")
        for path in below(named[type_name], named)
        if path.startswith(f"{body}/")
    }
    holders = [path for path in paths if path.rpartition("/")[2] == "infModal"]
    for schema in ROOT.glob(MODAL.get(file.split("/")[0], "-")):
        modal = tops(schema)
        for top in (each for each in modal.values() if each.tag == XS + "element"):
            inner = [top.get("name"), *(f"{top.get('name')}/{path}" for path in below(top, modal))]
            paths |= {f"{holder}/{path}" for holder in holders for path in inner}
    return frozenset(paths)


def asked(definition: Any) -> Iterator[str]:
    """The paths of a map, from the body on; switches by each group that they lead to."""
    switches = definition.get("switches", {})
    for row in definition["rows"]:
        each = f"{row['each']}/" if "each" in row else ""
        for path in (path for spec in row["columns"].values() for path in paths_of(spec)):
            switch, _, inner = path.partition(":")
            if switch in switches:
                yield from (f"{group}/{inner}" for group in switches[switch]["cases"].values())
            elif path == ".":
                yield each.removesuffix("/")
            elif path[0] not in "/$":
                yield each + path
    yield from (path for switch in switches.values() for path in paths_of(switch["by"]))


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_every_path_leads_somewhere(name: str) -> None:
    known = in_schema(name)
    lost = set()
    for path in asked(definitions()[name]):
        told = path.removesuffix("/name()").removesuffix("[]")
        if told == "name()" or any(fnmatch(told, before) for before in BEFORE[name]):
            continue
        if told not in known and not ("*" in told and any(fnmatch(each, told) for each in known)):
            lost.add(told)
    assert sorted(lost) == []


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_what_older_layouts_had_is_still_asked_for(name: str) -> None:
    told = {path.removesuffix("/name()") for path in asked(definitions()[name])}
    assert [before for before in BEFORE[name] if not any(fnmatch(path, before) for path in told)] == []
