"""The programs that a converge runs: Pulumi, its language hosts and plugins."""

from pacific_infra.toolchain.toolchain import Toolchain, find_toolchain

__all__ = ["Toolchain", "find_toolchain"]
