"""Pulumi's state in Postgres: one table of keys and contents, as pkg/backend/diy/postgres of
github.com/pulumi/pulumi/pkg/v3 v3.274.1 makes and reads it. Needs the extra ``postgres``.
"""

import atexit
import os
import threading
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

import psycopg
from psycopg import sql
from psycopg.types.json import Json

from pacific_infra.errors import PacificError

TABLE = "pulumi_state"
"""The table, unless the URL says ``table=``."""
_INSERT = "INSERT INTO {table} (key, data) VALUES (%s, %s) ON CONFLICT (key) "
PATIENCE = 10
"""Seconds that a connection may take to be made, unless the URL says ``connect_timeout=``."""


@dataclass(frozen=True)
class PostgresUrl:
    """What a ``postgres://`` URL of Pulumi says."""

    text: str

    @property
    def connection(self) -> str:
        """For libpq, which knows no ``table``. TLS is asked for unless the URL or PGSSLMODE says otherwise, as the
        engine's driver does.
        """
        parts = urlsplit(self.text)
        query = {"connect_timeout": str(PATIENCE), **dict(parse_qsl(parts.query))}
        query.pop("table", None)
        if "PGSSLMODE" not in os.environ:
            query.setdefault("sslmode", "require")
        return parts._replace(query=urlencode(query, quote_via=quote)).geturl()

    @property
    def table(self) -> str:
        """The table, with its schema where the URL says one."""
        return dict(parse_qsl(urlsplit(self.text).query)).get("table", TABLE)

    @property
    def database(self) -> str:
        """The database; empty: the URL names none."""
        return unquote(urlsplit(self.text).path.strip("/"))

    @property
    def shown(self) -> str:
        """Without the password."""
        parts = urlsplit(self.text)
        user = f"{parts.username}@" if parts.username else ""
        return f"postgres://{user}{parts.netloc.rpartition('@')[2]}{parts.path}"

    def to(self, database: str) -> "PostgresUrl":
        """The same server with another database."""
        return PostgresUrl(urlsplit(self.text)._replace(path=f"/{quote(database, safe='')}").geturl())


@dataclass
class PostgresBucket:
    """The table of one URL. One connection a process, also after a fork; it is made again where it broke."""

    address: PostgresUrl
    _connection: "psycopg.Connection[tuple[Any, ...]] | None" = field(default=None, repr=False)
    _process: int = 0
    _mutex: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def url(self) -> str:
        """Its address, without a password."""
        return self.address.shown

    def get(self, key: str) -> bytes | None:
        """The content of a key; None: it is not there."""
        rows = self._run("SELECT data->>'data' FROM {table} WHERE key = %s", key)
        return b64decode(rows[0][0]) if rows else None

    def put(self, key: str, content: bytes) -> None:
        """Write, or replace, the content of a key."""
        replaced = "DO UPDATE SET data = excluded.data, updated_at = now()"
        self._run(_INSERT + replaced, key, _row(content))

    def put_new(self, key: str, content: bytes) -> bool:
        """Write a key that is not there yet; whether it was not there."""
        return bool(self._run(_INSERT + "DO NOTHING RETURNING key", key, _row(content)))

    def delete(self, key: str) -> None:
        """Remove a key, if it is there."""
        self._run("DELETE FROM {table} WHERE key = %s", key)

    def keys(self, prefix: str) -> list[str]:
        """The keys that begin with ``prefix``, in order."""
        pattern = prefix.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%"
        return [row[0] for row in self._run("SELECT key FROM {table} WHERE key LIKE %s ORDER BY key", pattern)]

    def version(self, key: str) -> str | None:
        """Another one whenever the content of the key has been written; None: it is not there."""
        rows = self._run("SELECT updated_at, octet_length(data::text) FROM {table} WHERE key = %s", key)
        return f"{rows[0][1]} {rows[0][0].timestamp()}" if rows else None

    def _run(self, statement: str, *values: object) -> Sequence[tuple[Any, ...]]:
        query = sql.SQL(statement).format(table=identifier(self.address.table))
        try:
            with self._mutex:
                try:
                    cursor = self._connected().execute(query, values)
                except psycopg.OperationalError:
                    # The server was started again, or somebody ended the connection: all statements may be repeated.
                    self._connection = None
                    cursor = self._connected().execute(query, values)
                return cursor.fetchall() if cursor.description else []
        except psycopg.errors.UndefinedTable:
            if not statement.startswith(_INSERT):
                return []  # as an empty one: it is made with the first key
            make_table(self._connected(), self.address.table)
            return self._run(statement, *values)
        except psycopg.Error as error:
            raise refusal(self.address, error) from None

    def _connected(self) -> "psycopg.Connection[tuple[Any, ...]]":
        if self._connection is None or self._connection.closed or self._process != os.getpid():
            # One that was made before a fork is the other process's: it is not closed here.
            self._connection = psycopg.connect(self.address.connection, autocommit=True)
            self._process = os.getpid()
            atexit.register(self._connection.close)
        return self._connection


