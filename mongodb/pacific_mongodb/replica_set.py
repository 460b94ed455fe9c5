"""The replica set and its user, through MongoDB's protocol."""

from collections.abc import Mapping
from typing import Any

from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure

from pacific_mongodb.database import REPLICA_SET, Database
from pacific_mongodb.desired.credentials import USERNAME, Credentials

NOT_YET_INITIALIZED, AUTHENTICATION_FAILED = 94, 18
_ANSWER_MS = 5000
Configuration = dict[str, Any]


def configuration(database: Database, current: Mapping[str, Any] | None) -> Configuration | None:
    """The next configuration towards the wanted one; None where it is reached.

    MongoDB takes in or gives up one voting member at a time (replSetReconfig), so this changes one.
    """
    desired = {index: {"_id": index, "host": database.member_host(index)} for index in range(database.members)}
    if current is None:
        return {"_id": REPLICA_SET, "members": list(desired.values())}
    members = {member["_id"]: dict(member) for member in current["members"]}
    surplus = sorted(members.keys() - desired.keys())
    missing = sorted(desired.keys() - members.keys())
    if surplus:
        del members[surplus[-1]]
    elif missing:
        members[missing[0]] = desired[missing[0]]
    else:
        return None
    return {**current, "version": current["version"] + 1, "members": [members[key] for key in sorted(members)]}


async def keep_replica_set(database: Database, credentials: Credentials) -> bool:
    """Initiate it, and bring its members a step nearer. Whether it is as wanted. Raises PyMongoError."""
    first = _client(database.member_host(0), credentials.applied, direct=True)
    async with first:
        try:
            current = (await first.admin.command("replSetGetConfig"))["config"]
        except OperationFailure as error:
            if error.code != NOT_YET_INITIALIZED:
                raise
            await first.admin.command("replSetInitiate", configuration(database, None))
            return False
    following = configuration(database, current)
    if following is None:
        return True
    hosts = ",".join(str(member["host"]) for member in current["members"])
    primary = _client(hosts, credentials.applied)
    async with primary:
        await primary.admin.command("replSetReconfig", following)
    return False


async def rotate_password(database: Database, credentials: Credentials) -> None:
    """Have the database take the wanted password, unless it has it already. Raises PyMongoError."""
    hosts = ",".join(database.member_host(index) for index in range(database.members))
    old = _client(hosts, credentials.applied)
    async with old:
        try:
            await old.admin.command("updateUser", USERNAME, pwd=credentials.password)
            return
        except OperationFailure as error:
            if error.code != AUTHENTICATION_FAILED:
                raise
    # An earlier run may have ended between the change and its record.
    new = _client(hosts, credentials.password)
    async with new:
        await new.admin.command("ping")


def _client(hosts: str, password: str, *, direct: bool = False) -> AsyncMongoClient[dict[str, Any]]:
    return AsyncMongoClient(
        f"mongodb://{hosts}/",
        username=USERNAME,
        password=password,
        authSource="admin",
        directConnection=direct,
        serverSelectionTimeoutMS=_ANSWER_MS,
        replicaSet=None if direct else REPLICA_SET,
    )
