"""How large a piece of fiscal input may be before it is refused instead of read.

Holds numbers and where each comes from; who checks them is the parser and the containers.
"""

from dataclasses import dataclass

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """Caps on one file of the inbox and what is in it. Sizes are bytes."""

    xml_bytes: int = 10 * MIB
    """One XML. SEFAZ takes messages up to 512 KB, and 990 items with every tax would be 3 to 5 MB."""

    xml_marks: int = 400_000
    """Signs < and = in one XML: twice what 990 items need; the tree then stays near 100 MB."""

    entry_bytes: int = 64 * MIB
    """One entry of an archive, inflated; an archive within an archive is one."""

    archive_bytes: int = 4096 * MIB
    """All entries of one file of the inbox together, inflated."""

    archive_entries: int = 100_000
    """Entries of one archive."""

    nesting: int = 3
    """Archives within one another; an answer of distribution counts as one."""

    ratio: int = 200
    """Inflated to compressed size. Fiscal XML reaches 20, and a packed lot of almost equal documents 60."""

    ratio_above: int = MIB
    """Inflated size from which the ratio is looked at: a small entry of blanks is no attack."""

    kept_bytes: int = 64 * MIB
    """The largest refused content whose bytes are kept; of a larger one the hash and the size are."""
