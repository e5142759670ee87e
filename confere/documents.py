"""From an access key to the bytes that were delivered."""

from confere.publication import NothingPublished, holds, open_publication
from ingestion import archive
from ingestion.errors import ConfereError
from ingestion.workspace import Workspace


class UnknownDocument(ConfereError):  # noqa: N818 - named for what the caller sees
    """No published document has this access key."""


def stored_document(workspace: Workspace, *, access_key: str) -> bytes:
    """The XML of a published document, byte for byte. Raises UnknownDocument, or NothingPublished."""
    with open_publication(workspace.published_path) as connection:
        if not holds(connection, "marts.documents"):
            raise NothingPublished(
                f"{workspace.published_path} holds no documents; `confere run` builds them"
            )
        found = connection.execute(
            "select content_sha256 from marts.documents where access_key = ?", [access_key]
        ).fetchall()
    if not found:
        raise UnknownDocument(f"no document has the access key {access_key}")
    try:
        return archive.read(workspace.archive_dir, found[0][0])
    except KeyError as error:
        raise UnknownDocument(f"{workspace.archive_dir} does not hold the XML of {access_key}") from error
