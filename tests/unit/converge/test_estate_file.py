"""``pacific.yaml``, and what is said of one that is wrong."""

from pathlib import Path

import pytest

from pacific_infra.converge.estate_file import read_estate_file, refuse_partition
from pacific_infra.errors import PacificError
from pacific_infra.graph.partition import PartitionRule

FIELDS = "fix: the fields are partition, size, stacks, operations, sites; see docs/fleets.md"


def test_no_file_is_one_stack(tmp_path: Path) -> None:
    assert read_estate_file(tmp_path) is None
    refuse_partition(tmp_path)


def test_it_says_how_the_estate_is_split(tmp_path: Path) -> None:
    (tmp_path / "pacific.yaml").write_text(
        "partition: application\nsize: 50\nstacks:\n  web: [shop, site]\noperations: 8\n"
    )
    content = read_estate_file(tmp_path)
    assert content is not None
    assert content.rule == PartitionRule("application", 50, {"shop": "web", "site": "web"})
    assert content.operations == 8


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("partitions: namespace\n", f"pacific.yaml:1: there is no such field: got 'partitions'; {FIELDS}"),
        (
            "size: 10\nstacks: {web: [Shop]}\n",
            "pacific.yaml:2: string should match pattern '^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$': "
            f"got 'stacks.web.0'; {FIELDS}",
        ),
        ("a: [\n", "pacific.yaml:2: this is not YAML: did not find expected node content"),
        (
            "stacks: {a: [n], b: [n]}\n",
            "pacific.yaml: the namespace n is to be in two stacks, a and b: fix: name it in one of them",
        ),
        (
            "sites: [{stacks: [lab]}, {stacks: [oslo, lab]}]\n",
            "pacific.yaml: a site is in one wave: got 'lab'; fix: name it once",
        ),
        (
            "sites:\n  - stacks: [lab]\n    after: {soak: -1}\n",
            f"pacific.yaml:3: input should be greater than or equal to 0: got 'sites.0.after.soak'; {FIELDS}",
        ),
        ("size: 1\n---\nsize: 2\n", "pacific.yaml: the file is one document: got '2 documents'"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pacific.yaml").write_text(text)
    with pytest.raises(PacificError) as refused:
        read_estate_file(tmp_path)
    assert str(refused.value) == message


def test_plain_pulumi_is_refused_for_documents_in_several_stacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pacific.yaml").write_text("partition: 4\n")
    with pytest.raises(PacificError) as refused:
        refuse_partition(tmp_path)
    assert str(refused.value) == (
        "pacific.yaml: the documents are in several stacks, and plain pulumi would make all of them in this one: fix: "
        "run pacific plan, up and down, which know the stacks; pacific up --partition none brings all into one"
    )
