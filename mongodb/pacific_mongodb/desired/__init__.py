"""The objects of a MongoDB, by pure functions of its description."""

from pacific_mongodb.desired.backup import backup_objects
from pacific_mongodb.desired.credentials import Credentials, credential_objects, credentials_of
from pacific_mongodb.desired.crx import stateful_set
from pacific_mongodb.desired.machines import machine_objects
from pacific_mongodb.desired.network import network_objects

__all__ = [
    "Credentials",
    "backup_objects",
    "credential_objects",
    "credentials_of",
    "machine_objects",
    "network_objects",
    "stateful_set",
]
