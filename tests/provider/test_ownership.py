"""Every object in vCenter has one owner at most: what becomes of it when two stacks want it, or one forgot it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from pacific_infra.cli.sandbox_use import owned_objects
from pacific_infra.converge.contents import Contents, contents_of
from pacific_infra.converge.existing_objects import other_owners
from pacific_infra.errors import PacificError
from pacific_infra.provider.ownership import SHOWN_BY_CALLER, ClusterMarks, Owner, verdict
from pacific_infra.vcenter.contents import foreign_objects, is_made_by_system
from pacific_infra.vcenter.supervisor_objects import SupervisorObject
from tests.support.simulated_vcenter import SUPERVISOR, Site, simulated, with_supervisor

CLASS = {"cpuCount": 2, "memoryMib": 2048}
SHOP = {"supervisor": "supervisor-01", "deletionPolicy": "Delete"}
EXPECTED: dict[str, dict[str, Any]] = {
    "Supervisor": {**SUPERVISOR, "cluster": "cluster-02", "name": "there"},
    "Namespace": {**SHOP, "name": "there"},
    "VirtualMachineClass": {**CLASS, "name": "there"},
}
SUBJECT = {
    "Supervisor": "the Supervisor there",
    "Namespace": "the namespace there",
    "VirtualMachineClass": "the VM class there",
}


def on_a_vcenter(tmp_path: Path, body: Callable[[Site], Awaitable[None]]) -> None:
    async def main() -> None:
        async with simulated(tmp_path) as site:
            await with_supervisor(site)
            await body(site)

    asyncio.run(main())


async def made_by_nobody(site: Site, kind: str) -> None:
    """One that carries no mark, as a user makes it by vCenter's own pages."""
    engine = await site.engine("console")
    state = await engine.create(kind, "there", EXPECTED[kind])
    if kind == "Supervisor":
        await ClusterMarks(site.by_hand).release([state["clusterId"]], Owner("estate/console"))
    elif kind == "Namespace":
        await site.by_hand.patch("/vcenter/namespaces/instances/there", {"description": ""})
    else:
        await site.by_hand.patch(
            "/vcenter/namespace-management/virtual-machine-classes/there", {"description": "of a user"}
        )


@pytest.mark.parametrize(
    ("owner", "adopt", "expected"),
    [
        (Owner("a/dev"), False, "adopt"),
        (Owner("b/dev"), False, "refused"),
        (Owner("b/dev"), True, "refused"),
        (None, False, "refused"),
        (None, True, "adopt"),
    ],
)
def test_what_becomes_of_an_object_that_is_there(owner: Owner | None, adopt: bool, expected: str) -> None:
    assert verdict(owner, Owner("a/dev"), adopt=adopt) == expected


@pytest.mark.parametrize("kind", EXPECTED)
def test_what_the_stack_has_made_is_taken_over_when_its_record_is_lost(tmp_path: Path, kind: str) -> None:
    async def body(site: Site) -> None:
        first, again = await site.engine(), await site.engine()
        await first.create(kind, "there", EXPECTED[kind])
        await again.create(kind, "there", EXPECTED[kind])
        assert again.identifier == first.identifier

    on_a_vcenter(tmp_path, body)


@pytest.mark.parametrize("adopt", [False, True])
@pytest.mark.parametrize("kind", EXPECTED)
def test_what_another_stack_has_made_is_refused_at_preview_and_before_the_write(
    tmp_path: Path, kind: str, adopt: bool
) -> None:
    async def body(site: Site) -> None:
        await (await site.engine()).create(kind, "there", EXPECTED[kind])
        other = await site.engine("prod")
        ((path, message),) = await other.check(kind, "there", {**EXPECTED[kind], "adopt": adopt})
        assert path == "name"
        assert message.startswith(
            f"{SUBJECT[kind]} belongs to estate/dev: fix: choose another name; to take it from that stack"
        )
        site.sent.clear()
        with pytest.raises(PacificError) as caught:
            await other.create_checked(kind, "there")
        assert str(caught.value) == message or "is marked for a Supervisor of estate/dev" in str(caught.value)
        assert [method for method, _, _ in site.sent if method != "POST"] == []

    on_a_vcenter(tmp_path, body)


