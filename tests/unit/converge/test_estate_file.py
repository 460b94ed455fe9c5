"""``pacific.yaml``, and what is said of one that is wrong."""

from pathlib import Path

import pytest

from pacific_infra.converge.estate_file import read_estate_file, refuse_partition
from pacific_infra.errors import PacificError
from pacific_infra.graph.partition import PartitionRule

FIELDS = "allowed: operations, partition, sites, size, stacks"
LABEL = "an RFC 1123 label: 1 to 63 lower-case letters, digits and '-', not at the ends"


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
        (
            "partitions: namespace\n",
            f"pacific.yaml:1: unknown field in a pacific.yaml file: got 'partitions'; {FIELDS}; fix: write partition",
        ),
        (
            "partition: namespaces\n",
            "pacific.yaml:1: partition has an unknown value: got 'namespaces'; allowed: none, namespace, application; "
            "fix: write namespace",
        ),
        ("partition: 0\n", "pacific.yaml:1: partition is out of range: got 0; allowed: 1 to 10000"),
        ("partition: 1.5\n", "pacific.yaml:1: partition is of the wrong type: got 1.5; allowed: a whole number"),
        (
            "7\n",
            "pacific.yaml:1: the pacific.yaml file is of the wrong type: got 7; allowed: an object with operations, "
            "partition, sites, size, stacks",
        ),
        (
            "size: 10\nstacks: {web: [Shop]}\n",
            f"pacific.yaml:2: stacks.web[0] has the wrong form: got 'Shop'; allowed: {LABEL}",
        ),
        (
            "sites: [lab]\n",
            "pacific.yaml:1: sites[0] is of the wrong type: got 'lab'; allowed: an object with after, stacks; "
            "fix: write {stacks: [lab]}",
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
            "pacific.yaml:3: sites[0].after.soak is out of range: got -1; allowed: 0 to 604800",
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
