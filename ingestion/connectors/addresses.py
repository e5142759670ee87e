"""The address of a database, as `confere.yml` gives it, in its parts: values, nothing connects here.

`postgresql://user:password@host:port/database?schema=erp`, the same with `oracle://` (the path is the
service, or `?sid=NAME`) and `mssql://`, or the connection string of an ODBC driver behind its dialect:
`odbc+progress:DSN=datasul;UID=reader;PWD=secret;schema=PUB`.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from ingestion.connectors.dialects import Dialect, dialect_of, known_schemes
from ingestion.errors import ConfigurationError
from ingestion.workspace import Secret

_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+]*):")
_ODBC_PART: Final = re.compile(r"\s*([^=;{}]+?)\s*=\s*(\{(?:[^}]|\}\})*\}|[^;]*)\s*(?:;|$)")
_ADDRESS: Final = re.compile(r"\b(?:[a-z]+\+)?[a-z]+://[^\s\"']*[:@][^\s\"']*", re.IGNORECASE)
_ODBC_SECRET: Final = re.compile(r"\b(pwd|password)=(\{(?:[^}]|\}\})*\}|[^;\s\"']*)", re.IGNORECASE)
_SECRET_NAMES: Final = frozenset(("pwd", "password"))


@dataclass(frozen=True, slots=True)
class Address:
    """Where a database is and as whom to log in; `options` are what stands behind, the schema apart.

    For ODBC `options` are the parts of the connection string, in their order, and the rest is empty.
    """

    dialect: Dialect
    text: str = field(repr=False)
    host: str | None = None
    port: int | None = None
    database: str = ""
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    schema: str | None = None
    options: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, url: Secret) -> Self:
        """Take an address apart. Raises ConfigurationError, at the place of the setting, and without it."""
        text = url.reveal().strip()
        found = _SCHEME.match(text)
        dialect = None if found is None else dialect_of(found[1])
        if found is None or dialect is None:
            raise url.place.error(
                "no kind of database that is known: an address begins with "
                + ", ".join(_beginning(scheme) for scheme in known_schemes())
            )
        return (
            cls._of_odbc(url, dialect, text) if dialect.driver == "odbc" else cls._of_url(url, dialect, text)
        )

    @property
    def digest(self) -> str:
        """Hex digest of what the address leads to: the login's password is no part of it."""
        options = {name: value for name, value in self.options.items() if not _is_secret(name)}
        said = (self.dialect.name, self.host, self.port, self.database, self.user, self.schema, options)
        return hashlib.sha256(repr(said).encode()).hexdigest()

    def scrub(self, message: str) -> str:
        """A message without the address and the password, however they came into it."""
        secrets = {self.text, self.password}
        secrets |= {value.strip("{}") for name, value in self.options.items() if _is_secret(name)}
        if "://" in self.text:
            secrets.add(urlsplit(self.text).password)
        for secret in sorted(filter(None, secrets), key=len, reverse=True):
            message = message.replace(secret, "***")
        return _ODBC_SECRET.sub(r"\1=***", _ADDRESS.sub("***", message))

    @classmethod
    def _of_url(cls, url: Secret, dialect: Dialect, text: str) -> Self:
        try:
            parts = urlsplit(text)
            port = parts.port
        except ValueError:
            raise _unreadable(url) from None
        if "://" not in text:
            raise _unreadable(url)
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
        schema = options.pop("schema", None)
        return cls(
            dialect,
            text=text,
            host=parts.hostname,
            port=port,
            database=unquote(parts.path.removeprefix("/")),
            user=None if parts.username is None else unquote(parts.username),
            password=None if parts.password is None else unquote(parts.password),
            schema=schema,
            options=options,
        )

    @classmethod
    def _of_odbc(cls, url: Secret, dialect: Dialect, text: str) -> Self:
        behind = text.partition(":")[2].removeprefix("//").removeprefix("?")
        parts = {name: value for name, value in _ODBC_PART.findall(behind)}  # noqa: C416 - pairs, not lists
        if not parts or _ODBC_PART.sub("", behind).strip(" ;"):
            raise _unreadable(url)
        schema = next((parts.pop(name) for name in list(parts) if name.casefold() == "schema"), None)
        return cls(dialect, text=text, schema=schema, options=parts)


def _is_secret(name: str) -> bool:
    return name.casefold() in _SECRET_NAMES or "password" in name.casefold()


def _beginning(scheme: str) -> str:
    return f"{scheme}:" if scheme.startswith("odbc+") else f"{scheme}://"


def _unreadable(url: Secret) -> ConfigurationError:
    return url.place.error(
        "cannot be taken apart; it must be like postgresql://user:password@host:5432/database"
        " (with %40 for an @ in the password), or odbc+progress:DSN=name;UID=user;PWD=password"
    )
