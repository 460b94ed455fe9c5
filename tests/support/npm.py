"""Packages of npm for tests, by exact version, installed once into the user's cache."""

import hashlib
import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from pacific_infra.settings import Settings
from tests.support.needs import Need

REGISTRY = Need("packages of npm", "let npm reach its registry once, or npm_config_registry name a mirror")


def node_modules(npm: str, name: str, pinned: Mapping[str, str]) -> Path:
    """The folder ``node_modules`` with these packages, by version. The test is skipped where npm does not get them."""
    pin = hashlib.sha256(json.dumps(pinned, sort_keys=True).encode()).hexdigest()[:12]
    folder = Settings.read().cache_directory / "npm" / f"{name}-{pin}"
    if not folder.is_dir():
        new = folder.with_name(f".{folder.name}-{os.getpid()}")
        new.mkdir(parents=True)
        (new / "package.json").write_text(json.dumps({"private": True, "dependencies": pinned}))
        command = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock"]
        done = subprocess.run(command, cwd=new, check=False, capture_output=True, text=True, timeout=900)
        if done.returncode:
            REGISTRY.skip()
        new.rename(folder)
    return folder / "node_modules"
