"""The state service: the part of the Pulumi service's API that an update of one stack needs, on 127.0.0.1.

Paths and bodies are those of pkg/backend/httpstate of github.com/pulumi/pulumi/pkg/v3 v3.274.1; the engine journals
since v3.225. The service lives as long as one run, asks for a token that only this run knows, and writes into the
file backend that the run would have used.
"""

import gzip
import hmac
import json
import re
import secrets
import threading
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import unquote, urlsplit

import yaml

from pacific_infra.errors import PacificError
from pacific_infra.record.backend import BackendLock, StackFiles, read_checkpoint
from pacific_infra.record.gate import Gate
from pacific_infra.record.journal import Journal, current_deployment, settle
from pacific_infra.record.replay import JOURNAL_VERSION, Entry

ORGANIZATION = "organization"
"""What Pulumi calls the organization of a file backend's stacks."""
LARGEST_BODY = 512 * 2**20
"""Bytes of one request; the engine sends at most a hundred resources at a time."""
BATCH_MILLISECONDS = "10"
"""How long the engine collects steps before it sends them. Its own 50 ms are for a service on another continent."""
OLDEST_ENGINE = (3, 225)
"""Version of the first engine that keeps a journal."""
NO_COPY = {"PULUMI_SKIP_CHECKPOINTS": "true"}
"""Beside the journal, and in a preview, the engine puts the whole state into text after each step, and discards it: the
square of the resources, nine tenths of its work (the DiscardPersister of pkg/backend/httpstate/backend.go). Never set
where a checkpoint is the only record: a run that is killed would leave none."""
EMPTY = {"manifest": {"time": "0001-01-01T00:00:00Z", "magic": "", "version": ""}}
_EVENTS = ("events", "events/batch")
"""What the engine tells of a run, with all properties: nobody reads it here, so it is not even parsed."""
_STACK = re.compile(rf"/api/stacks/{ORGANIZATION}/([^/.]+)/([^/]+)(?:/(.+))?")
_UPDATE = re.compile(r"(update|preview|destroy|refresh)(?:/([^/]+)(?:/(.+))?)?")