@pytest.mark.parametrize("kind", EXPECTED)
def test_what_nobody_known_has_made_is_refused_unless_it_is_to_be_adopted(tmp_path: Path, kind: str) -> None:
    async def body(site: Site) -> None:
        await made_by_nobody(site, kind)
        engine, other = await site.engine(), await site.engine("prod")
        ((_, message),) = await engine.check(kind, "there", EXPECTED[kind])
        assert message == (
            f"{SUBJECT[kind]} exists already and has no known owner: fix: choose another name, say "
            f"adopt: true in its document, or import it: pulumi import pacific:vcenter:{kind} NAME there"
        )
        with pytest.raises(PacificError) as caught:
            await engine.create_checked(kind, "there")
        assert str(caught.value) == message
        await engine.create(kind, "there", {**EXPECTED[kind], "adopt": True})
        # By now it has an owner, and what was said at its creation is no difference.
        assert not (await engine.diff(kind, "there", EXPECTED[kind])).changes
        ((_, message),) = await other.check(kind, "there", {**EXPECTED[kind], "adopt": True})
        assert message.startswith(f"{SUBJECT[kind]} belongs to estate/dev")

    on_a_vcenter(tmp_path, body)


def test_a_cluster_runs_one_supervisor_and_the_preview_says_whose(tmp_path: Path) -> None:
    async def body(site: Site) -> None:
        other = await site.engine("prod")
        ((_, message),) = await other.check("Supervisor", "mine", SUPERVISOR)
        assert message.startswith("the Supervisor supervisor-01 belongs to estate/dev: fix: choose another name")
        personal = await site.engine()
        ((_, message),) = await personal.check("Supervisor", "mine", SUPERVISOR)
        assert message.startswith(
            "the Supervisor supervisor-01 exists already, on cluster-01: fix: choose another name"
        )

    on_a_vcenter(tmp_path, body)


def test_of_two_stacks_that_claim_a_cluster_one_gets_it(tmp_path: Path) -> None:
    async def body(site: Site) -> None:
        marks = ClusterMarks(site.by_hand)
        claims = [marks.claim(["domain-c2"], Owner(name)) for name in ("a/dev", "b/dev", "c/dev")]
        done = await asyncio.gather(*claims, return_exceptions=True)
        assert sorted(isinstance(entry, PacificError) for entry in done) == [False, True, True]
        owner = await marks.owner(["domain-c2"])
        assert owner is not None
        refused = next(str(entry) for entry in done if isinstance(entry, PacificError))
        assert refused == (
            f"the cluster domain-c2 is marked for a Supervisor of {owner.name}: fix: name another cluster; if that "
            f"stack no longer exists, remove the tag {owner.name} of the category pacific-infra "
            "from the cluster in vCenter"
        )

    on_a_vcenter(tmp_path, body)


def test_a_mark_does_not_outlive_its_supervisor(tmp_path: Path) -> None:
    async def body(site: Site) -> None:
        first, other = await site.engine(), await site.engine("prod")
        await first.create("Supervisor", "there", EXPECTED["Supervisor"])
        await first.delete("Supervisor", "there")
        assert await ClusterMarks(site.by_hand).owner(["domain-c2"]) is None
        await other.create("Supervisor", "there", EXPECTED["Supervisor"])
        assert await ClusterMarks(site.by_hand).owner(["domain-c2"]) == Owner("estate/prod")

    on_a_vcenter(tmp_path, body)


def test_a_supervisor_that_vcenter_refuses_leaves_no_mark(tmp_path: Path) -> None:
    async def body(site: Site) -> None:
        site.declare(effect="fail", value=403, path="/api/vcenter/namespace-management/supervisors/domain-c2")
        engine = await site.engine()
        with pytest.raises(PacificError):
            await engine.create("Supervisor", "there", EXPECTED["Supervisor"])
        assert await ClusterMarks(site.by_hand).owner(["domain-c2"]) is None

    on_a_vcenter(tmp_path, body)


