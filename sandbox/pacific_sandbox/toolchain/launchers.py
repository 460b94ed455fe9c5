"""The small scripts through which the engine finds this project's Python programs, in any clone.

They look at the environment in use at each start, and so never hold on to another clone's virtual environment.
"""

import shlex

LANGUAGE_HOST = "pulumi-language-python"
VSPHERE_STAND_IN = "pulumi-resource-vsphere"
VSPHERE_MARK = "# pacific-infra's stand-in for the plugin of pulumi-vsphere"
"""In the stand-in of every version."""


def language_host(python: str, *, writes: str | None = None) -> str:
    """``pulumi-language-python``: runs in the virtual environment in use, else with ``python``.

    ``writes``: a language of which it only writes SDKs, nodejs or go.
    """
    arguments = f'sdk {writes} "$@"' if writes else '"$@"'
    return f"""#!/bin/sh
# Pulumi's language host for Python: runs in the virtual environment in use, else in the one that wrote this.
# -P: the project's folder, which is the working directory, is not where our modules come from.
beside=$(command -v pacific) || beside=
for directory in "${{VIRTUAL_ENV:+$VIRTUAL_ENV/bin}}" "${{beside%/pacific}}"; do
  if [ -n "$directory" ] && [ -x "$directory/python" ] && [ -x "$directory/pacific" ]; then
    exec "$directory/python" -P -m pacific_sandbox.language_host {arguments}
  fi
done
exec {shlex.quote(python)} -P -m pacific_sandbox.language_host {arguments}
"""


def vsphere_stand_in() -> str:
    """``pulumi-resource-vsphere`` where the official plugin is not installed: runs in the environment in use."""
    return f"""#!/bin/sh
{VSPHERE_MARK}, for its sandbox alone.
beside=$(command -v pacific) || beside=
for directory in "${{VIRTUAL_ENV:+$VIRTUAL_ENV/bin}}" "${{beside%/pacific}}"; do
  if [ -n "$directory" ] && [ -x "$directory/python" ] && [ -x "$directory/pacific" ]; then
    exec "$directory/python" -P -m pacific_sandbox.vsphere_plugin "$@"
  fi
done
echo "this pulumi-resource-vsphere is pacific-infra's stand-in for its sandbox; the official plugin is" \\
  "installed by: pulumi plugin install resource vsphere --reinstall" >&2
exit 1
"""