def _row(content: bytes) -> Json:
    return Json({"data": b64encode(content).decode()})


def identifier(table: str) -> sql.Identifier:
    """The name of a table, which the engine writes without quotes: capitals are small letters then."""
    return sql.Identifier(*table.lower().split("."))


def make_table(connection: "psycopg.Connection[tuple[Any, ...]]", table: str) -> None:
    """Make the table as the engine does, where it is not there. Raises psycopg.Error."""
    columns = "key TEXT PRIMARY KEY, data JSON NOT NULL, updated_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now()"
    index = sql.Identifier(f"{table.lower().rpartition('.')[2]}_key_prefix_idx")
    connection.execute(sql.SQL("CREATE TABLE IF NOT EXISTS {} (" + columns + ")").format(identifier(table)))
    keys = sql.SQL("CREATE INDEX IF NOT EXISTS {} ON {} (key text_pattern_ops)")
    connection.execute(keys.format(index, identifier(table)))


def refusal(address: PostgresUrl, error: psycopg.Error) -> PacificError:
    """What the server, or the way to it, has against it, and what helps."""
    words = _clause(error)
    parts = urlsplit(address.text)
    server = f"{parts.hostname or 'localhost'}:{parts.port or 5432}"
    for sign, problem, fix in _REFUSALS:
        if sign in words:
            return PacificError(problem, place=address.shown, fix=fix.format(server=server, table=address.table))
    return PacificError(f"Postgres refuses: {words}", place=address.shown)


def _clause(error: psycopg.Error) -> str:
    text = error.diag.message_primary or str(error)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__


_REFUSALS = (
    ("password authentication failed", "the password is wrong, or there is no such user", "write the right one in the "
     "URL, or set PGPASSWORD"),
    ("no password supplied", "the server asks for a password", "set PGPASSWORD, or write one in the URL"),
    ("server does not support SSL", "the server has no TLS, and the URL asks for it", "give the server a certificate; "
     "on a network that nobody else reads: write ?sslmode=disable"),
    ("certificate verify failed", "the server's certificate is signed by nobody who is trusted",
     "write &sslrootcert=FILE with who signed it"),
    ("root certificate file", "the file with who signs the server's certificate is not there",
     "write &sslrootcert=FILE"),
    ("server certificate for", "the server's certificate is for another name", "write the name of the certificate in "
     "the URL"),
    ("no pg_hba.conf entry", "the server lets this user in neither from here nor like this", "add a line for it to the "
     "server's pg_hba.conf"),
    ("permission denied for schema", "the user may not make tables there", "have an administrator run: pacific backend "
     "init with a URL of his own and --role USER"),
    ("permission denied for table", "the user may not use the table", "have its owner run: GRANT SELECT, INSERT, "
     "UPDATE, DELETE ON {table} TO the user"),
    ("permission denied to create database", "the user may not make databases", "have an administrator make it, or use "
     "one that is there"),
    ("does not exist", "the database is not there", "pacific backend init URL makes it"),
    ("could not translate host name", "the server's name is not known", "write the right one in the URL"),
    ("failed to resolve host", "the server's name is not known", "write the right one in the URL"),
    ("Connection refused", "no server answers", "start one at {server}, or write the right address in the URL"),
    ("timeout", "no server answers in time", "write the right address in the URL; a firewall may be between"),
)  # fmt: skip
"""Words of the server or of libpq, what they mean, and what helps; the first that fits."""
