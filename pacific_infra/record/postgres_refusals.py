"""What Postgres, libpq, or the way to the server has against something, and what helps."""

import re
from collections.abc import Mapping

import psycopg

from pacific_infra.errors import PacificError


class MissingDatabase(PacificError):
    """The server does not have the database of the URL."""


def refusal(error: psycopg.Error, place: str, names: Mapping[str, str]) -> PacificError:
    """``place``: the URL without its password; ``names``: its server, database and table."""
    words = _clause(error)
    if f'database "{names["database"]}" does not exist' in words:
        # Of a connection that fails libpq has the words alone, without their code.
        return MissingDatabase("the database is not there", place=place, fix="pacific backend init URL makes it")
    if (by_code := _BY_CODE.get(error.sqlstate or "")) is not None:
        problem, fix = by_code
        return PacificError(problem.format(words=words, **names), place=place, fix=fix.format(**names))
    for sign, problem, fix in _BY_WORDS:
        if sign in words:
            return PacificError(problem.format(words=words), place=place, fix=fix.format(**names))
    return PacificError(f"Postgres refuses: {words}", place=place, fix="see the server's log")


def _clause(error: psycopg.Error) -> str:
    text = error.diag.message_primary or str(error)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    words = lines[0] if lines else type(error).__name__
    return re.sub(r"^connection (?:failed|is bad): (?:connection to server .* failed: )?(?:FATAL: *)?", "", words)


_OTHER_FORM = ("the table {table} is of another form than Pulumi's: {words}", "name another one: &table=NAME")
_UNKNOWN_ARGUMENT = (
    "the URL has an argument that neither Pulumi nor the server knows: {words}",
    "remove it from the URL",
)
_BY_CODE = {
    "42703": _OTHER_FORM,  # undefined column
    "42883": _OTHER_FORM,  # undefined function or operator
    "42804": _OTHER_FORM,  # datatype mismatch
    "42809": _OTHER_FORM,  # wrong object type
    "42P10": _OTHER_FORM,  # no unique key
    "22P02": _OTHER_FORM,  # content that is no JSON
    "23502": _OTHER_FORM,  # a column that has to have a value
    "3F000": ("the schema of {table} is not there", "CREATE SCHEMA, by an administrator"),
    "25006": (
        "the server takes no writes",
        "name the primary, or have its administrator set default_transaction_read_only to off",
    ),
    "42704": _UNKNOWN_ARGUMENT,
}
"""By Postgres' error code (appendix A of its manual)."""
_BY_WORDS = (
    ("password authentication failed", "the password is wrong, or there is no such user", "write the right one in the "
     "URL, or set PGPASSWORD"),
    ("no password supplied", "the server asks for a password", "set PGPASSWORD, or write one in the URL"),
    ("unrecognized configuration parameter", *_UNKNOWN_ARGUMENT),
    ('role "', "the server has no such user: {words}", "write another one in the URL"),
    ("server does not support SSL", "the server has no TLS, and the URL asks for it", "give the server a certificate; "
     "on a network that nobody else reads: write ?sslmode=disable"),
    ("certificate verify failed", "the server's certificate is not signed by a trusted authority",
     "write &sslrootcert=FILE with who signed it"),
    ("root certificate file", "the file with who signs the server's certificate has no certificate",
     "write &sslrootcert=FILE"),
    ("server certificate for", "the server's certificate is for another name: {words}", "write the name of the "
     "certificate in the URL"),
    ("valid client certificate", "the server asks for a certificate", "write &sslcert=FILE&sslkey=FILE with one that "
     "it trusts"),
    ("alert certificate required", "the server asks for a certificate", "write &sslcert=FILE&sslkey=FILE with one that "
     "it trusts"),
    ("alert unknown ca", "the server does not trust who signed the certificate of sslcert", "write &sslcert=FILE&"
     "sslkey=FILE with one that it trusts"),
    ("certificate authentication failed", "the certificate of sslcert is for another user", "write the user of the "
     "certificate in the URL"),
    ("has group or world access", "others may read the file of sslkey", "chmod 600 FILE"),
    ("private key", "the file of sslkey is not the key of the certificate in sslcert: {words}", "write &sslkey=FILE"),
    ("certificate file", "the file of sslcert has no certificate: {words}", "write &sslcert=FILE"),
    ("invalid response to SSL negotiation", "the server that answers is not Postgres", "write the server's "
     "address in the URL"),
    ("no pg_hba.conf entry", "the server lets this user in neither from here nor like this", "add a line for it to the "
     "server's pg_hba.conf"),
    ("permission denied for schema", "the user may not make tables there", "have an administrator run: pacific backend "
     "init with a URL of his own and --role USER"),
    ("permission denied for table", "the user may not use the table", "have its owner run: GRANT SELECT, INSERT, "
     "UPDATE, DELETE ON {table} TO the user"),
    ("permission denied to create database", "the user may not make databases", "have an administrator make it, or use "
     "one that is there"),
    ("could not translate host name", "the server's name is not known", "write the right one in the URL"),
    ("failed to resolve host", "the server's name is not known", "write the right one in the URL"),
    ("Connection refused", "no server answers", "start one at {server}, or write the right address in the URL"),
    ("timeout", "no server answers in time", "write the right address in the URL; a firewall may be between"),
    ("the database system is", "the server is not ready: {words}", "run the same command again when it is"),
    ("terminating connection", "the server has ended the connection: {words}", "run the same command again"),
    ("server closed the connection", "the server has gone away", "run the same command again when it is there"),
    ("too many", "the server has too many connections", "run the same command again, or raise max_connections"),
)  # fmt: skip
"""Words of the server or of libpq, what they mean, and what helps; the first that fits."""
