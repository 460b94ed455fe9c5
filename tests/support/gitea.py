"""A real Gitea on this computer: server, database and Actions runner, as `toolchain install --forge` builds them."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from pacific_sandbox.ports import free_port
from pacific_sandbox.toolchain import BuiltToolchain
from tests.support.needs import IS_ROOT, Need
from tests.support.waiting import PATIENCE

GITEA = Need("Gitea and its runner", "./run pacific toolchain install --forge")
POSTGRES = Need("PostgreSQL", "apt install postgresql")
OWNER, NAME = "platform", "estate"
REQUIRED = "pacific/plan"
"""The check that a pull request into main has to pass, as docs/pipelines.md says."""
_PASSWORD = "of-the-tests"
_STARTED_WITHIN = 90.0
_SETTINGS = """\
APP_NAME = Gitea
RUN_MODE = prod
I_AM_BEING_UNSAFE_RUNNING_AS_ROOT = true
[server]
HTTP_ADDR = 127.0.0.1
HTTP_PORT = {port}
ROOT_URL = http://127.0.0.1:{port}/
STATIC_ROOT_PATH = {share}
DISABLE_SSH = true
OFFLINE_MODE = true
LFS_START_SERVER = false
[database]
DB_TYPE = postgres
HOST = {socket}
NAME = postgres
USER = gitea
[repository]
DEFAULT_BRANCH = main
[security]
INSTALL_LOCK = true
[service]
DISABLE_REGISTRATION = true
[log]
MODE = file
LEVEL = Info
[actions]
ENABLED = true
DEFAULT_ACTIONS_URL = self
[indexer]
ISSUE_INDEXER_TYPE = db
[cron.update_checker]
ENABLED = false
"""


@dataclass(frozen=True)
class Gitea:
    """One that runs, with a user who may do everything."""

    url: str
    token: str
    folder: Path
    program: Path
    runner_program: Path

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """An answer of its API, which must be a success."""
        headers = {"Authorization": f"token {self.token}"}
        answer = httpx2.request(method, f"{self.url}/api/v1/{path}", json=body, headers=headers, timeout=PATIENCE)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def repository(self, owner: str = OWNER, name: str = NAME) -> str:
        """Make a repository; the URL that its owner pushes to."""
        if owner == OWNER:
            self.call("POST", "user/repos", {"name": name, "default_branch": "main"})
            rule = {"rule_name": "main", "enable_push": True, "enable_status_check": True}
            checks = {"status_check_contexts": [REQUIRED]}
            self.call("POST", f"repos/{owner}/{name}/branch_protections", rule | checks)
        else:
            with contextlib.suppress(AssertionError):
                self.call("POST", "orgs", {"username": owner})
            self.call("POST", f"orgs/{owner}/repos", {"name": name, "default_branch": "main"})
        return f"{self.url.replace('://', f'://{OWNER}:{self.token}@')}/{owner}/{name}.git"

    def open_pull_request(self, branch: str, title: str) -> int:
        """The number of a new pull request into main."""
        body = {"head": branch, "base": "main", "title": title}
        return int(self.call("POST", f"repos/{OWNER}/{NAME}/pulls", body)["number"])

    def merge(self, number: int) -> str:
        """Merge a pull request as a person would who fast-forwards; the commit that main has then."""
        self.call("POST", f"repos/{OWNER}/{NAME}/pulls/{number}/merge", {"Do": "fast-forward-only"})
        return str(self.call("GET", f"repos/{OWNER}/{NAME}/branches/main")["commit"]["id"])

    def comments(self, number: int) -> list[str]:
        """The bodies of a pull request's comments."""
        return [entry["body"] for entry in self.call("GET", f"repos/{OWNER}/{NAME}/issues/{number}/comments")]

    def heading(self, number: int) -> str:
        """What a pull request's page says above its checks."""
        page = httpx2.get(f"{self.url}/{OWNER}/{NAME}/pulls/{number}", headers={"Accept-Language": "en"}).text
        # The list of commits has such headings too, without a word in them.
        (heading,) = filter(None, re.findall(r'commit-status-header">\s*([^<]*?)\s*<', page))
        return str(heading)

    def statuses(self, commit: str) -> dict[str, tuple[str, str]]:
        """State and description of the last status by context."""
        entries = self.call("GET", f"repos/{OWNER}/{NAME}/commits/{commit}/status")["statuses"]
        return {entry["context"]: (entry["status"], entry["description"]) for entry in entries or ()}

    def open_issues(self) -> list[tuple[str, str]]:
        """Title and body of each open issue."""
        entries = self.call("GET", f"repos/{OWNER}/{NAME}/issues?type=issues&state=open")
        return [(entry["title"], entry["body"]) for entry in entries]

    def job_logs(self) -> str:
        """What the jobs of the repository's workflows have written, the end of each."""
        path = f"repos/{OWNER}/{NAME}/actions"
        jobs = self.call("GET", f"{path}/jobs")["jobs"] or ()
        texts = []
        for job in jobs:
            answer = httpx2.get(
                f"{self.url}/api/v1/{path}/jobs/{job['id']}/logs", headers={"Authorization": f"token {self.token}"}
            )
            texts.append(f"== {job['name']} {job['status']} {job.get('conclusion')}\n{answer.text[-3000:]}")
        return "\n".join(texts)

    @contextmanager
    def runner(self, environment: Mapping[str, str]) -> Iterator[Path]:
        """A runner whose jobs are processes with this environment; gives its log."""
        folder = self.folder / "runner"
        folder.mkdir()
        token = _gitea(self.program, self.folder, "actions", "generate-runner-token")
        words = ["register", "--no-interactive", "--name", "tests", "--labels", "ubuntu-latest:host"]
        command = [str(self.runner_program), *words, "--instance", self.url, "--token", token]
        subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, timeout=PATIENCE)
        # It keeps actions by their names, whichever server they came from.
        (folder / "runner.yaml").write_text(f"host: {{workdir_parent: {folder / 'work'}}}\n")
        log = folder / "runner.log"
        with log.open("wb") as output:
            started = subprocess.Popen(
                [self.runner_program, "daemon", "--config", "runner.yaml"],
                cwd=folder,
                env=environment,
                stdout=output,
                stderr=output,
            )
            with _ending(started):
                yield log


