"""The disks of persistent volumes: sparse files with an ext4 file system, in place of first class disks."""

import asyncio
import contextlib
import hashlib
import os
import shutil
from pathlib import Path
from typing import Final

from pacific_sandbox.crx.machine_command import Disk
from pacific_sandbox.crx.pod_volumes import Unsupported
from pacific_sandbox.files import private_directory
from pacific_sandbox.kubernetes_api import KubernetesAPI, Object
from pacific_sandbox.supervisor import resources
from pacific_sandbox.supervisor.quantities import parse_quantity

_SUFFIX: Final = ".ext4"
_WITHIN = 60.0


class ClaimDisks:
    """The disks in one folder, one for each persistent volume that a machine has used."""

    def __init__(self, api: KubernetesAPI, directory: Path) -> None:
        self._api = api
        self._directory = directory

    async def disk(self, namespace: str, claim: str) -> Disk:
        """The disk of a bound claim, made where it is not there. Raises Unsupported."""
        stored = await self._api.get(resources.PERSISTENT_VOLUME_CLAIMS, claim, namespace)
        volume = (stored or {}).get("spec", {}).get("volumeName")
        if stored is None or volume is None:
            raise Unsupported(f'persistentvolumeclaim "{claim}" is not bound')
        if stored["spec"].get("volumeMode") == "Block":
            raise Unsupported(f'persistentvolumeclaim "{claim}": CRX machines have no raw block volumes')
        path = private_directory(self._directory) / f"{volume}{_SUFFIX}"
        if not path.exists():
            await self._remove_others(path)
            await self._make(path, stored)
        serial = hashlib.sha256(volume.encode()).hexdigest()[:20]
        return Disk(path, serial, read_only=False)

    async def _make(self, path: Path, claim: Object) -> None:
        program = shutil.which("mkfs.ext4", path=os.pathsep.join([*os.get_exec_path(), "/usr/sbin", "/sbin"]))
        if program is None:
            raise Unsupported("no mkfs.ext4 on this computer; on Debian: apt-get install e2fsprogs")
        part = path.with_suffix(".part")
        with part.open("wb") as file:
            file.truncate(int(parse_quantity(claim["spec"]["resources"]["requests"]["storage"])))
        process = await asyncio.create_subprocess_exec(
            program, "-q", "-F", "-m", "0", str(part), stderr=asyncio.subprocess.PIPE, stdin=asyncio.subprocess.DEVNULL
        )
        try:
            async with asyncio.timeout(_WITHIN):
                _, errors = await process.communicate()
        except TimeoutError:
            process.kill()
            raise Unsupported(f"mkfs.ext4 did not end within {_WITHIN:.0f} s") from None
        if process.returncode:
            raise Unsupported(f"mkfs.ext4: {errors.decode(errors='replace').strip()}")
        part.replace(path)

    async def _remove_others(self, new: Path) -> None:
        """Delete the disks of volumes that are gone: looked for whenever a new one is made."""
        volumes = await self._api.list(resources.PERSISTENT_VOLUMES)
        kept = {f"{volume['metadata']['name']}{_SUFFIX}" for volume in volumes} | {new.name}
        for file in self._directory.glob(f"*{_SUFFIX}"):
            if file.name not in kept:
                with contextlib.suppress(FileNotFoundError):
                    file.unlink()
