"""The toolchain: engine, plugins and the sandbox's real parts, taken where installed, else built by pin."""

from pacific_infra.toolchain.toolchain import Toolchain

__all__ = ["Toolchain"]
