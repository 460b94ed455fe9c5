"""What is wrong with documents SupervisorCluster, Namespace and VirtualMachineClass, word for word."""

from pathlib import Path

import pytest

from tests.support.bad_documents import HEAD, NAMESPACE, ONE_CLUSTER, SUPERVISOR, errors_of

NSXT = ONE_CLUSTER + "  workloadNetwork: {type: NSXT, nsx: {distributedSwitch: dvs-01}}\n"
VSPHERE = ONE_CLUSTER + "  workloadNetwork: {type: VSPHERE, network: workload-01}\n"
TEMPLATE = HEAD + "kind: NamespaceTemplate\nmetadata: {name: team}\nspec:\n  supervisor: supervisor-01\n"
CLASS = HEAD + "kind: VirtualMachineClass\nmetadata: {name: gpu}\nspec:\n  cpuCount: 2\n"
MANAGED = (
    SUPERVISOR + "  cluster: cluster-01\n  storagePolicy: gold\n"
    "  workloadNetwork: {type: NSXT, nsx: {distributedSwitch: dvs-01}}\n  managementNetwork:\n"
)

CASES = {
    "network and segment": (
        MANAGED + "    network: a\n    networkSegment: [b]\n",
        "a.yaml:8: spec.managementNetwork: a management network is either network or networkSegment: "
        "fix: give one of the two",
    ),
    "proxy of somebody else": (
        MANAGED + "    network: a\n    proxy:\n      source: NONE\n      https: http://proxy:3128\n",
        "a.yaml:12: spec.managementNetwork.proxy.https: a proxy of NONE does not allow https: "
        "fix: remove https, or set source: CLUSTER_CONFIGURED",
    ),
    "proxy without an address": (
        MANAGED + "    network: a\n    proxy: {source: CLUSTER_CONFIGURED}\n",
        "a.yaml:10: spec.managementNetwork.proxy: a proxy of CLUSTER_CONFIGURED has no address: "
        "fix: add https, http, or both",
    ),
    "proxy with a login": (
        MANAGED + "    network: a\n    proxy:\n      source: CLUSTER_CONFIGURED\n      http: proxy.example.com:3128\n",
        "a.yaml:12: spec.managementNetwork.proxy.http: not a valid URL of a proxy: got 'proxy.example.com:3128'; "
        "allowed: http:// or https:// with host and port, without a login, such as http://proxy.example.com:3128",
    ),
    "login at a registry": (
        NSXT + "  imageRegistry: {hostname: registry.example.com, username: reader}\n",
        "a.yaml:9: spec.imageRegistry: a login at a registry has no password: fix: add password, or remove username",
    ),
    "vCenter's word": (
        NAMESPACE + "  zones: [{name: zone-1, vmReservations: []}]\n",
        "a.yaml:6: unknown field in spec.zones[0]: got 'vmReservations'; allowed: disallowUnreservedDirectPathUsage, "
        "limits, name, reservations, virtualMachineReservations; fix: write virtualMachineReservations",
    ),
    "vCenter's word for a policy": (
        CLASS + "  memory: 4Gi\n  instanceStorage: {storagePolicy: local, volumes: [{size: 1Gi}], policy: a}\n",
        "a.yaml:7: unknown field in spec.instanceStorage: got 'policy'; allowed: storagePolicy, volumes; "
        "fix: write storagePolicy",
    ),
    "password in a document": (
        NSXT + "  imageRegistry: {hostname: registry.example.com, username: reader, password: hunter2}\n",
        "a.yaml:9: spec.imageRegistry.password: a secret is kept in the stack's configuration, not in a document: "
        "fix: pulumi config set --secret KEY, and write {config: KEY}",
    ),
    "two clusters in a zone": (
        HEAD + "kind: Zone\nmetadata: {name: a}\nspec:\n  clusters: [one, two, one]\n",
        "a.yaml:5: spec.clusters[2]: clusters names this twice: got 'one'; fix: remove one",
    ),
    "template without limits": (
        TEMPLATE + "  storagePolicies: [{name: gold}]\n",
        "a.yaml:4: spec: a namespace template has no limits, object counts or defaults: "
        "fix: add limits, such as limits: {cpu: 10GHz, memory: 16Gi}",
    ),
    "template for a user and a group": (
        TEMPLATE + "  limits: {cpu: 1GHz}\n  storagePolicies: [{name: gold}]\n"
        "  users: [{user: a, group: b, domain: vsphere.local}]\n",
        "a.yaml:8: spec.users[0]: access is for either a user or a group: fix: give one of the two",
    ),
    "name alone": (
        NAMESPACE + "  storagePolicies: [gold]\n",
        "a.yaml:6: spec.storagePolicies[0] is of the wrong type: got 'gold'; allowed: an object with limit, name; "
        "fix: write {name: gold}",
    ),
    "range in one text": (
        VSPHERE + "  loadBalancer: {provider: VSPHERE_FOUNDATION, addressRanges: [10.0.0.1-10.0.0.9]}\n",
        "a.yaml:9: spec.loadBalancer.addressRanges[0] is of the wrong type: got '10.0.0.1-10.0.0.9'; "
        "allowed: an object with count, start",
    ),
    "empty name": (
        CLASS + "  memory: 4Gi\n  memoryReservation: 100\n  devices: {vgpuDevices: [{profileName: ''}]}\n",
        "a.yaml:8: spec.devices.vgpuDevices[0].profileName is too short: got ''; allowed: 1 or more characters",
    ),
    "namespace of a namespace": (
        HEAD + "kind: Namespace\nmetadata: {name: shop, namespace: shop}\nspec: {supervisor: s}\n",
        "a.yaml:3: a Namespace is in no namespace: fix: remove metadata.namespace",
    ),
    "library twice": (
        NSXT + "  contentLibraries:\n  - linux-images\n  - name: linux-images\n",
        "a.yaml:11: spec.contentLibraries[1].name: contentLibraries names this twice: got 'linux-images'; "
        "fix: remove one",
    ),
    "field of a library": (
        NSXT + "  contentLibraries:\n  - {name: linux-images, supervisorService: [a]}\n",
        "a.yaml:10: unknown field in spec.contentLibraries[0]: got 'supervisorService'; "
        "allowed: name, resourceNamingStrategy, supervisorServices; fix: write supervisorServices",
    ),
    "no library": (
        NSXT + "  contentLibraries: [3]\n",
        "a.yaml:9: spec.contentLibraries[0] is of the wrong type: got 3; "
        "allowed: text, or an object with name, resourceNamingStrategy, supervisorServices",
    ),
    "zone bound twice": (
        NSXT + "  zoneBindings:\n  - zone: zone-4\n  - zone: zone-4\n",
        "a.yaml:11: spec.zoneBindings[1].zone: zoneBindings names this twice: got 'zone-4'; fix: remove one",
    ),
    "zone of the control plane": (
        SUPERVISOR + "  zones: [zone-1]\n  storagePolicy: gold\n  managementNetwork: {network: management}\n"
        "  workloadNetwork: {type: NSXT, nsx: {distributedSwitch: dvs-01}}\n"
        "  zoneBindings:\n  - zone: zone-4\n    type: MANAGEMENT\n",
        "a.yaml:10: spec.zoneBindings[0].zone: a zone of the control plane is not among zones: got 'zone-4'; "
        "allowed: zone-1; fix: name it in zones too, or set type: WORKLOAD",
    ),
    "class reserved twice": (
        NSXT + "  zoneBindings:\n  - zone: zone-4\n    virtualMachineReservations:\n"
        "    - {class: gpu, count: 1}\n    - {class: gpu, count: 2}\n",
        "a.yaml:13: spec.zoneBindings[0].virtualMachineReservations[1].class: virtualMachineReservations names this "
        "twice: got 'gpu'; fix: remove one",
    ),
    "reservation below 0": (
        NSXT + "  zoneBindings:\n  - zone: zone-4\n    virtualMachineReservations: [{class: gpu, count: -1}]\n",
        "a.yaml:11: spec.zoneBindings[0].virtualMachineReservations[0].count is out of range: got -1; "
        "allowed: 0 to 2147483647",
    ),
    "settings of another load balancer": (
        VSPHERE + "  loadBalancer:\n    provider: VSPHERE_FOUNDATION\n    nsx: {}\n",
        "a.yaml:11: spec.loadBalancer.nsx: a load balancer of VSPHERE_FOUNDATION does not allow nsx: "
        "fix: remove nsx, or set provider: NSX",
    ),
    "translation without addresses": (
        NSXT + "  loadBalancer:\n    provider: NSX\n    nsx: {routingMode: NAT}\n",
        "a.yaml:11: spec.loadBalancer.nsx: routingMode NAT has no egressRanges: "
        "fix: add egressRanges: [{start: 10.0.1.10, count: 16}]",
    ),
    "addresses without translation": (
        NSXT + "  loadBalancer:\n    provider: NSX\n    nsx:\n      routingMode: ROUTED\n"
        "      egressRanges: [{start: 10.0.1.10, count: 1}]\n",
        "a.yaml:13: spec.loadBalancer.nsx.egressRanges: egressRanges is not allowed with routingMode ROUTED: "
        "fix: remove egressRanges, or set routingMode: NAT",
    ),
    "interface without a port group": (
        VSPHERE + "  loadBalancer:\n    provider: VSPHERE_FOUNDATION\n    foundation:\n      interfaces:\n"
        "      - {personas: [FRONTEND], type: DVPG}\n",
        "a.yaml:13: spec.loadBalancer.foundation.interfaces[0]: an interface of type DVPG has no network: "
        "fix: add network",
    ),
    "interface with two networks": (
        VSPHERE + "  loadBalancer:\n    provider: VSPHERE_FOUNDATION\n    foundation:\n      interfaces:\n"
        "      - {personas: [FRONTEND], type: PRIMARY_WORKLOAD, network: a}\n",
        "a.yaml:13: spec.loadBalancer.foundation.interfaces[0].network: an interface of type PRIMARY_WORKLOAD does "
        "not allow network: fix: remove network, or set type: DVPG",
    ),
    "memory of a class": (
        CLASS + "  memory: 1001Mi\n",
        "a.yaml:6: spec.memory: the memory of a VM class must be a multiple of 4Mi: got '1001Mi'; "
        "allowed: a multiple of 4Mi; fix: write 1000Mi or 1004Mi",
    ),
    "devices without all the memory": (
        CLASS + "  memory: 4Gi\n  memoryReservation: 50\n  devices: {vgpuDevices: [{profileName: grid_t4-8q}]}\n",
        "a.yaml:7: spec.memoryReservation: a VM class with devices guarantees all of its memory: got 50; "
        "allowed: 100; fix: set memoryReservation: 100",
    ),
    "no devices": (
        CLASS + "  memory: 4Gi\n  devices: {}\n",
        "a.yaml:7: spec.devices: devices names none: "
        "fix: add vgpuDevices or dynamicDirectPathIoDevices, or remove devices",
    ),
    "PCI identifier": (
        CLASS + "  memory: 4Gi\n  memoryReservation: 100\n  devices:\n    dynamicDirectPathIoDevices:\n"
        "    - {vendorId: 10DE, deviceId: 0x1EB8}\n",
        "a.yaml:10: spec.devices.dynamicDirectPathIoDevices[0].vendorId: not a PCI identifier: got '10DE'; "
        "allowed: 0x and 1 to 4 hexadecimal digits, or a number of 0 to 65535",
    ),
    "no volumes": (
        CLASS + "  memory: 4Gi\n  instanceStorage: {storagePolicy: local, volumes: []}\n",
        "a.yaml:7: spec.instanceStorage.volumes has too few items: got 0; allowed: 1 or more",
    ),
    "another type": (
        CLASS + "  memory: 4Gi\n  configSpec:\n    _typeName: VirtualMachineCloneSpec\n",
        "a.yaml:8: spec.configSpec._typeName: not a configSpec: got 'VirtualMachineCloneSpec'; "
        "allowed: VirtualMachineConfigSpec",
    ),
    "owner of somewhere else": (
        NAMESPACE + "  access:\n  - {user: a, domain: example.com, role: OWNER, identityProvider: okta}\n",
        "a.yaml:7: spec.access[0].role: OWNER is only for users and groups of vCenter Single Sign-On: got 'OWNER'; "
        "allowed: EDIT, VIEW; fix: choose another role, or remove identityProvider",
    ),
    "zone twice": (
        NAMESPACE + "  zones: [zone-1, {name: zone-1}]\n",
        "a.yaml:6: spec.zones: a namespace has one to three zones: allowed: 1 to 3 different zones",
    ),
    "zone keeps too much": (
        NAMESPACE + "  zones:\n  - name: zone-1\n    limits: {memory: 1Gi}\n    reservations: {memory: 2Gi}\n",
        "a.yaml:9: spec.zones[0].reservations.memory: the zone keeps more than its limit: got '2Gi'; "
        "allowed: 1Gi or less",
    ),
    "limit of a zone": (
        NAMESPACE + "  zones: [{name: zone-1, limits: {cpu: 9MHz}}]\n",
        "a.yaml:6: spec.zones[0].limits.cpu: the CPU limit in a zone is too low: got '9MHz'; allowed: 10MHz or more",
    ),
    "name of a zone": (
        NAMESPACE + "  zones: [Zone-1]\n",
        "a.yaml:6: spec.zones[0].name has the wrong form: got 'Zone-1'; "
        "allowed: an RFC 1123 label: 1 to 63 lower-case letters, digits and '-', not at the ends",
    ),
    "two kinds of networks": (
        NAMESPACE + "  networks: [primary]\n  nsxVpc: {}\n",
        "a.yaml:7: spec.nsxVpc: networks is for workload networks of type VSPHERE, and nsxVpc for NSX_VPC: "
        "fix: remove nsxVpc, or networks",
    ),
    "networks of another's VPC": (
        NAMESPACE + "  nsxVpc:\n    vpc: /orgs/default/projects/a/vpcs/b\n    privateNetworks: [172.16.0.0/16]\n",
        "a.yaml:8: spec.nsxVpc.privateNetworks: an existing VPC has its own privateNetworks: "
        "fix: remove privateNetworks, or vpc to have one made",
    ),
    "translated and routed": (
        NAMESPACE + "  nsx:\n    routedMode: true\n    egressNetworks: [10.0.5.0/24]\n",
        "a.yaml:8: spec.nsx.egressNetworks: routedMode translates no addresses, so egressNetworks is not allowed: "
        "fix: remove egressNetworks, or set routedMode: false",
    ),
    "another load balancer": (
        NAMESPACE + "  loadBalancer: {name: edge-1, provider: AVI}\n",
        "a.yaml:6: spec.loadBalancer.provider has an unknown value: got 'AVI'; allowed: NSX_REGISTERED_AVI",
    ),
}


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES)
def test_message(tmp_path: Path, text: str, expected: str) -> None:
    assert errors_of(tmp_path, text) == [expected]


def test_vcenters_words_name_all_fields_that_say_it(tmp_path: Path) -> None:
    (result,) = errors_of(tmp_path, NAMESPACE + "  resourceSpec: {}\n")
    assert result.endswith("; fix: write limits or objectCounts or defaults")