@contextmanager
def running_gitea(toolchain: BuiltToolchain) -> Iterator[Gitea]:
    """Start one in a folder of its own; the test is skipped where it, or PostgreSQL, is not installed."""
    program = GITEA.installed(lambda: toolchain.program("gitea"))
    runner = GITEA.installed(lambda: toolchain.program("gitea-runner"))
    binaries = _postgres_programs()
    folder = Path(tempfile.mkdtemp(prefix="gitea-"))
    # PostgreSQL runs as another user where the tests are root's.
    folder.chmod(0o755)
    try:
        with _postgres(binaries, folder / "database") as socket:
            port = free_port()
            (folder / "custom" / "conf").mkdir(parents=True)
            share = program.parents[1] / "share"
            settings = _SETTINGS.format(port=port, share=share, socket=socket)
            (folder / "custom" / "conf" / "app.ini").write_text(settings)
            _gitea(program, folder, "migrate")
            user = ["--username", OWNER, "--password", _PASSWORD, "--email", "platform@example.test"]
            _gitea(program, folder, "admin", "user", "create", "--admin", "--must-change-password=false", *user)
            words = ["admin", "user", "generate-access-token", "--username", OWNER, "--scopes", "all", "--raw"]
            token = _gitea(program, folder, *words)
            gitea = Gitea(f"http://127.0.0.1:{port}", token, folder, program, runner)
            command = [str(program), "web", "--work-path", str(folder)]
            with (folder / "web.log").open("wb") as log:
                started = subprocess.Popen(command, env=_environment(folder), stdout=log, stderr=log)
            with _ending(started):
                _wait_until_it_answers(gitea.url, started)
                yield gitea
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait_until_it_answers(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _STARTED_WITHIN
    while True:
        assert process.poll() is None, "Gitea ended"
        with contextlib.suppress(httpx2.TransportError):
            if httpx2.get(f"{url}/api/v1/version").is_success:
                return
        assert time.monotonic() < deadline, f"Gitea did not answer within {_STARTED_WITHIN:.0f} s"
        time.sleep(0.2)


def _environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GITEA_", "GIT_"))}
    return {**kept, "GITEA_WORK_DIR": str(folder), "HOME": str(folder)}


def _gitea(program: Path, folder: Path, *words: str) -> str:
    """Run a command of Gitea's; its last line. As root it warns in those before."""
    done = subprocess.run(
        [str(program), *words, "--work-path", str(folder)],
        env=_environment(folder),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, f"gitea {' '.join(words)}: {done.stdout}{done.stderr}"
    return done.stdout.splitlines()[-1] if done.stdout else ""


def _postgres_programs() -> Path:
    """The folder of initdb and postgres."""
    initdb = shutil.which("initdb")
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if initdb is None and not folders:
        POSTGRES.skip()
    return Path(initdb).resolve().parent if initdb else folders[-1]


@contextmanager
def _postgres(binaries: Path, folder: Path) -> Iterator[Path]:
    """A server with a superuser gitea; gives the folder of its socket."""
    folder.mkdir()
    user = "nobody" if IS_ROOT else None
    if user is not None:
        shutil.chown(folder, user)
    data = folder / "data"
    words = [str(binaries / "initdb"), "-D", str(data), "-U", "gitea", "--auth=trust", "--no-sync"]
    subprocess.run(words, user=user, cwd=folder, check=True, capture_output=True, timeout=PATIENCE)
    settings = ["-k", str(folder), "-c", "listen_addresses=", "-c", "fsync=off"]
    words = [str(binaries / "postgres"), "-D", str(data), *settings]
    log = (folder.parent / "postgres.log").open("wb")
    started = subprocess.Popen(words, user=user, cwd=folder, stdout=log, stderr=log)
    with log, _ending(started, signal.SIGINT):
        deadline = time.monotonic() + _STARTED_WITHIN
        ready = [str(binaries / "pg_isready"), "-h", str(folder)]
        while subprocess.run(ready, capture_output=True, check=False).returncode:
            assert started.poll() is None, (folder.parent / "postgres.log").read_text()
            assert time.monotonic() < deadline, "PostgreSQL did not start"
            time.sleep(0.1)
        yield folder


@contextmanager
def _ending(process: subprocess.Popen[bytes], sign: signal.Signals = signal.SIGTERM) -> Iterator[None]:
    try:
        yield
    finally:
        process.send_signal(sign)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(30)
