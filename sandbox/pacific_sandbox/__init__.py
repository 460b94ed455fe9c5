"""The embedded sandbox: a simulated vCenter in front of a real Kubernetes control plane, on this computer.

Importing any of it raises PacificError where the extra ``sandbox`` is not installed.
"""

from importlib.util import find_spec

from pacific_infra.errors import PacificError

MODULES = ("aiohttp", "cryptography", "jwt", "pyVmomi", "starlette", "uvicorn")
"""What the extra ``sandbox`` brings that the rest of the product does without, by the names of their modules."""

_missing = [name for name in MODULES if find_spec(name) is None]
if _missing:
    raise PacificError(
        "the embedded sandbox is not installed",
        value=f"no module {', '.join(_missing)}",
        fix="pip install 'pacific-infra[sandbox]'",
    )
