"""The confere.yml of a simulated workspace."""

from simulation.clock import AS_OF
from simulation.erp.keeping import Keeping

_HEAD = """\
# A simulated group of companies: names, CNPJs and documents are invented.
# The clock of every run. Without it a run takes the present, and everything below would be long overdue.
as_of: {as_of}

# Who the group is. `codes` tells what the ERP that keeps a branch calls it (in Protheus M0_CODFIL of
# SYS_COMPANY); where all ERPs use the same one, `code: "0101"` is enough.
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


def settings_text(keeping: Keeping) -> str:
    """Write confere.yml for a group whose ERPs export their tables into ``exports/<erp>``."""
    lines = [_HEAD.format(as_of=AS_OF.strftime("%Y-%m-%dT%H:%M:%SZ"))]
    for company in keeping.group.companies:
        lines.append(f"  - name: {company.name}\n    branches:\n")
        for branch in company.branches:
            kept = keeping.of(branch)
            lines.append(
                f'      - {{cnpj: "{branch.party.tax_id}", uf: {branch.party.place.uf}, '
                f'codes: {{{kept.system.name}: "{kept.code}"}}}}\n'
            )
        lines.append(f"    sync_activated_on: {company.activated_on}  # postings count from this day on\n")
    lines.append(_SOURCES)
    for system in keeping.systems:
        name = system.name
        company_code = f'company: "{system.company}", ' if system.company else ""
        lines.append(f"  - {{name: {name}, system: {name}, {company_code}folder: exports/{name}}}\n")
    lines.append(_DEFAULTS)
    return "".join(lines)
