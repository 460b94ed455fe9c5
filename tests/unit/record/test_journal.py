"""The journal on the disk: torn, sent twice, of another checkpoint, of another version, on a full disk."""

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from pacific_infra.errors import PacificError
from pacific_infra.record.backend import BackendLock, StackFiles, read_checkpoint, write_checkpoint
from pacific_infra.record.journal import Journal, current_deployment, settle
from pacific_infra.record.replay import BEGIN, SUCCESS
from tests.support.needs import HAS_FILE_LIMIT, LINUX
from tests.support.paths import path_of
from tests.support.waiting import PATIENCE

STACK = "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev"


def urn(name: str) -> str:
    return f"urn:pulumi:dev::shop::kubernetes:core/v1:ConfigMap::{name}"


def created(operation: int, name: str) -> list[dict[str, Any]]:
    """The two entries of a creation."""
    state = {"urn": urn(name), "type": "kubernetes:core/v1:ConfigMap", "custom": True, "id": name, "parent": STACK}
    return [
        {
            "version": 1,
            "kind": BEGIN,
            "sequenceID": 2 * operation,
            "operationID": operation,
            "operation": {"type": "creating", "resource": state},
        },
        {"version": 1, "kind": SUCCESS, "sequenceID": 2 * operation + 1, "operationID": operation, "state": state},
    ]


@pytest.fixture
def files(tmp_path: Path) -> StackFiles:
    stack = StackFiles(tmp_path, "shop", "dev")
    write_checkpoint(stack, {"manifest": {}, "resources": [{"urn": STACK, "type": "pulumi:pulumi:Stack"}]})
    return stack


def write_journal(files: StackFiles, *batches: Sequence[dict[str, Any]]) -> None:
    journal = Journal(files)
    for batch in batches:
        journal.append(batch)
    journal.close()


def names(files: StackFiles) -> list[str]:
    deployment, _ = current_deployment(files)
    assert deployment is not None
    return [resource["urn"].rpartition("::")[2] for resource in deployment["resources"]]


def pending(files: StackFiles) -> list[str]:
    deployment, _ = current_deployment(files)
    operations = (deployment or {}).get("pending_operations") or []
    return [operation["resource"]["urn"].rpartition("::")[2] for operation in operations]


def test_what_was_recorded_is_in_the_checkpoint_that_pulumi_reads(files: StackFiles) -> None:
    write_journal(files, created(1, "a"), created(2, "b"))
    assert settle(files)
    assert not path_of(files.journal).exists()
    document = json.loads(path_of(files.checkpoint).read_text())
    assert document["version"] == 3
    assert document["checkpoint"]["stack"] == "organization/shop/dev"
    assert [resource["urn"] for resource in document["checkpoint"]["latest"]["resources"]] == [
        urn("a"),
        urn("b"),
        STACK,
    ]
    assert not settle(files)


def test_a_journal_that_is_cut_anywhere_gives_the_steps_before_the_cut(files: StackFiles, tmp_path: Path) -> None:
    write_journal(files, *(created(number, f"object-{number}") for number in range(1, 4)))
    whole = path_of(files.journal).read_bytes()
    ends = [index + 1 for index, byte in enumerate(whole) if byte == ord("\n")]
    for length in range(len(whole) + 1):
        path_of(files.journal).write_bytes(whole[:length])
        batches = sum(end <= length for end in ends[1:])
        assert names(files) == [f"object-{number}" for number in range(1, batches + 1)] + ["shop-dev"]


def test_a_step_without_an_end_is_pending_and_goes_with_its_end(files: StackFiles) -> None:
    begin, success = created(1, "a")
    write_journal(files, [begin])
    assert (names(files), pending(files)) == (["shop-dev"], ["a"])
    settle(files)
    assert pending(files) == ["a"]
    # The next run makes it: nobody has to clear anything by hand.
    write_journal(files, [{**success, "operationID": 7, "sequenceID": 1}])
    assert (names(files), pending(files)) == (["a", "shop-dev"], [])


def test_entries_that_came_twice_or_in_another_order_are_taken_once_and_in_theirs(files: StackFiles) -> None:
    first, second = created(1, "a"), created(2, "b")
    write_journal(files, second, [first[1]], first, second)
    assert names(files) == ["a", "b", "shop-dev"]
    assert pending(files) == []


def test_a_journal_of_another_checkpoint_is_settled_already(files: StackFiles) -> None:
    write_journal(files, created(1, "a"))
    journal = path_of(files.journal).read_bytes()
    settle(files)
    path_of(files.journal).write_bytes(journal)  # killed between the checkpoint and the removal of the journal
    assert names(files) == ["a", "shop-dev"]
    assert not settle(files)
    assert names(files) == ["a", "shop-dev"]
    assert not path_of(files.journal).exists()


