"""Pulumi's state in Postgres: one table of keys and contents, as pkg/backend/diy/postgres of
github.com/pulumi/pulumi/pkg/v3 v3.274.1 makes and reads it. Needs the extra ``postgres``.
"""

import atexit
import os
import threading
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.types.json import Json

from pacific_infra.errors import PacificError
from pacific_infra.record.bucket import AT_ONCE, arguments_of
from pacific_infra.record.postgres_arguments import connection_arguments
from pacific_infra.record.postgres_refusals import refusal

TABLE = "pulumi_state"
"""The table, unless the URL says ``table=``."""
_SELECT_VERSION = "SELECT key, updated_at, pg_column_size(data) FROM {table} "
_INSERT = "INSERT INTO {table} (key, data) VALUES (%s, %s) ON CONFLICT (key) "


@dataclass(frozen=True)
class PostgresUrl:
    """What a ``postgres://`` URL of Pulumi says; it has the form of a URL (see ``backends``)."""

    text: str

    def connect(self) -> "psycopg.Connection[tuple[Any, ...]]":
        """A new connection, each statement a transaction. Raises PacificError."""
        parts = urlsplit(self.text)
        address = parts._replace(query="").geturl()
        arguments = connection_arguments(self._arguments, os.environ, self.shown)
        try:
            return psycopg.connect(make_conninfo(address, **arguments), autocommit=True)
        except psycopg.Error as error:
            raise self.refusal(error) from None

    def refusal(self, error: psycopg.Error) -> PacificError:
        """What the server, or the way to it, has against it, and what helps."""
        parts = urlsplit(self.text)
        server = f"{parts.hostname or self._arguments.get('host') or 'localhost'}:{parts.port or 5432}"
        return refusal(error, self.shown, {"server": server, "table": self.table, "database": self.database})

    @property
    def _arguments(self) -> Mapping[str, str]:
        return arguments_of(self.text)

    @property
    def table(self) -> str:
        """The table, with its schema where the URL says one."""
        return self._arguments.get("table") or TABLE

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


@dataclass(eq=False)
class PostgresBucket:
    """The table of one URL. A connection for each question at a time, also after a fork; it is made again where it
    broke.
    """

    address: PostgresUrl
    _connections: "_Connections | None" = field(default=None, repr=False)

    @property
    def url(self) -> str:
        """Its address, without a password."""
        return self.address.shown

    def get(self, key: str) -> bytes | None:
        """The content of a key; None: it is not there."""
        rows = self._run("SELECT data->>'data' FROM {table} WHERE key = %s", key)
        if not rows:
            return None
        try:
            return b64decode(rows[0][0], validate=True)
        except (TypeError, ValueError):
            problem = "what the table has under this key is of another form than Pulumi's"
            raise PacificError(problem, place=f"{self.url}: {key}", fix="restore it from a backup") from None

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
        return [row[0] for row in self._run("SELECT key FROM {table} WHERE key LIKE %s ORDER BY key", _like(prefix))]

    def versions(self, prefix: str) -> Mapping[str, str]:
        """The versions of all keys that begin with ``prefix``, by key and in its order."""
        rows = self._run(_SELECT_VERSION + "WHERE key LIKE %s ORDER BY key", _like(prefix))
        return {key: f"{size} {written.timestamp()}" for key, written, size in rows}

    def version(self, key: str) -> str | None:
        """Another one whenever the content of the key has been written; None: it is not there."""
        rows = self._run(_SELECT_VERSION + "WHERE key = %s", key)
        return f"{rows[0][2]} {rows[0][1].timestamp()}" if rows else None

    def _run(self, statement: str, *values: object) -> Sequence[tuple[Any, ...]]:
        query = sql.SQL(statement).format(table=identifier(self.address.table))
        try:
            return self._execute(query, values)
        except psycopg.errors.UndefinedTable:
            if not statement.startswith(_INSERT):
                return []  # as an empty one: it is made with the first key
        except psycopg.Error as error:
            raise self.address.refusal(error) from None
        try:
            with self._connected() as connection:
                make_table(connection, self.address.table)
        except psycopg.Error as error:
            raise self.address.refusal(error) from None
        return self._run(statement, *values)

    def _execute(self, query: sql.Composed, values: Sequence[object]) -> Sequence[tuple[Any, ...]]:
        with self._connected() as connection:
            try:
                return _rows(connection, query, values)
            except psycopg.OperationalError:
                if not connection.closed:
                    raise
        # The server was started again, or somebody ended the connection: all statements may be repeated.
        with self._connected() as connection:
            return _rows(connection, query, values)

    def _connected(self) -> "AbstractContextManager[psycopg.Connection[tuple[Any, ...]]]":
        if self._connections is None or self._connections.process != os.getpid():
            # Those that were made before a fork are the other process's.
            self._connections = _Connections(self.address)
        return self._connections.borrow()


class _Connections:
    """Those of one process: as many as it has questions at a time, each made when no other is idle."""

    def __init__(self, address: PostgresUrl) -> None:
        self.process = os.getpid()
        self._address = address
        self._idle: list[psycopg.Connection[tuple[Any, ...]]] = []
        self._places = threading.BoundedSemaphore(AT_ONCE)
        atexit.register(self._close)

    @contextmanager
    def borrow(self) -> "Iterator[psycopg.Connection[tuple[Any, ...]]]":
        """A connection for the block alone. Raises PacificError where none can be made."""
        with self._places:
            try:
                connection = self._idle.pop()
            except IndexError:
                connection = self._address.connect()
            try:
                yield connection
            finally:
                if connection.closed:
                    # What broke it has broken the others too.
                    self._close()
                else:
                    self._idle.append(connection)

    def _close(self) -> None:
        while self._idle and self.process == os.getpid():
            self._idle.pop().close()


def _rows(
    connection: "psycopg.Connection[tuple[Any, ...]]", query: sql.Composed, values: Sequence[object]
) -> Sequence[tuple[Any, ...]]:
    cursor = connection.execute(query, values)
    return cursor.fetchall() if cursor.description else []


def _like(prefix: str) -> str:
    return prefix.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%"


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
