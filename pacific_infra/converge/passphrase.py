"""The refusal of a stack whose secrets were encrypted with a different passphrase.

Pulumi.STACK.yaml has the salt of the passphrase, which lies elsewhere: in the state folder, or where the user keeps it.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from pacific_infra.errors import PacificError

INCORRECT = "incorrect passphrase"
"""Pulumi's words of it."""
_SECRET = re.compile(r"^\s*(?:-\s*)?secure:")


def wrong_passphrase(file: Path, environment: Mapping[str, str], *, recorded: bool) -> PacificError:
    """Which file has the salt, where the passphrase was read from, and what to do.

    ``file``: Pulumi.STACK.yaml. ``environment``: with Pulumi's variables. ``recorded``: the backend knows the stack.
    """
    lines = file.read_text(errors="replace").splitlines() if file.is_file() else []
    salt = next((number for number, line in enumerate(lines, 1) if line.startswith("encryptionsalt:")), None)
    secrets = [number for number, line in enumerate(lines, 1) if _SECRET.match(line)]
    ways = [_source(environment)]
    if not recorded:
        ways.append(
            f"this backend has no record of the stack ({environment.get('PULUMI_BACKEND_URL', 'pulumi whoami -v')}): "
            "set XDG_STATE_HOME, or PULUMI_BACKEND_URL, to where the stack was created; its passphrase is there too"
        )
        ways.append(_new_passphrase_fix(file, salt, secrets))
    return PacificError(
        "its secrets are encrypted with another passphrase",
        place=f"{file.name}:{salt}" if salt else file.name,
        fix="; ".join(ways),
    )


def _source(environment: Mapping[str, str]) -> str:
    if named := environment.get("PULUMI_CONFIG_PASSPHRASE_FILE"):
        return f"the passphrase was read from {named}: put the right one there"
    return "the passphrase is that of PULUMI_CONFIG_PASSPHRASE: set the right one"


def _new_passphrase_fix(file: Path, salt: int | None, secrets: list[int]) -> str:
    """Without the passphrase only new secrets help; objects that the lost record had are taken up by their owner."""
    line = f"line {salt}" if salt else "the line encryptionsalt"
    if not secrets:
        return f"where that is lost: remove {line} of {file.name}, and the next up adopts what is this stack's"
    numbers = ", ".join(map(str, secrets))
    return (
        f"where that is lost: remove {line} and the secrets (line {numbers}) of {file.name}, set these again "
        "(pulumi config set --secret KEY), and the next up adopts what is this stack's"
    )