def test_a_journal_of_another_version_is_refused_and_kept(files: StackFiles) -> None:
    write_journal(files, created(1, "a"))
    lines = path_of(files.journal).read_text().splitlines(keepends=True)
    header = {**json.loads(lines[0]), "format": 2}
    path_of(files.journal).write_text(json.dumps(header) + "\n" + "".join(lines[1:]))
    with pytest.raises(PacificError) as error:
        settle(files)
    assert str(error.value) == (
        f"{files.journal}: the journal of the last run was written by another version of pacific: got 2; allowed: 1; "
        "fix: run pacific up once with that version"
    )
    assert path_of(files.journal).exists()


def test_a_checkpoint_that_cannot_be_read_is_named(files: StackFiles) -> None:
    path_of(files.checkpoint).write_text("{")
    with pytest.raises(PacificError) as error:
        read_checkpoint(files)
    assert str(error.value) == (
        f"{path_of(files.checkpoint)}: the stack's checkpoint cannot be read: fix: restore it from a backup"
    )
    path_of(files.checkpoint).write_text('{"version": 9, "checkpoint": {}}')
    with pytest.raises(PacificError) as error:
        read_checkpoint(files)
    expected = "the stack's checkpoint is of a newer version: got 9; allowed: 4 or older"
    assert str(error.value) == f"{path_of(files.checkpoint)}: {expected}"


def test_files_of_the_record_are_their_owners_alone(files: StackFiles) -> None:
    write_journal(files, created(1, "a"))
    assert path_of(files.journal).stat().st_mode & 0o077 == 0
    assert path_of(files.checkpoint).stat().st_mode & 0o077 == 0


FULL_DISK = """
import json, resource, signal, sys
from pathlib import Path
sys.path[:0] = {path!r}
from pacific_infra.record.backend import StackFiles
from pacific_infra.record.journal import Journal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
journal = Journal(StackFiles(Path({backend!r}), "shop", "dev"))
journal.append(json.loads({first!r}))
size = journal._files.journal.stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 40, size + 40))
try:
    journal.append(json.loads({second!r}))
except OSError as error:
    print(error.strerror)
"""


@LINUX.unless(HAS_FILE_LIMIT)
def test_a_full_disk_leaves_no_part_of_a_step(files: StackFiles) -> None:
    script = FULL_DISK.format(
        path=sys.path,
        backend=str(files.backend),
        first=json.dumps(created(1, "a")),
        second=json.dumps(created(2, "b")),
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=PATIENCE)
    assert done.stdout == "File too large\n"
    assert names(files) == ["a", "shop-dev"]
    assert path_of(files.journal).read_bytes().endswith(b"\n")


FULL_AT_FIRST = """
import json, resource, signal, sys
from pathlib import Path
sys.path[:0] = {path!r}
from pacific_infra.record.backend import StackFiles
from pacific_infra.record.journal import Journal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
journal = Journal(StackFiles(Path({backend!r}), "shop", "dev"))
limit = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (20, limit[1]))
try:
    journal.append(json.loads({first!r}))
except OSError as error:
    print(error.strerror)
resource.setrlimit(resource.RLIMIT_FSIZE, limit)
journal.append(json.loads({second!r}))
"""


@LINUX.unless(HAS_FILE_LIMIT)
def test_a_disk_that_is_full_at_the_first_line_hides_no_later_step(files: StackFiles) -> None:
    script = FULL_AT_FIRST.format(
        path=sys.path,
        backend=str(files.backend),
        first=json.dumps(created(1, "a")),
        second=json.dumps(created(2, "b")),
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=PATIENCE)
    assert done.stdout == "File too large\n"
    assert names(files) == ["b", "shop-dev"]


def test_a_state_that_is_copied_with_its_journal_is_settled_to_the_same_there(
    files: StackFiles, tmp_path: Path
) -> None:
    write_journal(files, created(1, "a"))
    copied = StackFiles(tmp_path / "other-machine", files.project, files.stack)
    shutil.copytree(path_of(files.backend) / ".pulumi", path_of(copied.backend) / ".pulumi")
    assert settle(copied)
    assert settle(files)
    assert names(copied) == names(files) == ["a", "shop-dev"]


def test_a_journal_that_is_copied_to_another_state_is_not_taken_for_its_own(files: StackFiles, tmp_path: Path) -> None:
    write_journal(files, created(1, "a"))
    other = StackFiles(tmp_path / "other-machine", files.project, files.stack)
    write_checkpoint(other, {"manifest": {}, "resources": []})
    path_of(other.journal).parent.mkdir(parents=True)
    shutil.copy(path_of(files.journal), path_of(other.journal))
    assert not settle(other)
    assert names(other) == []


def test_a_lock_keeps_others_out_until_it_is_given_back(files: StackFiles) -> None:
    first, second = BackendLock(files), BackendLock(files)
    first.acquire()
    with pytest.raises(PacificError) as error:
        second.acquire()
    assert str(error.value) == "Another update is currently in progress."
    first.release()
    second.acquire()
    lock = json.loads(next(path_of(files.locks).glob("*.json")).read_text())
    assert sorted(lock) == ["hostname", "pacificMachine", "pacificProcessStarted", "pid", "timestamp", "username"]
    second.release()
    assert list(files.locks.glob("*.json")) == []
