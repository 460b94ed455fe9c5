"""Which other stacks use the embedded sandbox. It is stopped when none does."""

import asyncio

from pacific_infra.cli.session import Session
from pacific_infra.converge.owners import owned_objects
from pacific_infra.provider.ownership import Owner
from pacific_infra.vcenter.client import VCenterClient
from pacific_infra.vcenter.settings import VCenterSettings

_UNKNOWN_OWNER = "an unknown owner"


def stop_sandbox(session: Session) -> None:
    """Stop the session's sandbox, unless other stacks have objects in it. Then these are named."""
    sandbox = session.sandbox
    if sandbox is None or sandbox.status().phase != "ready":
        if sandbox is not None:
            sandbox.down()
        return
    others = asyncio.run(_others(sandbox.settings(), Owner(session.name)))
    if not others:
        sandbox.down()
        return
    for owner, names in others.items():
        session.remark(f"the sandbox keeps running: {', '.join(names)} of {owner} {_verb(names)} in it")


async def _others(settings: VCenterSettings, stack: Owner) -> dict[str, list[str]]:
    client = VCenterClient(settings)
    try:
        owned = await owned_objects(client)
    finally:
        await client.close()
    return {owner.name if owner else _UNKNOWN_OWNER: names for owner, names in owned.items() if owner != stack}


def _verb(names: list[str]) -> str:
    return "is" if len(names) == 1 else "are"
