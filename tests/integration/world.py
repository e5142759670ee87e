"""A workspace written by hand, for tests that state each case themselves instead of trusting the simulation.

Holds the smallest NF-e, CT-e, event and ERP row that the readers accept, and nothing that judges them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import duckdb

OURS = "12345678000195"  # branch 01, SP
OTHER_BRANCH = "12345678000276"  # branch 02, AM (UTC-4)
SUPPLIER = "11222333000181"
CUSTOMER = "45723174000110"
CARRIER = "60746948000112"

CONFIGURATION = f"""
as_of: {{as_of}}
companies:
  - name: Aurora
    branches:
      - {{{{cnpj: "{OURS}", uf: SP, code: "01"}}}}
      - {{{{cnpj: "{OTHER_BRANCH}", uf: AM, code: "02"}}}}
    sync_activated_on: 2026-08-03
sources:
  - {{{{name: {{erp}}, system: {{erp}}, company: "01", folder: exports/{{erp}}}}}}
  - {{{{name: xml, system: fiscal_xml, folder: inbox/xml}}}}
"""


def check_digit(key43: str) -> str:
    """Modulo 11 with weights 2 to 9 from the right (MOC-CTe 7.3)."""
    remainder = sum((ord(char) - 48) * (2 + place % 8) for place, char in enumerate(reversed(key43))) % 11
    return "0" if remainder < 2 else str(11 - remainder)


def access_key(issuer: str, number: int, *, on: date, model: str = "55", series: int = 1) -> str:
    head = f"35{on:%y%m}{issuer:0>14}{model}{series:03d}{number:09d}1{number:08d}"
    return head + check_digit(head)


@dataclass
class World:
    """A workspace at `root` whose ERP is `erp`. Documents are written at once, ERP tables by `write_tables`."""

    root: Path
    erp: str = "protheus"
    as_of: str = "2026-11-30T23:59:59Z"
    tables: dict[str, list[dict[str, object]]] = field(default_factory=dict)
    configuration: str = CONFIGURATION
    record_number: int = 0

    def __post_init__(self) -> None:
        (self.root / "inbox/xml").mkdir(parents=True, exist_ok=True)
        (self.root / "exports" / self.erp).mkdir(parents=True, exist_ok=True)
        self.set_clock(self.as_of)
        if not self.tables and self.erp == "protheus":
            self.tables = {
                "SA2": [
                    {"A2_FILIAL": "", "A2_COD": "F1", "A2_LOJA": "01", "A2_CGC": SUPPLIER},
                    {"A2_FILIAL": "", "A2_COD": "T1", "A2_LOJA": "01", "A2_CGC": CARRIER},
                    {"A2_FILIAL": "", "A2_COD": "M1", "A2_LOJA": "01", "A2_CGC": OURS},
                ],
                "SA1": [{"A1_FILIAL": "", "A1_COD": "C1", "A1_LOJA": "01", "A1_CGC": CUSTOMER}],
                "SF1": [],
                "SF2": [],
                "SDS": [],
                "C00": [],
            }

    def set_clock(self, as_of: str) -> None:
        self.as_of = as_of
        (self.root / "confere.yml").write_text(
            self.configuration.format(as_of=as_of, erp=self.erp), encoding="utf-8"
        )

    # ------------------------------------------------------------------ documents

    def nfe(
        self,
        number: int,
        *,
        on: date,
        issuer: str = SUPPLIER,
        recipient: str = OURS,
        amount: str = "100.00",
        icms: str = "18.00",
        status: str | None = "100",
        environment: str = "1",
        carrier: str | None = None,
        model: str = "55",
        total: str | None = None,
    ) -> str:
        """An NF-e, with its protocol unless `status` is None; its total is its amount unless told. Returns its key."""
        key = access_key(issuer, number, on=on, model=model)
        transport = f"<transporta><CNPJ>{carrier}</CNPJ></transporta>" if carrier else ""
        document = (
            f'<NFe xmlns="http://www.portalfiscal.inf.br/nfe"><infNFe Id="NFe{key}" versao="4.00"><ide><cUF>35</cUF>'
            f"<cNF>{key[35:43]}</cNF><natOp>Venda</natOp><mod>{model}</mod><serie>1</serie><nNF>{number}</nNF>"
            f"<dhEmi>{on}T10:00:00-03:00</dhEmi><tpNF>1</tpNF><tpEmis>1</tpEmis><cDV>{key[43]}</cDV>"
            f"<tpAmb>{environment}</tpAmb><finNFe>1</finNFe></ide>"
            f"<emit><CNPJ>{issuer}</CNPJ><xNome>Emitente</xNome><enderEmit><UF>SP</UF></enderEmit></emit>"
            f"<dest><CNPJ>{recipient}</CNPJ><xNome>Destinatario</xNome><enderDest><UF>SP</UF></enderDest></dest>"
            f'<det nItem="1"><prod><cProd>P1</cProd><xProd>Produto</xProd><NCM>84713012</NCM><CFOP>5102</CFOP>'
            f"<uCom>UN</uCom><qCom>1.0000</qCom><vUnCom>{amount}</vUnCom><vProd>{amount}</vProd><indTot>1</indTot></prod>"
            f"<imposto><ICMS><ICMS00><orig>0</orig><CST>00</CST><vBC>{amount}</vBC><pICMS>18.00</pICMS>"
            f"<vICMS>{icms}</vICMS></ICMS00></ICMS></imposto></det>"
            f"<total><ICMSTot><vBC>{amount}</vBC><vICMS>{icms}</vICMS><vProd>{amount}</vProd><vIPI>0.00</vIPI>"
            f"<vNF>{total or amount}</vNF></ICMSTot></total><transp><modFrete>0</modFrete>{transport}</transp></infNFe></NFe>"
        )
        protocol = self._protocol("NFe", key, on, status, environment) if status else ""
        wrapped = (
            f'<nfeProc xmlns="http://www.portalfiscal.inf.br/nfe" versao="4.00">{document}{protocol}</nfeProc>'
            if status
            else document
        )
        self._write(f"{key}-nfe.xml", wrapped)
        return key

    def cte(
        self,
        number: int,
        *,
        on: date,
        taker: str = OURS,
        sender: str = SUPPLIER,
        amount: str = "50.00",
        substitutes: str | None = None,
        environment: str = "1",
    ) -> str:
        """A CT-e of the carrier whose taker is the recipient (toma3 = 3). Returns its key."""
        key = access_key(CARRIER, number, on=on, model="57")
        purpose = "3" if substitutes else "0"
        substitution = f"<infCteSub><chCte>{substitutes}</chCte></infCteSub>" if substitutes else ""
        self._write(
            f"{key}-cte.xml",
            f'<cteProc xmlns="http://www.portalfiscal.inf.br/cte" versao="4.00"><CTe><infCte Id="CTe{key}" versao="4.00">'
            f"<ide><cUF>35</cUF><cCT>{key[35:43]}</cCT><CFOP>5353</CFOP><natOp>Transporte</natOp><mod>57</mod>"
            f"<serie>1</serie><nCT>{number}</nCT><dhEmi>{on}T10:00:00-03:00</dhEmi><tpEmis>1</tpEmis><cDV>{key[43]}</cDV>"
            f"<tpAmb>{environment}</tpAmb><tpCTe>{purpose}</tpCTe><modal>01</modal><tpServ>0</tpServ><toma3><toma>3</toma></toma3></ide>"
            f"<emit><CNPJ>{CARRIER}</CNPJ><xNome>Transportadora</xNome><enderEmit><UF>SP</UF></enderEmit></emit>"
            f"<rem><CNPJ>{sender}</CNPJ><xNome>Remetente</xNome></rem>"
            f"<dest><CNPJ>{taker}</CNPJ><xNome>Destinatario</xNome></dest>"
            f"<vPrest><vTPrest>{amount}</vTPrest><vRec>{amount}</vRec></vPrest>"
            f"<imp><ICMS><ICMS00><CST>00</CST><vBC>{amount}</vBC><pICMS>12.00</pICMS><vICMS>6.00</vICMS></ICMS00></ICMS></imp>"
            f"<infCTeNorm><infCarga><vCarga>1000.00</vCarga></infCarga>{substitution}</infCTeNorm></infCte></CTe>"
            f"{self._protocol('CTe', key, on, '100', environment)}</cteProc>",
        )
        return key

    def mdfe(self, number: int, *, on: date, carries: str, issuer: str = CARRIER) -> str:
        """An MDF-e with its protocol that carries one NF-e. Returns its key."""
        key = access_key(issuer, number, on=on, model="58")
        self._write(
            f"{key}-mdfe.xml",
            f'<mdfeProc xmlns="http://www.portalfiscal.inf.br/mdfe" versao="3.00"><MDFe><infMDFe Id="MDFe{key}" versao="3.00">'
            f"<ide><cUF>35</cUF><tpAmb>1</tpAmb><tpEmit>1</tpEmit><mod>58</mod><serie>1</serie><nMDF>{number}</nMDF>"
            f"<cMDF>{key[35:43]}</cMDF><cDV>{key[43]}</cDV><modal>1</modal><dhEmi>{on}T10:00:00-03:00</dhEmi><tpEmis>1</tpEmis>"
            f"<UFIni>SP</UFIni><UFFim>PR</UFFim></ide>"
            f"<emit><CNPJ>{issuer}</CNPJ><xNome>Transportadora</xNome><enderEmit><UF>SP</UF></enderEmit></emit>"
            f"<infDoc><infMunDescarga><cMunDescarga>4106902</cMunDescarga><infNFe><chNFe>{carries}</chNFe></infNFe>"
            f"</infMunDescarga></infDoc><tot><qNFe>1</qNFe><vCarga>100.00</vCarga></tot></infMDFe></MDFe>"
            f"{self._protocol('MDFe', key, on, '100', '1')}</mdfeProc>",
        )
        return key

    def event(
        self,
        key: str,
        event_type: str,
        *,
        at: str,
        author: str,
        status: str = "135",
        sequence: int = 1,
        environment: str = "1",
        detail: str = "",
    ) -> None:
        """An event with its return, registered at the instant `at`; `detail` is what stands in it besides its name."""
        family, suffix, version = {"57": ("CTe", "CTe", "4.00"), "58": ("MDFe", "MDFe", "3.00")}.get(
            key[20:22], ("NFe", "", "1.00")
        )
        self._write(
            f"{key}-{event_type}-{sequence}-{status}.xml",
            f'<procEvento{family} xmlns="http://www.portalfiscal.inf.br/{family.lower()}" versao="{version}">'
            f'<evento{suffix} versao="{version}"><infEvento Id="ID{event_type}{key}{sequence:02d}">'
            f"<cOrgao>35</cOrgao><tpAmb>{environment}</tpAmb><CNPJ>{author}</CNPJ><ch{family}>{key}</ch{family}><dhEvento>{at}</dhEvento>"
            f"<tpEvento>{event_type}</tpEvento><nSeqEvento>{sequence}</nSeqEvento><verEvento>{version}</verEvento>"
            f'<detEvento versao="{version}"><descEvento>Evento</descEvento>{detail}</detEvento></infEvento></evento{suffix}>'
            f'<retEvento{suffix} versao="{version}"><infEvento><tpAmb>{environment}</tpAmb><cOrgao>35</cOrgao><cStat>{status}</cStat>'
            f"<xMotivo>Evento</xMotivo><ch{family}>{key}</ch{family}><tpEvento>{event_type}</tpEvento>"
            f"<nSeqEvento>{sequence}</nSeqEvento><dhRegEvento>{at}</dhRegEvento><nProt>135260000000001</nProt></infEvento>"
            f"</retEvento{suffix}></procEvento{family}>",
        )

    def answer_to_query(self, key: str, status: str, *, at: str) -> None:
        """What SEFAZ says of an NF-e when it is asked, at the instant `at`."""
        self._write(
            f"{key}-sit-{status}.xml",
            f'<retConsSitNFe xmlns="http://www.portalfiscal.inf.br/nfe" versao="4.00"><tpAmb>1</tpAmb><cStat>{status}</cStat>'
            f"<xMotivo>Situacao</xMotivo><cUF>35</cUF><dhRecbto>{at}</dhRecbto><chNFe>{key}</chNFe></retConsSitNFe>",
        )

    def summary(self, key: str, situation: str, *, on: date) -> None:
        """The summary of an NF-e that distribution hands out (cSitNFe: 1 authorised, 2 denied, 3 cancelled)."""
        self._write(
            f"{key}-resumo.xml",
            f'<resNFe xmlns="http://www.portalfiscal.inf.br/nfe" versao="1.01"><chNFe>{key}</chNFe><CNPJ>{key[6:20]}</CNPJ>'
            f"<xNome>Emitente</xNome><IE>1</IE><dhEmi>{on}T10:00:00-03:00</dhEmi><tpNF>1</tpNF><vNF>100.00</vNF><digVal>x</digVal>"
            f"<dhRecbto>{on}T10:00:05-03:00</dhRecbto><nProt>135260000000001</nProt><cSitNFe>{situation}</cSitNFe></resNFe>",
        )

    def void(
        self,
        issuer: str,
        first: int,
        last: int,
        *,
        year: int = 2026,
        status: str = "102",
        environment: str = "1",
    ) -> None:
        """A range of numbers of NF-e that its issuer had declared void (series 1)."""
        numbers = (
            f"<cUF>35</cUF><ano>{year % 100}</ano><CNPJ>{issuer}</CNPJ><mod>55</mod><serie>1</serie>"
            f"<nNFIni>{first}</nNFIni><nNFFin>{last}</nNFFin>"
        )
        self._write(
            f"{issuer}-{first}-{last}-{status}-{environment}-inut.xml",
            f'<procInutNFe xmlns="http://www.portalfiscal.inf.br/nfe" versao="4.00"><inutNFe versao="4.00">'
            f'<infInut Id="ID35{first}"><tpAmb>{environment}</tpAmb><xServ>INUTILIZAR</xServ>{numbers}'
            f"<xJust>Numeracao pulada por erro</xJust></infInut></inutNFe>"
            f'<retInutNFe versao="4.00"><infInut><tpAmb>{environment}</tpAmb><cStat>{status}</cStat><xMotivo>Inutilizacao</xMotivo>'
            f"{numbers}<dhRecbto>{year}-09-01T10:00:00-03:00</dhRecbto><nProt>135260000000002</nProt></infInut></retInutNFe></procInutNFe>",
        )

    def _protocol(self, family: str, key: str, on: date, status: str, environment: str) -> str:
        return (
            f'<prot{family} versao="4.00"><infProt><tpAmb>{environment}</tpAmb><ch{family}>{key}</ch{family}>'
            f"<dhRecbto>{on}T10:00:05-03:00</dhRecbto><nProt>135260000000001</nProt><digVal>x</digVal>"
            f"<cStat>{status}</cStat><xMotivo>Situacao</xMotivo></infProt></prot{family}>"
        )

    def _write(self, name: str, text: str) -> None:
        (self.root / "inbox/xml" / name).write_text(text, encoding="utf-8")

    # ------------------------------------------------------------------ the ERP

    def sf1(self, key: str, *, posted: date | None = None, **columns: object) -> dict[str, object]:
        """An inbound note for the document of `key`, classified, of branch 01, two days after the issue unless said otherwise."""
        cte = key[20:22] == "57"
        issued = date(2000 + int(key[2:4]), int(key[4:6]), 1)
        row: dict[str, object] = {
            "F1_FILIAL": "01",
            "F1_DOC": key[25:34],
            "F1_SERIE": "1",
            "F1_FORNECE": "T1" if cte else "F1",
            "F1_LOJA": "01",
            "F1_TIPO": "N",
            "F1_CHVNFE": key,
            "F1_ESPECIE": "CTE" if cte else "SPED",
            "F1_STATUS": "A",
            "F1_FORMUL": "N",
            "F1_EMISSAO": issued,
            "F1_DTDIGIT": posted or issued + timedelta(days=12),
            "F1_VALBRUT": "50.00" if cte else "100.00",
            "F1_VALICM": "6.00" if cte else "18.00",
            "F1_VALIPI": "0.00",
        }
        return self._row("SF1", row, columns)

    def sf2(self, key: str, *, posted: date, **columns: object) -> dict[str, object]:
        row: dict[str, object] = {
            "F2_FILIAL": "01",
            "F2_DOC": key[25:34],
            "F2_SERIE": "1",
            "F2_CLIENTE": "C1",
            "F2_LOJA": "01",
            "F2_TIPO": "N",
            "F2_CHVNFE": key,
            "F2_ESPECIE": "SPED",
            "F2_EMISSAO": posted,
            "F2_VALBRUT": "100.00",
            "F2_VALICM": "18.00",
            "F2_VALIPI": "0.00",
        }
        return self._row("SF2", row, columns)

    def _row(self, table: str, row: dict[str, object], columns: Mapping[str, object]) -> dict[str, object]:
        self.record_number += 1
        row |= {"D_E_L_E_T_": " ", "R_E_C_N_O_": self.record_number} | columns
        self.tables[table].append(row)
        return row

    def write_tables(self) -> None:
        """Every table of the ERP as CSV with the columns its rows have."""
        for name, rows in self.tables.items():
            path = self.root / f"exports/{self.erp}/{name}.csv"
            if not rows:
                path.unlink(missing_ok=True)
                continue
            columns = list(dict.fromkeys(column for row in rows for column in row))
            lines = [";".join(columns)]
            lines += [";".join(self._as_stored(row.get(column, "")) for column in columns) for row in rows]
            path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def _as_stored(self, value: object) -> str:
        """A value as the ERP stores it: dates as YYYYMMDD in Protheus, as ISO elsewhere."""
        if isinstance(value, date):
            return value.strftime("%Y%m%d") if self.erp == "protheus" else value.isoformat()
        return str(value)

    # ------------------------------------------------------------------ what came of it

    def query(self, sql: str) -> list[tuple[object, ...]]:
        # under another name: opened by its own, catalog and schema are both called marts, and DuckDB asks which is meant
        with duckdb.connect() as connection:
            connection.execute("set timezone = 'UTC'")
            connection.execute(f"attach '{self.root / 'published/marts.duckdb'}' as published (read_only)")
            connection.execute("use published")
            return connection.execute(sql).fetchall()