class _Refusal(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class StateService:
    """Answers for one stack. Requests come from several threads."""

    def __init__(self, files: StackFiles, token: str, gate: Gate | None = None) -> None:
        """``gate``: at which the run waits before its first change; until it is opened, the stack is not locked and
        nothing is written.
        """
        self._files = files
        self._token = token
        self._gate = gate
        self._held: list[Entry] | None = None if gate is None else []
        """The steps until the gate is opened; None: steps are journaled."""
        self._digests: set[str] = set()
        """The digests of the checkpoints that the waiting run has read."""
        self._mutex = threading.Lock()
        self._journal = Journal(files)
        self._lock = BackendLock(files)
        self._running: str | None = None
        """The update that holds the stack's lock, or waits."""
        if gate is not None:
            gate.before_opening(self._record_held)

    @property
    def folder(self) -> str:
        """Where the stack is recorded."""
        return str(self._files.backend)

    def close(self) -> None:
        """Settle what can be settled and give the stack free, however the engine has ended."""
        with self._mutex:
            self._finish()

    def _finish(self) -> None:
        self._journal.close()
        if self._running is not None:
            self._running = None
            if self._held is not None:
                return
            try:
                settle(self._files)
            finally:
                self._lock.release()

    def answer(self, method: str, path: str, body: Mapping[str, Any]) -> Any:
        """The answer to a request; None: an empty one. Raises _Refusal."""
        if method == "GET" and path in _GENERAL:
            return _GENERAL[path]
        match = _STACK.fullmatch(path)
        if match is None:
            raise _Refusal(404, f"Not Found: {method} {path}")
        project, stack, rest = match.groups()
        files = StackFiles(self._files.backend, unquote(project), unquote(stack))
        if method == "GET" and rest in (None, "export"):
            # Of any stack of the backend: programs read the outputs of others.
            return self._stack(files) if rest is None else self._export(files)
        match = _UPDATE.fullmatch(rest or "")
        if match is None or files != self._files:
            raise _Refusal(404, f"Not Found: {method} {path}")
        kind, update, step = match.groups()
        if update is None:
            return {"updateID": str(uuid.uuid4()), "messages": []}
        gate = self._gate
        if gate is not None and not gate.opened and (gate.refused or _ends_waiting(step, body)) and not gate.passes():
            raise _Refusal(403, "Forbidden: this update does not take place")
        with self._mutex:
            return self._update(kind, update, step, body)

    def _update(self, kind: str, update: str, step: str | None, body: Mapping[str, Any]) -> Any:
        lease = {"token": self._token, "tokenExpiration": 2**31 - 1}
        if step is None:
            if kind != "preview":
                if not body.get("journalVersion"):
                    raise _Refusal(400, "Bad Request: this engine keeps no journal; Pulumi 3.225 and newer do")
                self._begin(update)
            return {"version": 1, "journalVersion": JOURNAL_VERSION, **lease}
        if step in _EVENTS:
            return None
        if step == "renew_lease":
            return lease
        if kind == "preview":
            return None
        if update != self._running:
            raise _Refusal(403, "Forbidden: this update is not the one that runs")
        if step == "journalentries":
            keep = self._journal.append if self._held is None else self._held.extend
            keep(body.get("entries") or ())
        elif step == "complete":
            self._finish()
        else:
            raise _Refusal(404, f"Not Found: {step}")
        return None

    def _begin(self, update: str) -> None:
        if self._running is not None:
            raise _Refusal(409, "Conflict: Another update is currently in progress.")
        if self._held is not None:
            self._running = update
            return
        try:
            self._lock.acquire()
        except PacificError as error:
            raise _Refusal(409, f"Conflict: {error}") from None
        self._running = update
        settle(self._files)
        self._journal = Journal(self._files)

    def _record_held(self) -> None:
        """Lock the stack, and journal what the run has told while it waited.

        Raises PacificError, and OSError, where that cannot be, or another run has changed the stack meanwhile.
        """
        with self._mutex:
            if self._running is not None:
                self._lock.acquire()
                try:
                    if not self._is_as_read():
                        raise PacificError("another run has changed the stack meanwhile")
                    self._journal = Journal(self._files)
                    if self._held:
                        self._journal.append(self._held)
                except BaseException:
                    self._journal.close()
                    self._lock.release()
                    raise
            self._held = None

    def _is_as_read(self) -> bool:
        """Whether the stack is still what the waiting run was given."""
        journal = self._files.journal
        if journal is not None and journal.exists():
            return False
        return self._digests <= {read_checkpoint(self._files).digest}

    def _stack(self, files: StackFiles) -> Mapping[str, Any]:
        if not files.exists():
            raise _Refusal(404, "Not Found: stack not found")
        return {
            "id": files.qualified_name,
            "orgName": ORGANIZATION,
            "projectName": files.project,
            "stackName": files.stack,
            "activeUpdate": "",
            "tags": {},
            "version": 1,
        }

    def _export(self, files: StackFiles) -> Mapping[str, Any]:
        if not files.exists():
            raise _Refusal(404, "Not Found: stack not found")
        with self._mutex:
            deployment, checkpoint = current_deployment(files)
            if files == self._files and self._held is not None:
                self._digests.add(checkpoint.digest)
        exported: dict[str, Any] = {"version": checkpoint.version, "deployment": deployment or EMPTY}
        if checkpoint.features:
            exported["features"] = checkpoint.features
        return exported


def _ends_waiting(step: str | None, body: Mapping[str, Any]) -> bool:
    """Whether a run goes no further than this before it may change something.

    The engine asks a provider to create, update, delete or import an object once the entry that tells of it is
    answered, and not before: pkg/engine/journal_snapshot.go of pkg/v3 v3.274.1. An entry for what stays has no
    operation, a component and a read change nothing.
    """
    if step == "journalentries":
        operations = (entry.get("operation") for entry in body.get("entries") or ())
        return any(
            operation["type"] != "reading" and operation["resource"].get("custom")
            for operation in operations
            if operation is not None
        )
    return step == "complete"


_GENERAL: Mapping[str, Any] = {
    "/api/user": {
        "id": "local",
        "githubLogin": ORGANIZATION,
        "name": "local",
        "email": "",
        "organizations": [{"githubLogin": ORGANIZATION, "name": ORGANIZATION}],
        "identities": [],
    },
    "/api/capabilities": {"capabilities": []},
    "/api/user/organizations/default": {"GitHubLogin": ORGANIZATION, "messages": []},
}


class _Handler(BaseHTTPRequestHandler):
    """HTTP around a StateService."""

    protocol_version = "HTTP/1.1"
    service: StateService
    token: str

    disable_nagle_algorithm = True

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing: the engine says what went wrong."""

    def _handle(self) -> None:
        path = urlsplit(self.path).path
        try:
            body = self._body(parsed=not path.endswith(_EVENTS))
            credentials = self.headers.get("Authorization", "").encode()
            # During an update the engine shows the token of its lease, which is the same.
            if not any(hmac.compare_digest(credentials, form.encode()) for form in self._accepted_credentials):
                raise _Refusal(401, "Unauthorized: this service is another run's")
            value = self.service.answer(self.command, path, body)
        except _Refusal as refusal:
            self._send(refusal.status, {"code": refusal.status, "message": str(refusal)})
        except PacificError as error:
            self._send(500, {"code": 500, "message": str(error)})
        except OSError as error:
            reason = str(error.strerror).lower()
            message = f"the step cannot be recorded in {self.service.folder} ({reason}): run it again when it can"
            self._send(507, {"code": 507, "message": message})
        else:
            self._send(204 if value is None else 200, value)

    @property
    def _accepted_credentials(self) -> tuple[str, str]:
        return f"token {self.token}", f"update-token {self.token}"

    def _body(self, *, parsed: bool) -> Mapping[str, Any]:
        length = int(self.headers.get("Content-Length") or 0)
        if length > LARGEST_BODY:
            raise _Refusal(413, "Content Too Large")
        data = self.rfile.read(length)
        if not parsed:
            return {}
        if self.headers.get("Content-Encoding") == "gzip":
            data = gzip.decompress(data)
        try:
            body = json.loads(data) if data else {}
        except ValueError:
            raise _Refusal(400, "Bad Request: the body is not JSON") from None
        return body if isinstance(body, dict) else {}

    def _send(self, status: int, value: Any) -> None:
        data = b"" if value is None else json.dumps(value).encode()
        head = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nContent-Type: application/json\r\n"
        self.wfile.write(f"{head}Content-Length: {len(data)}\r\n\r\n".encode() + data)

    do_GET = do_POST = do_PATCH = _handle  # noqa: N815 - the base's names


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing: an engine that was killed closes its connections in the middle of an answer."""


def can_journal(files: StackFiles, settings: Path, engine: Sequence[int]) -> bool:
    """Whether the stack can be recorded this way: it is in a folder, its checkpoint is a plain file, the service
    encrypts nothing, and the engine of version ``engine`` keeps a journal.

    ``settings``: Pulumi.STACK.yaml, which says how secrets are encrypted. Without it only the checkpoint does, and the
    engine would ask the service to encrypt.
    """
    try:
        content = yaml.load(settings.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return False
    if tuple(engine[:2]) < OLDEST_ENGINE or files.journal is None:
        return False
    encrypted = isinstance(content, dict) and any(content.get(name) for name in ("encryptionsalt", "secretsprovider"))
    return encrypted and files.exists()


@contextmanager
def serve_stack(files: StackFiles, gate: Gate | None = None) -> Iterator[Mapping[str, str]]:
    """Serve the stack while inside; gives the variables with which the engine finds the service. ``gate``: at which
    the run waits before its first change.

    Raises PacificError at the end where the journal cannot be settled; the next run does it.
    """
    token = secrets.token_urlsafe(32)
    service = StateService(files, token, gate)
    handler = type("Handler", (_Handler,), {"service": service, "token": token})
    server = _Server(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        with TemporaryDirectory(prefix="pacific-login-") as folder:
            yield {
                "PULUMI_BACKEND_URL": f"http://127.0.0.1:{server.server_address[1]}",
                "PULUMI_ACCESS_TOKEN": token,
                # The engine notes each login in a file; this one is not the user's.
                "PULUMI_CREDENTIALS_PATH": str(Path(folder)),
                "PULUMI_DEFAULT_ORG": ORGANIZATION,
                "PULUMI_JOURNALING_BATCH_PERIOD": BATCH_MILLISECONDS,
                "PULUMI_DISABLE_JOURNALING": "false",
                **NO_COPY,
            }
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        service.close()
