"""The toolchain that builds: engine, plugins and the sandbox's real parts, taken where installed, else built by pin."""

from pacific_sandbox.toolchain.toolchain import BuiltToolchain

__all__ = ["BuiltToolchain"]