@pytest.mark.parametrize("kind", EXPECTED)
def test_a_record_of_what_another_stack_has_by_now_changes_and_deletes_nothing(tmp_path: Path, kind: str) -> None:
    async def body(site: Site) -> None:
        engine = await site.engine()
        await engine.create(kind, "there", EXPECTED[kind])
        if kind == "Supervisor":
            marks = ClusterMarks(site.by_hand)
            await marks.release(["domain-c2"], Owner("estate/dev"))
            await marks.claim(["domain-c2"], Owner("b/prod"))
        else:
            part = "namespaces/instances" if kind == "Namespace" else "namespace-management/virtual-machine-classes"
            await site.by_hand.patch(f"/vcenter/{part}/there", {"description": "[pacific b/prod]"})
        recorded = {"urn": "there", "type": f"pacific:vcenter:{kind}", "inputs": EXPECTED[kind]}
        assert await other_owners(site.by_hand, [recorded], Owner("estate/dev")) == {"there": "b/prod"}
        assert await other_owners(site.by_hand, [recorded], Owner("b/prod")) == {}
        site.sent.clear()
        changes: dict[str, dict[str, Any]] = {
            "Supervisor": {"controlPlane": {**SUPERVISOR["controlPlane"], "loginBanner": "Hello"}},
            "Namespace": {"description": "other"},
            "VirtualMachineClass": {"cpuCount": 4},
        }
        with pytest.raises(PacificError, match="b/prod"):
            await engine.update(kind, "there", {**EXPECTED[kind], **changes[kind]})
        await engine.delete(kind, "there")
        assert engine.log.messages[-1] == (
            f"{SUBJECT[kind]} is not deleted: it belongs to b/prod now; only its record in this stack is removed"
        )
        assert site.sent == []

    on_a_vcenter(tmp_path, body)


def test_a_supervisor_with_anothers_namespace_on_it_is_not_deleted(tmp_path: Path) -> None:
    async def body(site: Site) -> None:
        engine, other = await site.engine(), await site.engine("prod")
        await engine.create("Supervisor", "supervisor-01", SUPERVISOR)
        await other.create("Namespace", "web", SHOP)
        await made_by_nobody(site, "Namespace")
        site.sent.clear()
        with pytest.raises(PacificError) as caught:
            await engine.delete("Supervisor", "supervisor-01")
        assert str(caught.value) == (
            "the Supervisor supervisor-01 is not deleted, because it contains objects that this stack does not own: "
            "got "
            "'namespace there without a known owner, namespace web of estate/prod'; fix: ask their owners to remove "
            "them, or import them into this stack first"
        )
        assert site.sent == []

    on_a_vcenter(tmp_path, body)


def item(kind: str, name: str, owner: str | None = None, *, group: str = "", **more: Any) -> SupervisorObject:
    annotations = {"pacific.infra/stack": owner} if owner else {}
    values = {"controlled": False, "labels": {}, **more}
    return SupervisorObject(group, "v1", kind, "shop", name, annotations, **values)


def test_claims_of_a_sets_replicas_are_told_from_those_that_are_only_called_like_them() -> None:
    stateful_set = item("StatefulSet", "db", "estate/dev", group="apps")
    labels = {"app.kubernetes.io/name": "db"}
    replicas = [item("PersistentVolumeClaim", f"data-db-{ordinal}", labels=labels) for ordinal in (0, 11)]
    others = [
        item("PersistentVolumeClaim", "backup-db-0"),
        item("PersistentVolumeClaim", "data-db-0-copy", labels=labels),
        item("PersistentVolumeClaim", "data-db-1", labels={"app.kubernetes.io/name": "other"}),
    ]
    assert list(foreign_objects([stateful_set, *replicas, *others], "estate/dev")) == others


def test_a_namespace_with_anothers_objects_in_it_is_not_deleted(tmp_path: Path) -> None:
    async def body(site: Site) -> None:
        engine = await site.engine()
        await engine.create("Namespace", "shop", SHOP)
        managed, system = item("ConfigMap", "a", "estate/dev"), item("ConfigMap", "kube-root-ca.crt")
        foreign = [item("Deployment", "web", "b/prod", group="apps"), item("Secret", "hand-made")]
        site.objects = [managed, system, *foreign]
        site.sent.clear()
        with pytest.raises(PacificError) as caught:
            await engine.delete("Namespace", "shop")
        assert str(caught.value) == (
            "the namespace shop is not deleted, because it contains objects that this stack does not own: "
            "got "
            "'Deployment web of b/prod, Secret hand-made without a known owner'; fix: ask their owners to remove "
            "them, or import them into this stack first"
        )
        assert site.sent == []
        site.objects = [managed, system]
        await engine.delete("Namespace", "shop")
        assert await engine.refresh("Namespace", "shop") is None

    on_a_vcenter(tmp_path, body)


