"""The confere.yml of a simulated workspace."""

from collections.abc import Sequence

from simulation.clock import AS_OF
from simulation.companies import Group
from simulation.erp.protheus import COMPANY

_HEAD = """\
# A simulated group of companies: names, CNPJs and documents are invented.
# The clock of every run. Without it a run takes the present, and everything below would be long overdue.
as_of: {as_of}

# Who the group is. `code` is what the ERPs call a branch (in Protheus M0_CODFIL of SYS_COMPANY).
companies:
"""
_SOURCES = """
# Where documents and postings come from: a folder below this file, or a database, whose address is taken from
# the environment:  url: "${PROTHEUS_URL}"  instead of  folder.
sources:
"""
_DEFAULTS = """\
  - {name: xml, system: fiscal_xml, folder: inbox/xml}

# When something is late (business days, but queue_hours), what difference is tolerated: the defaults.
# deadlines: {posting_days: 5, queue_hours: 4}
# tolerances: {document: "0.00", tax_per_item: "0.01", title: "0.01"}
"""


def settings_text(group: Group, erps: Sequence[str]) -> str:
    """Write confere.yml for a group whose ERPs export their tables into ``exports/<erp>``."""
    lines = [_HEAD.format(as_of=AS_OF.strftime("%Y-%m-%dT%H:%M:%SZ"))]
    for company in group.companies:
        lines.append(f"  - name: {company.name}\n    branches:\n")
        lines += [
            f'      - {{cnpj: "{branch.party.tax_id}", uf: {branch.party.place.uf}, code: "{branch.code}"}}\n'
            for branch in company.branches
        ]
        lines.append(f"    sync_activated_on: {company.activated_on}  # postings count from this day on\n")
    lines.append(_SOURCES)
    lines += [
        f'  - {{name: {erp}, system: {erp}, company: "{COMPANY}", folder: exports/{erp}}}\n' for erp in erps
    ]
    lines.append(_DEFAULTS)
    return "".join(lines)
