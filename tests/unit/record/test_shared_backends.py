"""State in Postgres and S3: contents by key, stacks, locks and histories in them, and what the setting up says."""

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from pacific_infra.cli.fleet import state_of, states_of
from pacific_infra.cli.main import main
from pacific_infra.converge.history import this_process
from pacific_infra.converge.stack_lock import remove_stale_locks
from pacific_infra.errors import PacificError
from pacific_infra.record.backend import BackendLock, StackFiles, read_checkpoint, write_checkpoint
from pacific_infra.record.backends import backend_folder, engine_variables
from pacific_infra.record.bucket import AT_ONCE, BucketFile, read_together, version_of, write_new
from pacific_infra.record.estate import EstateRecord, EstateRecordFile, StackNote, estate_with, remove_dead
from pacific_infra.record.history import HistoryFiles, Run
from pacific_infra.record.journal import current_deployment, settle
from pacific_infra.record.postgres import PostgresBucket
from pacific_infra.record.processes import MACHINE
from tests.support.needs import POSTGRES
from tests.support.postgres import PostgresServer, postgres_server, programs
from tests.support.s3 import LOGIN, s3_server
from tests.support.waiting import PATIENCE

needs_postgres = POSTGRES.unless(programs())
ON_POSTGRES = pytest.param("postgres", marks=[pytest.mark.postgres, needs_postgres])
DEPLOYMENT = {"manifest": {}, "resources": [{"urn": "urn:pulumi:dev::shop::t::n", "type": "t"}]}


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with postgres_server() as started:
        started.execute("CREATE DATABASE state")
        started.execute("CREATE ROLE engine LOGIN PASSWORD 'engine'")
        started.execute("CREATE TABLE other_form (key TEXT PRIMARY KEY, content BYTEA)", "state")
        yield started


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in LOGIN.items():
            patch.setenv(name, value)
        with s3_server("state") as url:
            yield url


