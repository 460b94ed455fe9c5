"""Sets up what the engine needs in Postgres: database, table, and rights of the role that it works as."""

from dataclasses import dataclass

import psycopg
from psycopg import sql

from pacific_infra.errors import PacificError
from pacific_infra.record.postgres import PostgresUrl, identifier, make_table
from pacific_infra.record.postgres_refusals import MissingDatabase

RIGHTS = "SELECT, INSERT, UPDATE, DELETE"
"""What the engine does with the table."""
_SERVERS_OWN = "postgres"
"""A database that each server has."""


@dataclass(frozen=True)
class Setup:
    """What was done, a clause each; nothing where all was there."""

    done: tuple[str, ...]


def set_up(address: PostgresUrl, role: str | None) -> Setup:
    """Make database and table where they are not there, and give ``role`` the rights that the engine needs.

    Raises PacificError for what the server refuses, and for a role that is not there.
    """
    if not address.database:
        raise PacificError(
            "the URL names no database",
            place=address.shown,
            fix="write it at the end: postgres://USER@HOST:PORT/pulumi",
        )
    done = _make_database(address, role)
    try:
        with address.connect() as connection:
            _require_role(connection, role)
            if not _is_there(connection, address.table):
                make_table(connection, address.table)
                done.append(f"made the table {address.table}")
            if role is not None:
                _give_rights(connection, address, role)
                done.append(f"gave {role} {RIGHTS} on {address.table}")
    except psycopg.Error as error:
        raise address.refusal(error) from None
    return Setup(tuple(done))


def _make_database(address: PostgresUrl, role: str | None) -> list[str]:
    try:
        address.connect().close()
    except MissingDatabase:
        server = address.to(_SERVERS_OWN)
        with server.connect() as connection:
            _require_role(connection, role)
            try:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(address.database)))
            except psycopg.Error as error:
                raise server.refusal(error) from None
    else:
        return []
    return [f"made the database {address.database}"]


def _is_there(connection: "psycopg.Connection[tuple[object, ...]]", table: str) -> bool:
    row = connection.execute("SELECT to_regclass(%s)", (table,)).fetchone()
    return row is not None and row[0] is not None


def _require_role(connection: "psycopg.Connection[tuple[object, ...]]", role: str | None) -> None:
    """Before anything is made."""
    if role is None or connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone() is not None:
        return
    fix = f"createuser --pwprompt {role}, or CREATE ROLE {role} LOGIN PASSWORD '...', then again"
    raise PacificError("the server has no such role", place="--role", value=role, fix=fix)


def _give_rights(connection: "psycopg.Connection[tuple[object, ...]]", address: PostgresUrl, role: str) -> None:
    named, database = sql.Identifier(role), sql.Identifier(address.database)
    connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, named))
    if "." in address.table:
        schema = sql.Identifier(address.table.lower().split(".")[0])
        connection.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(schema, named))
    grant = "GRANT " + RIGHTS + " ON {} TO {}"
    connection.execute(sql.SQL(grant).format(identifier(address.table), named))
