"""``python -m pacific_sandbox.vsphere_plugin ENGINE``: what the engine starts as ``pulumi-resource-vsphere``."""

import sys

from pacific_sandbox.vsphere_plugin.server import run

if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
