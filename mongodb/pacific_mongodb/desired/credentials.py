"""The two Secrets: what clients use, and what only members and controller know."""

import base64
import hashlib
import secrets
import string
from collections.abc import Callable
from dataclasses import dataclass

from pacific_mongodb.database import GROUP, Database, Object
from pacific_mongodb.desired.metadata import metadata

USERNAME = "root"
VERSION_ANNOTATION = f"{GROUP}/version"
"""On the Secret of clients: the newest version that the data was written by. The Secret stays with the data."""
PASSWORD_LENGTH = 32
KEY_LENGTH = 512


@dataclass(frozen=True, repr=False)
class Credentials:
    """Passwords of one database. It shows nothing of itself in logs."""

    password: str
    """The password that is wanted: what the Secret says."""
    applied: str
    """The password that the replica set has."""
    key: str
    """The key file by which members know each other."""

    def mark(self, uid: str) -> str:
        """A word that changes with the password and does not tell it."""
        return hashlib.sha256(f"{uid}/{self.password}".encode()).hexdigest()[:16]


def random_text(length: int) -> str:
    """Letters and digits, so that it needs no quoting in a connection string."""
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(length))


def credentials_of(
    secret: Object | None, internal: Object | None, new: Callable[[int], str] = random_text
) -> Credentials:
    """What the Secrets hold; what is missing is made ``new``."""
    password = _value(secret, "password") or new(PASSWORD_LENGTH)
    applied = _value(internal, "password") or password
    return Credentials(password, applied, _value(internal, "key") or new(KEY_LENGTH))


def credential_objects(
    database: Database, credentials: Credentials, secret: Object | None, internal: Object | None, version: str
) -> list[Object]:
    """Both Secrets. Their resource versions are those that were read: who changed them since is not overwritten."""
    values = {
        "username": USERNAME,
        "password": credentials.password,
        "uri": database.uri(USERNAME, credentials.password),
    }
    objects = [_secret(database, database.secret_name, values, secret, {VERSION_ANNOTATION: version})]
    if database.replica_set:
        data = {"key": credentials.key, "password": credentials.applied}
        objects.append(_secret(database, database.internal_secret_name, data, internal, {}))
    return objects


def _secret(
    database: Database, name: str, values: dict[str, str], stored: Object | None, annotations: dict[str, str]
) -> Object:
    version = {"resourceVersion": stored["metadata"]["resourceVersion"]} if stored else {}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": metadata(database, name, owned=False, annotations=annotations, **version),
        "type": "Opaque",
        "data": {key: base64.b64encode(value.encode()).decode() for key, value in values.items()},
    }


def _value(secret: Object | None, key: str) -> str:
    encoded = ((secret or {}).get("data") or {}).get(key, "")
    return base64.b64decode(encoded).decode()
