"""What people decide: a mismatch is accepted for a while, a balance rule was looked at.

Both are kept in the workspace's state; nothing else is written here.
"""

import getpass
from datetime import date, datetime
from pathlib import Path

from confere.publication import NothingPublished, holds, open_publication
from ingestion.errors import ConfereError
from ingestion.state import Signoff, add_signoff, add_waiver
from ingestion.store import Waiver
from ingestion.workspace import Workspace


class UnknownMismatch(ConfereError):  # noqa: N818 - named for what the caller sees
    """No mismatch of the publication has this id."""


def waive_mismatch(workspace: Workspace, *, mismatch_id: str, reason: str, until: date, at: datetime) -> None:
    """Accepts a mismatch through `until`. Raises UnknownMismatch, or NothingPublished."""
    if not _is_published(workspace.published_path, mismatch_id):
        raise UnknownMismatch(
            f'marts.mismatches has no {mismatch_id}; `confere sql "select mismatch_id, cause, entity_key from'
            ' marts.mismatches where resolved_at is null"` lists them'
        )
    add_waiver(workspace.state_path, Waiver(mismatch_id, reason, until, at))


def rules_of(workspace: Workspace) -> tuple[str, ...]:
    """The balance rules that confere.yml names accounts for."""
    return tuple(sorted({account.rule for account in workspace.accounts}))


def sign_off(workspace: Workspace, *, rule: str, as_of_date: date, comment: str, at: datetime) -> None:
    """Adds a sign-off in the name of whoever is logged in."""
    add_signoff(workspace.state_path, Signoff(rule, as_of_date, comment, getpass.getuser(), at))


def _is_published(published: Path, mismatch_id: str) -> bool:
    with open_publication(published) as connection:
        if not holds(connection, "marts.mismatches"):
            raise NothingPublished(
                f"{published} holds no marts.mismatches; `confere run` without --select builds it"
            )
        found = connection.execute("select 1 from marts.mismatches where mismatch_id = ?", [mismatch_id])
        return bool(found.fetchall())
