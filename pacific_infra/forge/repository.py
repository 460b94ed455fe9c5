"""The git repository of a pipeline: what changed, and refs of ours beside its branches.

Saved plans and locks lie in refs below ``refs/pacific/``, so that they need no storage but the forge's own: a push
that names what it expects to replace is atomic there.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from pacific_infra.errors import PacificError

REFS = "refs/pacific"
_DEADLINE = 120.0
_AUTHOR = {
    f"GIT_{role}_{field}": value
    for role in ("AUTHOR", "COMMITTER")
    for field, value in (("NAME", "pacific"), ("EMAIL", "pacific@localhost"))
}


class Repository:
    """A checkout and its remote. Every method raises PacificError where git fails."""

    def __init__(self, folder: Path, remote: str = "origin") -> None:
        self._remote = remote
        self._folder = folder
        self.root = Path(self._git("rev-parse", "--show-toplevel").strip())
        """The checkout's top folder."""

    def commit(self, revision: str = "HEAD") -> str:
        """SHA of the commit that ``revision`` names."""
        return self._git("rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}").strip()

    def tree(self, revision: str = "HEAD") -> str:
        """SHA of all files of a commit: equal for two commits with the same files."""
        return self._git("rev-parse", "--verify", "--end-of-options", f"{revision}^{{tree}}").strip()

    def parents(self, revision: str = "HEAD") -> Sequence[str]:
        """SHAs of the commits before it, the branch's first; none of the first of all, and where a checkout ends."""
        return self._git("rev-list", "--parents", "-n", "1", "--end-of-options", revision, "--").split()[1:]

    def projects(self) -> Sequence[Path]:
        """The folders of the Pulumi projects in it."""
        names = self._git("ls-files", "-z", "--", "Pulumi.yaml", "*/Pulumi.yaml").split("\0")
        return sorted(self.root / Path(name).parent for name in names if name)

    def changed(self, base: str, revision: str = "HEAD") -> Sequence[Path]:
        """The files that differ between two commits."""
        names = self._git("diff", "--name-only", "-z", "--no-renames", base, revision, "--").split("\0")
        return [self.root / name for name in names if name]

    def merge_base(self, branch: str) -> str:
        """SHA of the newest commit that HEAD shares with the remote's ``branch``."""
        self._git("fetch", "--quiet", "--no-tags", self._remote, f"+refs/heads/{branch}:{REFS}/base")
        return self._git("merge-base", f"{REFS}/base", "HEAD").strip()

    def read(self, name: str) -> Mapping[str, str] | None:
        """The files of the ref ``name`` of ours on the remote, by name; None: it does not exist."""
        commit = self._remote_commit(name)
        if commit is None:
            return None
        self._git("fetch", "--quiet", "--no-tags", "--depth=1", self._remote, f"{REFS}/{name}")
        files = self._git("ls-tree", "--name-only", "-z", commit).split("\0")
        return {file: self._git("cat-file", "blob", f"{commit}:{file}") for file in files if file}

    def write(self, name: str, files: Mapping[str, str], *, replace: bool) -> bool:
        """Make ``files`` the content of the ref ``name`` of ours on the remote. False: another has just written it.

        ``replace``: whether it may exist already.
        """
        before = self._remote_commit(name)
        if before is not None and not replace:
            return False
        entries = []
        for file, text in sorted(files.items()):
            blob = self._git("hash-object", "-w", "--stdin", text=text).strip()
            entries.append(f"100644 blob {blob}\t{file}\n")
        tree = self._git("mktree", text="".join(entries)).strip()
        commit = self._git("commit-tree", "-m", name, tree).strip()
        return self._push(f"{commit}:{REFS}/{name}", name, before)

    def remove(self, name: str) -> None:
        """Remove the ref ``name`` of ours from the remote, if it exists."""
        before = self._remote_commit(name)
        if before is not None:
            self._push(f":{REFS}/{name}", name, before)

    def names(self, pattern: str) -> Sequence[str]:
        """The refs of ours on the remote that ``pattern`` fits, in which a star is any part of a name."""
        lines = self._git("ls-remote", self._remote, f"{REFS}/{pattern}").splitlines()
        return sorted(line.partition("\t")[2].removeprefix(f"{REFS}/") for line in lines)

    def _remote_commit(self, name: str) -> str | None:
        return self._git("ls-remote", self._remote, f"{REFS}/{name}").partition("\t")[0] or None

    def _push(self, refspec: str, name: str, before: str | None) -> bool:
        lease = f"--force-with-lease={REFS}/{name}:{before or ''}"
        code, _, problem = self._run("push", "--quiet", "--porcelain", "--no-verify", lease, self._remote, refspec)
        if code == 0:
            return True
        if self._remote_commit(name) != before:
            return False
        raise PacificError(
            f"git cannot push to {self._remote}: {_last_line(problem)}",
            value=refspec.partition(":")[2],
            fix="give the job's token permission to write contents",
        )

    def _git(self, *words: str, text: str | None = None) -> str:
        code, output, problem = self._run(*words, text=text)
        if code != 0:
            raise PacificError(f"git {words[0]} failed: {_last_line(problem)}", place=str(self._folder))
        return output

    def _run(self, *words: str, text: str | None = None) -> tuple[int, str, str]:
        program = shutil.which("git")
        if program is None:
            raise PacificError("git is not installed", fix="install it in the job's image")
        environment = {**os.environ, **_AUTHOR, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
        try:
            done = subprocess.run(
                [program, *words],
                cwd=self._folder,
                env=environment,
                input=text,
                stdin=subprocess.DEVNULL if text is None else None,
                capture_output=True,
                text=True,
                check=False,
                timeout=_DEADLINE,
            )
        except subprocess.TimeoutExpired:
            raise PacificError(f"git {words[0]} did not end within {_DEADLINE:.0f} s") from None
        return done.returncode, done.stdout, done.stderr


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip() if lines else "it says nothing"
