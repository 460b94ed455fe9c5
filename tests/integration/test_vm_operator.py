"""VM Operator and the limits of a vSphere Namespace, as people with kubectl meet them. Marked ``sandbox``."""

import base64
import gzip
import json
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pyVmomi import vim

from pacific_sandbox.sandbox import ProcessReport, Sandbox
from pacific_sandbox.vcenter_client.session import VCenterConnection, VCenterSession, finish
from tests.support.sandbox_clients import NAMESPACES, SupervisorClient, VCenter
from tests.support.waiting import wait_until

pytestmark = pytest.mark.sandbox

API = "vmoperator.vmware.com/v1alpha5"
CLASSES = ["best-effort-small", "best-effort-large", "guaranteed-small", "guaranteed-large"]
ROLES = (("GROUP", "blue-developers", "EDIT"), ("USER", "bob", "OWNER"), ("USER", "auditor", "VIEW"))


@dataclass(frozen=True)
class Namespace:
    """A vSphere Namespace, its user's kubectl, and what is under it in vCenter."""

    name: str
    vcenter: VCenter
    client: SupervisorClient
    token: str
    simulator: VCenterSession

    def kubectl(self, *arguments: str, document: Any = None) -> str:
        """The output; the test fails where kubectl does."""
        answer = self.client.kubectl(self.token, "-n", self.name, *arguments, document=document)
        assert answer.returncode == 0, answer.stderr
        return answer.stdout

    def refused(self, *arguments: str, document: Any = None) -> str:
        """What kubectl says to what is refused."""
        answer = self.client.kubectl(self.token, "-n", self.name, *arguments, document=document)
        assert answer.returncode != 0, answer.stdout
        return answer.stderr

    def create(self, document: Any) -> None:
        self.kubectl("create", "-f", "-", document=document)

    def get(self, kind: str, name: str) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.kubectl("get", kind, name, "-o", "json"))
        return document

    def patch(self, kind: str, name: str, **spec: Any) -> None:
        self.kubectl("patch", kind, name, "--type=merge", "-p", json.dumps({"spec": spec}))

    def until(self, kind: str, name: str, holds: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
        """The object once ``holds`` is true of it."""

        def looked() -> dict[str, Any] | None:
            result = self.get(kind, name)
            return result if holds(result) else None

        result: dict[str, Any] = wait_until(f"{kind} {name}", looked)
        return result

    def machine(self, name: str) -> Any:
        """The machine of a VirtualMachine in vCenter."""
        return self.simulator.managed_object(vim.VirtualMachine, self.get("vm", name)["status"]["uniqueID"])

    def use(self) -> dict[str, int]:
        stats: dict[str, int] = self.vcenter.call("GET", f"{NAMESPACES}/v2/{self.name}")["stats"]
        return stats


def virtual_machine(name: str, **spec: Any) -> dict[str, Any]:
    described = {"className": "best-effort-small", "imageName": "debian-12", "storageClass": "gold", **spec}
    return {"apiVersion": API, "kind": "VirtualMachine", "metadata": {"name": name}, "spec": described}


def other(kind: str, name: str, **spec: Any) -> dict[str, Any]:
    return {"apiVersion": API, "kind": kind, "metadata": {"name": name}, "spec": spec}


def pod(name: str, **requests: str) -> dict[str, Any]:
    container = {"name": "c", "image": "registry.test/web", "resources": {"requests": requests}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": {"containers": [container]}}


def claim(name: str, size: str) -> dict[str, Any]:
    spec = {"storageClassName": "gold", "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name}, "spec": spec}


def has_address(vm: dict[str, Any]) -> bool:
    return bool(vm.get("status", {}).get("network", {}).get("primaryIP4"))


def condition(item: dict[str, Any], type_: str) -> dict[str, Any]:
    result = item.get("status", {}).get("conditions", ())
    return next((entry for entry in result if entry["type"] == type_), {"status": "Absent"})


def inventory_of(sandbox: Sandbox, supervisor: str) -> VCenterSession:
    """vCenter's inventory, behind VM Operator's back."""
    document = json.loads((sandbox.directory / "supervisors" / supervisor / "controllers.json").read_text())
    vcenter = document["vcenter"]
    connection = VCenterConnection(
        url=vcenter["url"],
        username=vcenter["username"],
        password_file=Path(vcenter["password_file"]),
        ca_file=Path(vcenter["ca_file"]),
        datacenter=document["datacenter"],
        cluster=document["cluster_name"],
    )
    return VCenterSession.connect(connection)


@pytest.fixture(scope="module")
def operated(sandbox: Sandbox, supervisor: str) -> Iterator[Namespace]:
    """``operated``: 8 GHz (4 cores), 12 GiB of memory, 3 pods, 40 GiB of gold."""
    vcenter, inventory = VCenter(sandbox.up()), inventory_of(sandbox, supervisor)
    policies = {item["name"]: item["policy"] for item in vcenter.call("GET", "/api/vcenter/storage/policies")}
    library = vcenter.call("GET", "/api/content/library")[0]
    spec = {
        "supervisor": supervisor,
        "namespace": "operated",
        "resource_spec": {"cpu_limit": 8000, "memory_limit": 12288, "pod_count": 3},
        "access_list": [
            {"subject_type": kind, "subject": who, "domain": "vsphere.local", "role": role} for kind, who, role in ROLES
        ],
        "storage_specs": [{"policy": policies["gold"], "limit": 40960}],
        "vm_service_spec": {"vm_classes": CLASSES},
        "content_libraries": [{"content_library": library, "writable": True}],
    }
    vcenter.call("POST", f"{NAMESPACES}/v2", spec)
    path = f"{NAMESPACES}/v2/operated"
    wait_until("operated", lambda: vcenter.call("GET", path)["config_status"] == "RUNNING")
    ca_file = sandbox.settings().ca_file
    assert ca_file is not None
    endpoint = str(vcenter.wait_running(supervisor)["APIEndpoint"])
    client = SupervisorClient(endpoint, ca_file, sandbox.directory / "users.json")
    yield Namespace("operated", vcenter, client, client.token("alice@vsphere.local"), inventory)
    vcenter.call("DELETE", f"{NAMESPACES}/operated", expect=204)
    inventory.close()
    vcenter.close()


@pytest.fixture
def namespace(operated: Namespace) -> Iterator[Namespace]:
    """``operated``, empty again after the test."""
    yield operated
    operated.kubectl("delete", "deployment,pod,pvc", "--all", "--now")
    kinds = "virtualmachinegroup,virtualmachinesnapshot,virtualmachinepublishrequest,virtualmachine"
    operated.kubectl("delete", kinds, "--all")
    operated.kubectl("delete", "virtualmachinesetresourcepolicy", "--all")


def test_a_virtual_machine_from_refusal_to_resize(namespace: Namespace) -> None:
    denied = 'admission webhook "default.validating.virtualmachine.v1alpha5.vmoperator.vmware.com" denied the request: '
    for spec, message in (
        ({"storageClass": "silver"}, "Storage policy silver does not exist"),
        ({"powerState": "Suspended"}, "cannot set a new VM's power state to Suspended"),
        ({"nextRestartTime": "now"}, "cannot restart VM on create"),
        ({"className": ""}, "spec.className: Required value"),
    ):
        refused = namespace.refused("create", "-f", "-", document=virtual_machine("v", **spec))
        assert denied in refused
        assert message in refused
    refused = namespace.refused("create", "-f", "-", document=virtual_machine("v", imageName="windows"))
    assert 'denied the request: no VM image exists for "windows" in namespace or cluster scope' in refused

    namespace.create(virtual_machine("unbound", className="best-effort-8xlarge"))
    unbound = namespace.until(
        "vm", "unbound", lambda vm: condition(vm, "VirtualMachineClassReady")["status"] == "False"
    )
    missing = 'virtualmachineclasses.vmoperator.vmware.com "best-effort-8xlarge" not found'
    assert condition(unbound, "VirtualMachineClassReady")["message"] == missing
    assert "uniqueID" not in unbound["status"]

    secret = {"name": "user-data", "key": "user-data"}
    namespace.create(virtual_machine("v", bootstrap={"cloudInit": {"rawCloudConfig": secret}}))
    created = namespace.get("vm", "v")["spec"]
    # What the server fills in is there in the answer to the create itself.
    assert created["image"]["kind"] == "VirtualMachineImage"
    assert created["bootstrap"]["cloudInit"]["instanceID"] == created["biosUUID"]
    assert (created["powerState"], created["network"]["interfaces"]) == ("PoweredOn", [{"name": "eth0"}])
    waiting = namespace.until("vm", "v", lambda vm: condition(vm, "VirtualMachineBootstrapReady")["status"] == "False")
    assert condition(waiting, "VirtualMachineBootstrapReady")["message"] == 'secrets "user-data" not found'
    namespace.kubectl("create", "secret", "generic", "user-data", "--from-literal=user-data=#cloud-config\nusers: []")
    up = namespace.until("vm", "v", has_address)
    assert {item["status"] for item in up["status"]["conditions"]} == {"True"}
    options = {item.key: item.value for item in namespace.machine("v").config.extraConfig}
    assert b"users: []" in gzip.decompress(base64.b64decode(options["guestinfo.userdata"]))

    assert "field is immutable" in namespace.refused(
        "patch", "vm", "v", "--type=merge", "-p", '{"spec":{"imageName":"x"}}'
    )
    off_only = namespace.refused("patch", "vm", "v", "--type=merge", "-p", '{"spec":{"guestID":"otherLinux64Guest"}}')
    assert "updates to this field is not allowed when VM power is on" in off_only

    # Behind its back: other hardware, switched off, deleted. It comes back each time.
    finish(namespace.machine("v").ReconfigVM_Task(spec=vim.vm.ConfigSpec(numCPUs=7)))
    wait_until("two processors", lambda: namespace.machine("v").config.hardware.numCPU == 2)
    finish(namespace.machine("v").PowerOffVM_Task())
    wait_until("power", lambda: namespace.machine("v").runtime.powerState == "poweredOn")
    before = namespace.get("vm", "v")["status"]["uniqueID"]
    finish(namespace.machine("v").PowerOffVM_Task())
    finish(namespace.machine("v").Destroy_Task())
    namespace.until("vm", "v", lambda vm: has_address(vm) and vm["status"]["uniqueID"] != before)

    namespace.patch("vm", "v", className="best-effort-large")
    changed = namespace.until(
        "vm", "v", lambda vm: condition(vm, "VirtualMachineClassConfigurationSynced")["status"] == "False"
    )
    assert changed["status"]["class"]["name"] == "best-effort-small"
    namespace.patch("vm", "v", powerState="PoweredOff")
    namespace.until("vm", "v", lambda vm: vm["status"]["class"]["name"] == "best-effort-large")
    namespace.patch("vm", "v", powerState="PoweredOn")
    namespace.until("vm", "v", has_address)
    assert namespace.machine("v").config.hardware.memoryMB == 16384
    older = json.loads(namespace.kubectl("get", "virtualmachines.v1alpha3.vmoperator.vmware.com", "v", "-o", "json"))
    assert older["apiVersion"].endswith("/v1alpha3")
    assert older["status"]["host"] == namespace.get("vm", "v")["status"]["nodeName"]
    assert "hardware" not in older["spec"]
    older["metadata"]["labels"] = {"written": "as-v1alpha3"}
    namespace.kubectl("replace", "-f", "-", document=older)
    replaced = namespace.get("vm", "v")
    assert replaced["metadata"]["labels"] == {"written": "as-v1alpha3"}
    assert len(replaced["spec"]["hardware"]["ideControllers"]) == 2

    namespace.patch("vm", "v", nextRestartTime="now")
    namespace.until("vm", "v", lambda vm: vm["status"].get("lastRestartTime"))

    last = namespace.machine("v")
    namespace.kubectl("delete", "vm", "v")
    assert last._moId not in namespace.simulator.look().machines


def test_policies_snapshots_groups_and_publishing(namespace: Namespace) -> None:
    pool = {"name": "apart", "limits": {"memory": "4Gi"}}
    policy = other(
        "VirtualMachineSetResourcePolicy", "apart", resourcePool=pool, folder="apart", clusterModuleGroups=["one"]
    )
    namespace.create(policy)
    namespace.create(virtual_machine("v", reserved={"resourcePolicyName": "apart"}))
    namespace.until("vm", "v", has_address)
    machine = namespace.machine("v")
    assert (machine.resourcePool.name, machine.parent.name) == ("apart", "apart")
    assert machine.resourcePool.config.memoryAllocation.limit == 4096
    status = namespace.get("virtualmachinesetresourcepolicy", "apart")["status"]
    assert status["resourcePools"][0]["childResourcePoolMoID"] == machine.resourcePool._moId
    assert [clustermodule["groupName"] for clustermodule in status["clustermodules"]] == ["one"]

    namespace.create(other("VirtualMachineSnapshot", "before", vmName="v"))
    ready = "VirtualMachineSnapshotReady"
    namespace.until("virtualmachinesnapshot", "before", lambda item: condition(item, ready)["status"] == "True")
    assert [item.name for item in machine.snapshot.rootSnapshotList] == ["before"]
    namespace.patch("vm", "v", className="best-effort-large", powerState="PoweredOff")
    namespace.until("vm", "v", lambda vm: vm["status"]["class"]["name"] == "best-effort-large")
    namespace.patch("vm", "v", currentSnapshotName="before")
    reverted = namespace.until(
        "vm", "v", lambda vm: has_address(vm) and vm["status"]["class"]["name"] == "best-effort-small"
    )
    assert "currentSnapshotName" not in reverted["spec"]
    assert reverted["status"]["currentSnapshot"]["name"] == "before"

    order = [{"members": [{"name": "first"}]}, {"powerOnDelay": "2s", "members": [{"name": "second"}]}]
    namespace.create(other("VirtualMachineGroup", "pair", powerState="PoweredOn", bootOrder=order))
    for name in ("first", "second"):
        namespace.create(virtual_machine(name, groupName="pair", powerState="PoweredOff"))
    namespace.until("vm", "first", lambda vm: vm["spec"]["powerState"] == "PoweredOn")
    group = namespace.until("virtualmachinegroup", "pair", lambda item: condition(item, "Ready")["status"] == "True")
    assert {member["powerState"] for member in group["status"]["members"]} == {"PoweredOn"}
    booted = [namespace.machine(name).summary.runtime.bootTime for name in ("first", "second")]
    assert (booted[1] - booted[0]).total_seconds() >= 1
    namespace.patch("virtualmachinegroup", "pair", powerState="PoweredOff")
    for name in ("first", "second"):
        namespace.until("vm", name, lambda vm: vm["status"]["powerState"] == "PoweredOff")

    library = json.loads(namespace.kubectl("get", "contentlibrary", "-o", "json"))["items"][0]["metadata"]["name"]
    target = {"item": {"name": "golden"}, "location": {"name": library}}
    namespace.create(other("VirtualMachinePublishRequest", "v", target=target))
    published = namespace.until(
        "virtualmachinepublishrequest", "v", lambda item: condition(item, "Complete")["status"] == "True"
    )
    assert namespace.get("virtualmachineimage", published["status"]["imageName"])["status"]["name"] == "golden"
    namespace.create(virtual_machine("clone", imageName="golden", powerState="PoweredOff"))


def test_a_namespace_over_its_limits(namespace: Namespace) -> None:
    quota = 'admission webhook "quota.wcp.vmware.com" denied the request: '
    storage = "gold.storageclass.storage.k8s.io/requests.storage"
    namespace.create(virtual_machine("v", className="guaranteed-small"))
    namespace.until("vm", "v", has_address)
    namespace.create(pod("web", cpu="1", memory="4Gi"))
    namespace.create(claim("data", "10Gi"))
    wait_until("use", lambda: namespace.use() == {"cpu_used": 6000, "memory_used": 8192, "storage_used": 20480})

    for document, message in (
        (
            pod("p", memory="5Gi"),
            f'{quota}pods "p" is forbidden: exceeded quota: operated, requested: requests.memory=5Gi, '
            "used: requests.memory=8Gi, limited: requests.memory=12Gi",
        ),
        (
            pod("p", cpu="2"),
            f'{quota}pods "p" is forbidden: exceeded quota: operated, requested: requests.cpu=2, '
            "used: requests.cpu=3, limited: requests.cpu=4",
        ),
        (
            virtual_machine("large", className="guaranteed-large"),
            "requested: requests.cpu=4,requests.memory=16Gi, used: requests.cpu=3,requests.memory=8Gi, "
            "limited: requests.cpu=4,requests.memory=12Gi",
        ),
        (
            claim("large", "25Gi"),
            f'{quota}persistentvolumeclaims "large" is forbidden: exceeded quota: operated-storagequota, '
            f"requested: {storage}=25Gi, used: {storage}=20Gi, limited: {storage}=40Gi",
        ),
        (
            virtual_machine("large", advanced={"bootDiskCapacity": "30Gi"}),
            f"exceeded quota: operated-storagequota, requested: {storage}=30Gi, used: {storage}=20Gi, "
            f"limited: {storage}=40Gi",
        ),
    ):
        assert message in namespace.refused("create", "-f", "-", document=document)
    for name in ("two", "three"):
        namespace.create(pod(name))
    over = namespace.refused("create", "-f", "-", document=pod("four"))
    assert "exceeded quota: operated, requested: count/pods=1, used: count/pods=3, limited: count/pods=3" in over

    # A controller meets the same: the refusal is in the ReplicaSet's condition.
    namespace.kubectl("delete", "pod", "two", "three", "--now")
    namespace.kubectl("create", "deployment", "web", "--image=registry.test/web", "--replicas=0")
    namespace.kubectl("set", "resources", "deployment", "web", "--requests=memory=16Gi")
    namespace.kubectl("scale", "deployment", "web", "--replicas=1")
    failed = namespace.until("deployment", "web", lambda item: condition(item, "ReplicaFailure")["status"] == "True")
    assert "exceeded quota: operated, requested: requests.memory=16Gi" in condition(failed, "ReplicaFailure")["message"]

    def used() -> Any:
        result = namespace.get("storagepolicyquota", "gold-storagepolicyquota").get("status", {})
        return result.get("total", [{}])[0].get("scQuotaUsage") == {"reserved": "0", "used": "20Gi"}

    wait_until("the storage policy's use", used)
    pool = namespace.machine("v").resourcePool
    assert (pool.config.cpuAllocation.limit, pool.config.memoryAllocation.limit) == (8000, 12288)


def test_killed_controllers_take_up_what_happened_meanwhile(namespace: Namespace, sandbox: Sandbox) -> None:
    def controllers() -> ProcessReport:
        return next(part for part in sandbox.status().processes if part.name == "cluster-01-controllers")

    for name in ("stays", "goes"):
        namespace.create(virtual_machine(name))
        namespace.until("vm", name, has_address)
    before = controllers()
    assert before.pid is not None
    os.kill(before.pid, signal.SIGKILL)
    # A deletion is no webhook's business; its end is the controllers', whose own writes go past their webhooks.
    namespace.kubectl("delete", "vm", "goes", "--timeout=300s")
    namespace.patch("vm", "stays", powerState="PoweredOff")
    namespace.until("vm", "stays", lambda vm: vm["status"]["powerState"] == "PoweredOff")
    assert controllers().restarts == before.restarts + 1
    assert "cannot suspend a VM" in namespace.refused(
        "patch", "vm", "stays", "--type=merge", "-p", '{"spec":{"powerState":"Suspended"}}'
    )


@pytest.mark.parametrize(
    ("user", "may", "may_not"),
    [
        (
            "alice",
            ["create virtualmachines", "delete pods", "create secrets"],
            ["create resourcequotas", "delete nodes"],
        ),
        ("bob", ["create virtualmachines", "get virtualmachineclasses"], ["create virtualmachineclasses"]),
        ("auditor", ["get virtualmachines", "list pods"], ["create virtualmachines", "get secrets", "delete pods"]),
    ],
)
def test_roles_decide(namespace: Namespace, user: str, may: list[str], may_not: list[str]) -> None:
    token = namespace.client.token(f"{user}@vsphere.local")
    for subject, answer in [*((item, "yes") for item in may), *((item, "no") for item in may_not)]:
        output = namespace.client.kubectl(token, "auth", "can-i", *subject.split(), "-n", "operated")
        assert output.stdout.strip() == answer, (user, subject)