def test_who_shows_owners_itself_gets_no_refusal_at_preview(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def body(site: Site) -> None:
        await (await site.engine()).create("Namespace", "there", EXPECTED["Namespace"])
        monkeypatch.setenv(SHOWN_BY_CALLER, "true")
        assert await (await site.engine("prod")).check("Namespace", "there", EXPECTED["Namespace"]) == []

    on_a_vcenter(tmp_path, body)


def recorded(kind: str, identifier: str, name: str) -> dict[str, Any]:
    return {"urn": name, "type": f"pacific:vcenter:{kind}", "id": identifier, "inputs": {"name": name}}


def test_what_goes_along_is_found_before_a_removal(tmp_path: Path) -> None:
    async def body(site: Site) -> None:
        engine, other = await site.engine(), await site.engine("prod")
        state = await engine.create("Supervisor", "supervisor-01", SUPERVISOR)
        await engine.create("Namespace", "shop", SHOP)
        await engine.create("Namespace", "forgotten", SHOP)
        claim = item("PersistentVolumeClaim", "kept", "estate/dev")
        site.objects = [
            claim,
            item("ConfigMap", "kube-root-ca.crt"),
            item("Deployment", "a", "estate/dev", group="apps"),
        ]
        going = [recorded("Supervisor", state["supervisor"], "supervisor-01"), recorded("Namespace", "shop", "shop")]
        resources = [*going, {"type": "kubernetes:apps/v1:Deployment", "id": "shop/a"}]

        async def objects_in(_endpoint: str, namespaces: Sequence[str]) -> list[SupervisorObject]:
            return [entry for entry in site.objects if entry.namespace in namespaces]

        async def result() -> Contents:
            return await contents_of(site.by_hand, going, resources, Owner("estate/dev"), objects_in)

        contents = await result()
        assert contents.refusals == ()
        assert [(part.id, fate.type, fate.name, fate.data) for part in contents.left for fate in part.fates] == [
            ("Namespace/forgotten", "pacific:vcenter:Namespace", "forgotten", True),
            ("Namespace/shop", "kubernetes:core/v1:PersistentVolumeClaim", "shop/kept", True),
        ]
        await other.create("Namespace", "web", SHOP)
        site.objects.append(item("Secret", "theirs", "b/prod"))
        assert [str(error).partition("; fix")[0] for error in (await result()).refusals] == [
            "the Supervisor supervisor-01 is not deleted, because it contains objects that this stack does not own: "
            "got "
            "'namespace web of estate/prod'",
            "the namespace shop is not deleted, because it contains objects that this stack does not own: got 'Secret "
            "theirs of b/prod'",
        ]

    on_a_vcenter(tmp_path, body)


def test_whose_everything_in_a_vcenter_is(tmp_path: Path) -> None:
    async def body(site: Site) -> None:
        other = await site.engine("prod")
        await other.create("Namespace", "web", SHOP)
        await other.create("VirtualMachineClass", "tiny", CLASS)
        await made_by_nobody(site, "Namespace")
        await made_by_nobody(site, "VirtualMachineClass")
        assert await owned_objects(site.by_hand) == {
            Owner("estate/dev"): ["Supervisor supervisor-01"],
            Owner("estate/prod"): ["namespace web", "VM class tiny"],
            None: ["namespace there"],
        }

    on_a_vcenter(tmp_path, body)


@pytest.mark.parametrize(
    ("kind", "name", "group", "more", "system"),
    [
        ("ServiceAccount", "default", "", {}, True),
        ("ServiceAccount", "builder", "", {}, False),
        ("ConfigMap", "kube-root-ca.crt", "", {}, True),
        ("ConfigMap", "settings", "", {}, False),
        ("ResourceQuota", "shop", "", {}, True),
        ("Endpoints", "web", "", {}, True),
        ("Pod", "web-1", "", {"controlled": True}, True),
        ("Pod", "by-hand", "", {}, False),
        ("RoleBinding", "wcp:shop:group:vsphere.local:team", "rbac.authorization.k8s.io", {}, True),
        ("RoleBinding", "team", "rbac.authorization.k8s.io", {}, False),
        ("RoleBinding", "team", "rbac.authorization.k8s.io", {"labels": {"app.kubernetes.io/managed-by": "wcp"}}, True),
        ("StoragePolicyUsage", "gold", "cns.vmware.com", {}, True),
        ("VirtualMachineImage", "vmi-1", "vmoperator.vmware.com", {}, True),
        ("VirtualMachine", "db", "vmoperator.vmware.com", {}, False),
        ("PersistentVolumeClaim", "data", "", {}, False),
        ("Queue", "q", "queues.example.com", {}, False),
        ("Queue", "q", "notcns.vmware.com.example", {}, False),
    ],
)
def test_what_vcenter_and_kubernetes_put_into_a_namespace_themselves(
    kind: str, name: str, group: str, more: dict[str, Any], system: bool
) -> None:
    assert is_made_by_system(item(kind, name, group=group, **more)) is system
