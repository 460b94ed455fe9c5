"""Whether machines can use the processor's virtualisation: tried, since having /dev/kvm does not mean that it works."""

import asyncio
import contextlib
import logging
import os
from pathlib import Path

from pacific_sandbox.crx.machine import Machine, MachineEnded
from pacific_sandbox.crx.machine_command import (
    OVERHEAD,
    Accelerator,
    MachineFiles,
    MachineSettings,
    MachineSize,
)
from pacific_sandbox.files import read_json, write_json

_WITHIN = 5.0
"""Seconds that a machine with hardware virtualisation may take to its init; a good one takes less than one."""
_DEVICE = Path("/dev/kvm")
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_log = logging.getLogger(__name__)


async def choose_accelerator(files: MachineFiles, directory: Path) -> Accelerator:
    """KVM where a test machine comes up with it, else software emulation. Remembered until this computer restarts."""
    remembered = directory / "accelerator.json"
    boot = await asyncio.to_thread(_BOOT_ID.read_text)
    before = read_json(remembered)
    if isinstance(before, dict) and before.get("boot") == boot.strip():
        return "kvm" if before.get("accelerator") == "kvm" else "tcg"
    chosen: Accelerator = "kvm" if os.access(_DEVICE, os.R_OK | os.W_OK) and await _boots(files, directory) else "tcg"
    _log.info("CRX machines run with %s", chosen)
    write_json(remembered, {"boot": boot.strip(), "accelerator": chosen})
    return chosen


async def _boots(files: MachineFiles, directory: Path) -> bool:
    settings = MachineSettings("kvm-test", MachineSize(processors=1, memory=OVERHEAD + 32))
    machine = Machine(files, settings, directory / "kvm-test")
    try:
        await machine.start("kvm")
        with contextlib.suppress(TimeoutError, MachineEnded):
            async with asyncio.timeout(_WITHIN):
                await machine.receive()
            return True
    finally:
        await machine.end()
    return False
