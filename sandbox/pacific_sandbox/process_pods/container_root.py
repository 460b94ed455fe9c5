"""The command of a container that runs as a process: namespaces of its own, and this computer's files as its root.

Needs Linux with ``unshare`` and user namespaces (user_namespaces(7)); no rights. The files are this computer's own, and
what the container writes elsewhere than in its volumes stays there: it is meant for trusted programs alone.
"""

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pacific_infra.errors import PacificError
from pacific_sandbox.processes import launch

Mount = tuple[Path, str]
"""A file or folder of this computer, and the path that it has in the container."""

_ENTER: Final = r"""
root=$1 directory=$2
shift 2
# Make a folder of the computer one of the container's own, with the same things in it.
rebuild() {
  mount -t tmpfs tmpfs "$root$1"
  for child in "$1"/* "$1"/.[!.]*; do
    if [ -L "$child" ]; then cp -P "$child" "$root$child"
    elif [ "$child" = /proc ]; then mkdir "$root/proc"
    elif [ -d "$child" ]; then mkdir "$root$child"; mount --rbind "$child" "$root$child"
    elif [ -e "$child" ]; then : > "$root$child"; mount --bind "$child" "$root$child"
    fi
  done
}
rebuild ''
mount -t proc proc "$root/proc"
rebuilt=' '
while [ "$1" != -- ]; do
  source=$1 target=$2
  shift 2
  near=${target%/*}
  until [ -e "$root$near" ]; do near=${near%/*}; done
  # Nothing is made in a folder of the computer.
  if [ ! -e "$root$target" ] && [ -e "$near" ] && [ -n "$near" ]; then
    case $rebuilt in *" $near "*) ;; *) rebuild "$near"; rebuilt="$rebuilt$near ";; esac
  fi
  if [ -d "$source" ]; then mkdir -p "$root$target"
  elif [ ! -e "$root$target" ]; then mkdir -p "$root${target%/*}"; : > "$root$target"
  fi
  mount --bind "$source" "$root$target"
done
shift
exec chroot "$root" /bin/sh -c 'cd "$1" && shift && exec "$@"' sh "$directory" "$@"
"""


def container_command(root: Path, mounts: Sequence[Mount], directory: str, words: Sequence[str]) -> list[str]:
    """The command that runs ``words`` in the folder ``directory`` of a container; it is killed with this process.

    ``root``: an empty folder that becomes the container's root. Raises PacificError where there is no ``unshare``.
    """
    unshare = shutil.which("unshare")
    if sys.platform != "linux" or unshare is None:
        raise PacificError("pods run as processes on Linux only, by the program unshare of util-linux")
    places = [word for source, target in mounts for word in (str(source), os.path.realpath(target))]
    return [
        *(sys.executable, "-I", "-S", launch.__file__, str(os.getpid())),
        *(unshare, "--user", "--map-root-user", "--mount", "--pid", "--fork", "--kill-child"),
        *("/bin/sh", "-eu", "-c", _ENTER, "container", str(root), directory, *places, "--", *words),
    ]