@pytest.fixture(params=[ON_POSTGRES, "s3"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> BucketFile:
    """An empty part of a backend."""
    kind = {"postgres": "server", "s3": "s3"}[request.param]
    value = request.getfixturevalue(kind)
    opened = backend_folder(value.url("state") if isinstance(value, PostgresServer) else value)
    assert isinstance(opened, BucketFile)
    return opened / tmp_path.name


def test_contents_are_read_as_they_were_written(folder: BucketFile) -> None:
    file = folder / "a_b" / "one.json"
    assert (file.is_file(), version_of(file)) == (False, None)
    assert write_new(file, b"\x00first")
    assert not write_new(file, b"second")
    assert (file.read_bytes(), file.is_file(), file.name, file.stem) == (b"\x00first", True, "one.json", "one")
    before = version_of(file)
    file.bucket.put(file.key, b"third")
    assert file.read_bytes() == b"third"
    assert version_of(file) != before
    file.unlink()
    file.unlink(missing_ok=True)
    with pytest.raises(FileNotFoundError):
        file.read_bytes()


def test_keys_are_listed_by_what_they_are_like_and_by_nothing_else(folder: BucketFile) -> None:
    for key in ("a_b/1.json", "a_b/2.json", "a_b/3.txt", "a_b/deep/4.json", "axb/5.json", "a_bc/6.json"):
        (folder / key).bucket.put((folder / key).key, b"{}")
    assert [file.name for file in (folder / "a_b").glob("*.json")] == ["1.json", "2.json"]
    assert [file.name for file in folder.glob("*/*.json")] == ["1.json", "2.json", "6.json", "5.json"]


def test_a_stack_is_there_with_its_state_and_its_lock(folder: BucketFile) -> None:
    files = StackFiles(folder, "shop", "dev")
    assert not files.exists()
    write_checkpoint(files, DEPLOYMENT)
    assert files.exists()
    assert read_checkpoint(files).deployment == current_deployment(files)[0] == DEPLOYMENT
    assert not settle(files)
    first, second = BackendLock(files), BackendLock(files)
    first.acquire()
    assert files.is_being_written()
    with pytest.raises(PacificError):
        second.acquire()
    first.release()
    assert not files.is_being_written()


def test_the_lock_of_a_dead_process_of_this_computer_is_removed_and_no_other(folder: BucketFile) -> None:
    files = StackFiles(folder, "shop", "dev")
    dead = {"pid": dead_process(), "timestamp": "2026-11-28T12:00:00Z"}
    for host in (socket.gethostname(), "other"):
        write_new(files.locks / f"{host}.json", json.dumps(dead | {"hostname": host}).encode())
    assert remove_stale_locks(folder, "shop", "dev") == [dead["pid"]]
    assert [lock.name for lock in files.locks.glob("*.json")] == ["other.json"]


def dead_process() -> int:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        pass
    return process.pid


def test_the_history_is_there_for_all(folder: BucketFile) -> None:
    history = HistoryFiles(StackFiles(folder, "shop", "dev").history)
    run = Run(0, "up", 1.0, this_process(), "digest")
    numbers = [history.begin(run, {"Namespace/shop": {"kind": "Namespace"}}).number for _ in range(2)]
    assert numbers == [read.number for read in history.runs()] == [1, 2]
    assert history.documents(history.run(2)) == {"Namespace/shop": {"kind": "Namespace"}}


def test_several_keys_are_read_at_the_same_time_and_in_their_order(folder: BucketFile) -> None:
    met = threading.Barrier(AT_ONCE)

    def read(file: BucketFile) -> bytes:
        met.wait(PATIENCE)  # none goes on before all are here
        return file.read_bytes()

    files = [folder / f"{number}.json" for number in range(AT_ONCE)]
    for file in files:
        write_new(file, file.name.encode())
    assert read_together(folder, read, files) == [file.name.encode() for file in files]
    with pytest.raises(FileNotFoundError):
        read_together(folder, BucketFile.read_bytes, [*files, folder / "missing.json"])


@pytest.mark.postgres
@needs_postgres
def test_questions_at_the_same_time_have_connections_of_their_own_which_outlive_a_restart(
    server: PostgresServer, tmp_path: Path
) -> None:
    opened = backend_folder(server.url("state"))
    assert isinstance(opened, BucketFile)
    bucket, met = opened.bucket, threading.Barrier(3)
    assert isinstance(bucket, PostgresBucket)

    def meet(key: str) -> None:
        with bucket._connected() as connection:
            met.wait(PATIENCE)
            connection.execute("SELECT 1")
        bucket.get(key)

    files = [f"{tmp_path.name}/{number}" for number in range(3)]
    read_together(opened, meet, files)
    server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'state'")
    assert read_together(opened, bucket.get, files) == [None, None, None]


def test_an_estate_has_one_run_at_a_time_wherever_it_runs(folder: BucketFile) -> None:
    records = EstateRecordFile.of(StackFiles(folder, "shop", "dev"))
    assert records.read() is None
    record = EstateRecord("{}", {"dev": StackNote(), "dev-web": StackNote(("Namespace/web",))})
    records.write(record)
    assert records.read() == record
    assert estate_with(folder, "shop", "dev-web") == "dev"
    with records.lock("shop/dev"), pytest.raises(PacificError) as error, records.lock("shop/dev"):
        pass
    assert str(error.value) == (
        f"the estate shop/dev is locked by another run: process {os.getpid()} on {socket.gethostname()}: "
        "fix: wait for it to end"
    )
    # One whose process is dead is free again; of another computer's nothing is known.
    lock = records.file.parent / "dev.lock"
    owner = {"pid": dead_process(), "host": socket.gethostname(), "pacificProcessStarted": 1.0}
    write_new(lock, json.dumps(owner).encode())
    with records.lock("shop/dev"):
        pass
    with records.lock("shop/dev"):
        # Another run had found the same lock of the dead process, and comes later: this run's lock stays.
        assert remove_dead(lock, owner)
        assert lock.is_file()
    write_new(lock, json.dumps(owner | {"id": "1"}).encode())
    write_new(lock.parent / "dev.lock.1", b"who removes it has died of it")
    with pytest.raises(PacificError, match="where it is dead: remove"), records.lock("shop/dev"):
        pass
    lock.unlink()
    write_new(lock, json.dumps(owner | {MACHINE: "computer start pid:[1]"}).encode())
    with pytest.raises(PacificError, match="where it is dead: remove"), records.lock("shop/dev"):
        pass
    lock.unlink()
    write_new(lock, json.dumps(owner | {"host": "other"}).encode())
    with pytest.raises(PacificError) as error, records.lock("shop/dev"):
        pass
    assert str(error.value) == (
        f"the estate shop/dev is locked by another run: process {owner['pid']} on other: "
        f"fix: wait for it to end; where it is dead: remove {lock}"
    )


def test_the_engine_gets_more_connections_than_it_has_operations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GOMAXPROCS", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    assert engine_variables("postgres://db/pulumi", 4) == {"GOMAXPROCS": "8"}
    assert engine_variables("postgres://db/pulumi", 64) == {"GOMAXPROCS": "34"}
    assert engine_variables("file:///state", 64) == engine_variables("s3://state", 64) == {}
    monkeypatch.setenv("GOMAXPROCS", "3")
    assert engine_variables("postgres://db/pulumi", 64) == {}


def set_up(capsys: pytest.CaptureFixture[str], *words: str, expect: int = 0) -> str:
    with pytest.raises(SystemExit) as ended_with:
        main(["backend", "init", *words])
    assert ended_with.value.code == expect
    printed = capsys.readouterr()
    return printed.out if expect == 0 else printed.err


@pytest.fixture
def no_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine's own words are another test's."""
    for name in ("XDG_CACHE_HOME", "XDG_STATE_HOME", "HOME", "PATH"):
        monkeypatch.setenv(name, str(tmp_path))


@pytest.mark.postgres
@needs_postgres
@pytest.mark.usefixtures("no_engine")
def test_a_database_is_made_with_its_table_and_the_rights_of_a_role(
    server: PostgresServer, capsys: pytest.CaptureFixture[str]
) -> None:
    url = server.url("new")
    shown = url.replace(":administrator", "")
    of_the_role = shown.replace("postgres@", "engine@")
    settings = (
        f"postgres://postgres@127.0.0.1:{server.port}/new can be read and written\n"
        "  the engine was not asked: it is not installed yet (pacific toolchain install)\n"
        f"  set     export PULUMI_BACKEND_URL='{shown}'\n"
        f"  or, in Pulumi.yaml:\n    backend:\n      url: {shown}\n"
        "  and     export PGPASSWORD=..., or a line of ~/.pgpass, where the server asks for a password\n"
        "  secrets are encrypted with a passphrase: all who share the state set the same, by\n"
        "          export PULUMI_CONFIG_PASSPHRASE_FILE=FILE\n"
    )
    rights = "gave engine SELECT, INSERT, UPDATE, DELETE on pulumi_state\n"
    new = "made the database new\nmade the table pulumi_state\n"
    assert set_up(capsys, url, "--role", "engine") == new + rights + settings.replace(shown, of_the_role)
    assert set_up(capsys, url) == settings
    folder = backend_folder(server.url("new", user="engine", password="engine"))
    assert folder is not None
    assert write_new(folder / "a", b"b")
    denied = server.url("new", user="engine", password="engine", options="sslmode=disable&table=other")
    assert set_up(capsys, denied, expect=1) == (
        f"error: postgres://engine@127.0.0.1:{server.port}/new: the user may not make tables there: fix: have an "
        "administrator run: pacific backend init with a URL of his own and --role USER\n"
    )


@pytest.mark.postgres
@needs_postgres
def test_what_the_server_refuses_is_said(server: PostgresServer, capsys: pytest.CaptureFixture[str]) -> None:
    address = f"127.0.0.1:{server.port}"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    right = "write the right one in the URL, or set PGPASSWORD"
    cases = {
        server.url("state", password="wrong"): f"postgres://postgres@{address}/state: the password is wrong, or there "
        f"is no such user: fix: {right}",
        server.url("state").replace(
            ":administrator", ""
        ): f"postgres://postgres@{address}/state: the server asks for a "
        "password: fix: set PGPASSWORD, or write one in the URL",
        server.url("state", options="sslmode=require"): f"postgres://postgres@{address}/state: the server has no TLS, "
        "and the URL asks for it: fix: give the server a certificate; on a network that nobody else reads: write "
        "?sslmode=disable",
        server.url("other", user="engine", password="engine"): f"postgres://engine@{address}/postgres: the user may "
        "not make databases: fix: have an administrator make it, or use one that is there",
        f"postgres://127.0.0.1:{port}/state": f"postgres://127.0.0.1:{port}/state: no server answers: fix: start one "
        f"at 127.0.0.1:{port}, or write the right address in the URL",
        "postgres://db.invalid/state": "postgres://db.invalid/state: the server's name is not known: fix: write the "
        "right one in the URL",
        f"postgres://{address}": f"postgres://{address}: the URL names no database: fix: write it at the end: "
        "postgres://USER@HOST:PORT/pulumi",
        server.url("state", options="sslmode=disable&sslmod=off"): f"postgres://postgres@{address}/state: the URL has "
        "an argument that is unknown: got 'sslmod'; fix: write sslmode=",
        server.url("state", options="sslmode=no"): f"postgres://postgres@{address}/state: sslmode: TLS cannot be asked "
        "for like this: got 'no'; allowed: disable, allow, prefer, require, verify-ca, verify-full",
        server.url(
            "state", options="sslmode=disable&colour=red"
        ): f"postgres://postgres@{address}/state: the URL has an "
        'argument that neither Pulumi nor the server knows: unrecognized configuration parameter "colour": fix: remove '
        "it from the URL",
        server.url("state", options="sslmode=disable&table=other_form"): f"postgres://postgres@{address}/state: the "
        'table other_form is of another form than Pulumi\'s: column "data" of relation "other_form" does not exist: '
        "fix: name another one: &table=NAME",
        server.url("state", options="sslmode=disable&table=nowhere.state"): f"postgres://postgres@{address}/state: the "
        "schema of nowhere.state is not there: fix: CREATE SCHEMA, by an administrator",
        server.url("state", options="sslmode=disable&default_transaction_read_only=on"): "postgres://postgres@"
        f"{address}/state: the server takes no writes: fix: name the primary, or have its administrator set "
        "default_transaction_read_only to off",
        "gs://state": "this backend needs no setting up: got 'gs://'; allowed: postgres://, s3://",
    }
    assert {url: set_up(capsys, url, expect=1) for url in cases} == {
        url: f"error: {text}\n" for url, text in cases.items()
    }
    for database in ("state", "not-made"):
        assert set_up(capsys, server.url(database), "--role", "nobody", expect=1) == (
            "error: --role: the server has no such role: got 'nobody'; fix: createuser --pwprompt nobody, or "
            "CREATE ROLE nobody LOGIN PASSWORD '...', then again\n"
        )
    assert server.execute("SELECT datname FROM pg_database WHERE datname = 'not-made'") == []


@pytest.mark.usefixtures("no_engine")
def test_a_bucket_is_tried_and_one_that_is_not_there_is_said(s3: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert set_up(capsys, s3).startswith("s3://state can be read and written\n")
    assert set_up(capsys, s3.replace("s3://state", "s3://none"), expect=1) == (
        "error: s3://none: the bucket is not there: fix: make it, or write the right name in the URL\n"
    )


def refused(url: str) -> str:
    folder = backend_folder(url)
    assert folder is not None
    with pytest.raises(PacificError) as error:
        [*(folder / "any").glob("*")]
    return str(error.value)


def test_why_s3_cannot_be_asked_is_said(s3: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    away = s3.replace("s3://state", "s3://away").partition("endpoint=")[0] + f"endpoint=http://127.0.0.1:{port}"
    text = refused(away)
    assert text.startswith("s3://away: no server answers: Could not connect to the endpoint URL: ")
    assert text.endswith(": fix: write the right endpoint in the URL, or run the same command again")
    assert refused(s3.replace("s3://state", "s3://a,b")) == (
        "s3://a,b: no bucket can have this name: fix: write the right one in the URL"
    )
    assert refused(f"{s3}&profile=none") == (
        "s3://state: the profile is not there: The config profile (none) could not be found: fix: write another one in "
        "the URL or in AWS_PROFILE"
    )
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    assert refused("s3://regionless") == (
        "s3://regionless: no region is named: fix: write region=REGION in the URL, or set AWS_REGION"
    )
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    assert refused("s3://loginless?region=us-east-1") == (
        "s3://loginless: no credentials were found: Unable to locate credentials: fix: set AWS_PROFILE, or "
        "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    )


@pytest.mark.postgres
@needs_postgres
def test_a_connection_that_the_server_ends_is_made_again(server: PostgresServer) -> None:
    folder = backend_folder(server.url("state"))
    assert folder is not None
    assert write_new(folder / "ended", b"content")
    server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'state'")
    assert (folder / "ended").read_bytes() == b"content"


@pytest.mark.postgres
@needs_postgres
@pytest.mark.parametrize("data", ['{"data": "%%%"}', '{"other": ""}', "[]"])
def test_a_row_that_is_not_of_pulumi_is_said(server: PostgresServer, data: str) -> None:
    folder = backend_folder(server.url("state"))
    assert folder is not None
    assert write_new(folder / "strange", b"content")
    with psycopg.connect(server.url("state"), autocommit=True) as connection:
        connection.execute("UPDATE pulumi_state SET data = %s WHERE key = 'state/strange'", (data,))
    with pytest.raises(PacificError) as error:
        (folder / "strange").read_bytes()
    (folder / "strange").unlink()
    assert str(error.value) == (
        f"postgres://postgres@127.0.0.1:{server.port}/state: state/strange: what the table has under this key is of "
        "another form than Pulumi's: fix: restore it from a backup"
    )


def test_of_many_stacks_is_told_at_once_what_is_told_of_each(folder: BucketFile, tmp_path: Path) -> None:
    for backend in (folder, tmp_path):
        stacks = {stack: StackFiles(backend, "shop", stack) for stack in ("dev", "locked", "v1.2", "none")}
        for stack in ("dev", "locked", "v1.2"):
            write_checkpoint(stacks[stack], DEPLOYMENT)
        BackendLock(stacks["locked"]).acquire()
        states = states_of(backend, "shop", stacks)
        assert states == {stack: state_of(files) for stack, files in stacks.items()}
        assert (states["locked"], states["none"]) == ("", "")
        assert states["dev"]
