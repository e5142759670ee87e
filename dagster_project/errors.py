"""What can go wrong with a run that a person has to read."""

from ingestion.errors import ConfereError


class RunFailed(ConfereError):  # noqa: N818 - named for what the caller sees
    """The run did not reach a publication; the last one is untouched.

    `what` happened, `where` (a stage, and the file or table when known), and `what_to_do` about it; none
    carries a secret.
    """

    def __init__(self, what: str, *, where: str, what_to_do: str) -> None:
        self.what = what
        self.where = where
        self.what_to_do = what_to_do
        super().__init__(f"{what} ({where}). {what_to_do}")


class NothingSelected(ConfereError):  # noqa: N818
    """A selection names nothing that the project holds."""
