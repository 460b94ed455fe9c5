"""Every kind of bad input, with its message word for word."""

from pathlib import Path

import pytest

from pacific_infra.documents import load_estate
from pacific_infra.documents.kinds import DOCUMENT_KINDS, RESOURCE_KINDS
from pacific_infra.errors import PacificErrors
from tests.support.bad_documents import (
    DEPLOYMENT,
    HEAD,
    MACHINE,
    NAMESPACE,
    ONE_CLUSTER,
    SUPERVISOR,
    WORKLOAD,
    errors_of,
)

KINDS, ALL_KINDS = ", ".join(RESOURCE_KINDS), ", ".join(DOCUMENT_KINDS)

CASES = {
    "unknown kind": (
        HEAD + "kind: Namespce\n",
        f"a.yaml:2: unknown kind: got 'Namespce'; allowed: {ALL_KINDS}; fix: write Namespace",
    ),
    "no kind": (
        HEAD,
        f"a.yaml:1: the document has no kind: allowed: {ALL_KINDS}; "
        "fix: add kind, or move the file out of the folder if it holds no documents",
    ),
    "unknown version": (
        "kind: Namespace\napiVersion: v1\n",
        "a.yaml:2: unknown apiVersion: got 'v1'; allowed: pacific.infra/v1alpha1; "
        "fix: to take it as it is, name this file in spec.manifests of a document of kind Manifests",
    ),
    "no object": (
        "- one\n",
        "a.yaml:1: a document is an object: fix: begin with apiVersion and kind",
    ),
    "unknown field": (
        NAMESPACE + "  limits: {cpu: 1GHz, memry: 1Gi}\n",
        "a.yaml:6: unknown field in spec.limits: got 'memry'; allowed: cpu, memory, storage; fix: write memory",
    ),
    "field in snake case": (
        DEPLOYMENT + "  service:\n    ports:\n    - port: 80\n      target_port: 8080\n",
        "a.yaml:12: unknown field in spec.service.ports[0]: got 'target_port'; "
        "allowed: name, port, protocol, targetPort; fix: write targetPort",
    ),
    "missing field": (
        HEAD + "kind: Namespace\nmetadata: {name: shop}\nspec: {}\n",
        "a.yaml:4: spec.supervisor is missing: fix: add supervisor: The Supervisor that it lies on: a reference to the "
        "document SupervisorCluster/<supervisor>. Cannot change.",
    ),
    "empty field": (
        NAMESPACE + "  limits:\n",
        "a.yaml:6: spec.limits is empty: allowed: an object; fix: give it a value, or remove it",
    ),
    "wrong type": (
        DEPLOYMENT + '  replicas: "3"\n',
        "a.yaml:9: spec.replicas is of the wrong type: got '3'; allowed: a whole number; fix: write 3 without quotes",
    ),
    "huge number": (
        DEPLOYMENT + "  replicas: 99999999999999999999999\n",
        "a.yaml:9: spec.replicas is out of range: got 99999999999999999999999; allowed: 0 to 2147483647",
    ),
    "huge number of a bounded field": (
        HEAD + "kind: VirtualMachineClass\nmetadata: {name: a}\nspec: {memory: 1Gi, cpuCount: -9999999999999999999}\n",
        "a.yaml:4: spec.cpuCount is out of range: got -9999999999999999999; allowed: 1 to 960",
    ),
    "number for text": (
        DEPLOYMENT + "    environment:\n      SIZE: 3\n",
        "a.yaml:10: spec.containers[0].environment.SIZE is of the wrong type: got 3; allowed: text; "
        'fix: write "3" in quotes',
    ),
    "yes for true": (
        ONE_CLUSTER + "  workloadNetwork: {type: NSXT, nsx: {distributedSwitch: dvs-01}}\n  vspherePods: yes\n",
        "a.yaml:9: spec.vspherePods is of the wrong type: got 'yes'; allowed: true or false; "
        "fix: write true without quotes",
    ),
    "unknown value": (
        NAMESPACE + "  access:\n  - {group: blue, domain: vsphere.local, role: Edit}\n",
        "a.yaml:7: spec.access[0].role has an unknown value: got 'Edit'; allowed: OWNER, EDIT, VIEW; fix: write EDIT",
    ),
    "name": (
        HEAD + "kind: Namespace\nmetadata: {name: Shop}\nspec: {supervisor: s}\n",
        "a.yaml:3: metadata.name has the wrong form: got 'Shop'; "
        "allowed: an RFC 1123 label: 1 to 63 lower-case letters, digits and '-', not at the ends",
    ),
    "reserved name": (
        HEAD + "kind: Namespace\nmetadata: {name: vmware-system-x}\nspec: {supervisor: s}\n",
        "a.yaml:3: metadata.name: names that begin with 'vmware-system' belong to the Supervisor: "
        "got 'vmware-system-x'; fix: choose another name",
    ),
    "wrong unit of a frequency": (
        NAMESPACE + "  limits: {cpu: 40Gi}\n",
        "a.yaml:6: spec.limits.cpu: not a CPU frequency: got '40Gi'; "
        "allowed: whole MHz or GHz of 1 MHz or more, such as 40GHz or 500MHz; "
        "fix: vSphere counts a namespace's CPU in MHz or GHz, not in cores: "
        "multiply the cores by the hosts' frequency",
    ),
    "spelling of a frequency": (
        NAMESPACE + "  limits: {cpu: 40 ghz}\n",
        "a.yaml:6: spec.limits.cpu: not a CPU frequency: got '40 ghz'; "
        "allowed: whole MHz or GHz of 1 MHz or more, such as 40GHz or 500MHz; fix: write 40GHz",
    ),
    "wrong unit of bytes": (
        NAMESPACE + "  limits: {memory: 64GB}\n",
        "a.yaml:6: spec.limits.memory: not a quantity of bytes: got '64GB'; "
        "allowed: bytes as a Kubernetes quantity above 0, such as 512Mi or 64Gi; fix: write 64Gi",
    ),
    "wrong unit of cores": (
        DEPLOYMENT + "    resources: {limits: {cpu: 500MHz}}\n",
        "a.yaml:9: spec.containers[0].resources.limits.cpu: not a quantity of cores: got '500MHz'; "
        "allowed: cores as a Kubernetes quantity of 1m or more, such as 250m or 2; "
        "fix: a container counts CPU in cores, not in MHz: 500m is half a core",
    ),
    "CPU limit below vCenter's": (
        NAMESPACE + "  limits: {cpu: 9MHz}\n",
        "a.yaml:6: spec.limits.cpu: the CPU limit of a namespace is too low: got '9MHz'; allowed: 10MHz or more",
    ),
    "policy above the namespace": (
        NAMESPACE + "  limits: {storage: 1Gi}\n  storagePolicies:\n  - name: gold\n    limit: 2Gi\n",
        "a.yaml:9: spec.storagePolicies[0].limit: the limit of a storage policy is above the namespace's storage "
        "limit: got '2Gi'; allowed: 1Gi or less",
    ),
    "default request above limit": (
        NAMESPACE + "  defaults: {memoryRequest: 2Gi, memoryLimit: 1Gi}\n",
        "a.yaml:6: spec.defaults.memoryRequest: the default request is above the default limit: got '2Gi'; "
        "allowed: 1Gi or less",
    ),
    "user and group": (
        NAMESPACE + "  access:\n  - {user: a, group: b, domain: vsphere.local, role: VIEW}\n",
        "a.yaml:7: spec.access[0]: access is for either a user or a group: fix: give one of the two",
    ),
    "named twice": (
        NAMESPACE + "  virtualMachineClasses:\n  - small\n  - small\n",
        "a.yaml:8: spec.virtualMachineClasses[1]: virtualMachineClasses names this twice: got 'small'; fix: remove one",
    ),
    "request above limit": (
        DEPLOYMENT + "    resources:\n      requests: {cpu: 2}\n      limits: {cpu: 500m}\n",
        "a.yaml:10: spec.containers[0].resources.requests.cpu: the cpu request is above the limit: got '2'; "
        "allowed: 500m or less",
    ),
    "port": (
        DEPLOYMENT + "    ports: [{containerPort: 70000}]\n",
        "a.yaml:9: spec.containers[0].ports[0].containerPort is out of range: got 70000; allowed: 1 to 65535",
    ),
    "node port": (
        DEPLOYMENT + "  service: {type: NodePort, ports: [{port: 80}]}\n",
        "a.yaml:9: spec.service.type has an unknown value: got 'NodePort'; allowed: ClusterIP, LoadBalancer",
    ),
    "port by an unknown name": (
        DEPLOYMENT + "    ports: [{name: http, containerPort: 80}]\n"
        "  service:\n    ports:\n    - port: 80\n      targetPort: htp\n",
        "a.yaml:13: spec.service.ports[0].targetPort: no container has a port of this name: got 'htp'; allowed: http",
    ),
    "no containers": (
        WORKLOAD + "  kind: Deployment\n  containers: []\n",
        "a.yaml:6: spec.containers has too few items: got 0; allowed: 1 or more",
    ),
    "an adoption of what is not adopted": (
        "apiVersion: pacific.infra/v1alpha1\nkind: Zone\nmetadata: {name: a}\nspec:\n  clusters: [c]\n  adopt: true\n",
        "a.yaml:6: unknown field in spec: got 'adopt'; allowed: clusters, dependsOn, description; fix: remove it",
    ),
    "unknown volume": (
        DEPLOYMENT
        + "    volumeMounts:\n    - {name: data, mountPath: /data}\n  volumes:\n  - {name: date, emptyDir: {}}\n",
        "a.yaml:10: spec.containers[0].volumeMounts[0].name: the workload has no volume of this name: got 'data'; "
        "allowed: date; fix: add it to spec.volumes",
    ),
    "shared disk": (
        DEPLOYMENT + "  replicas: 2\n  volumes:\n  - name: data\n    claim: {size: 1Gi, storagePolicy: gold}\n",
        "a.yaml:12: spec.volumes[0].claim: 2 pods of a Deployment cannot share a ReadWriteOnce volume: "
        "fix: set spec.kind: StatefulSet, or accessMode: ReadWriteMany",
    ),
    "two sources of a volume": (
        DEPLOYMENT + "  volumes:\n  - {name: data, secret: a, configMap: b}\n",
        "a.yaml:10: spec.volumes[0]: a volume has one source: "
        "allowed: claim, emptyDir, files, configMap, secret, existingClaim, projected, downwardApi; "
        "fix: give one of them",
    ),
    "replicas of a job": (
        WORKLOAD + "  kind: Job\n  replicas: 2\n  containers: [{name: a, image: a:1}]\n",
        "a.yaml:6: spec.replicas: a Job has no replicas: fix: remove replicas, or set spec.kind: Deployment",
    ),
    "no schedule": (
        WORKLOAD + "  kind: CronJob\n  containers: [{name: a, image: a:1}]\n",
        "a.yaml:4: spec: a CronJob has no schedule: fix: add schedule: such as '0 3 * * *'",
    ),
    "unknown output": (
        DEPLOYMENT + "    environment:\n      HOST:\n        from: VirtualMachine/db\n        output: ip\n",
        "a.yaml:12: spec.containers[0].environment.HOST.output: a VirtualMachine has no such output: got 'ip'; "
        "allowed: address, name, serviceAddress",
    ),
    "format without a place": (
        DEPLOYMENT + "    environment:\n      HOST:\n        from: VirtualMachine/db\n        output: address\n"
        "        format: http://{0}\n",
        "a.yaml:13: spec.containers[0].environment.HOST.format: the format has no single {} for the value: "
        "got 'http://{0}'; allowed: text with one {}",
    ),
    "unknown kind of a reference": (
        DEPLOYMENT + "  dependsOn: [VirtualMachin/db]\n",
        f"a.yaml:9: spec.dependsOn[0]: unknown kind 'VirtualMachin': got 'VirtualMachin/db'; "
        f"allowed: {KINDS}, Application; fix: write VirtualMachine/db",
    ),
    "no reference": (
        DEPLOYMENT + "  dependsOn:\n  - db\n",
        "a.yaml:10: spec.dependsOn[0]: not a reference to a document: got 'db'; "
        "allowed: Kind/name, or Kind/namespace/name",
    ),
    "reference without a namespace": (
        NAMESPACE + "  dependsOn: [VirtualMachine/db]\n",
        "a.yaml:6: spec.dependsOn[0]: the namespace of this VirtualMachine is missing: got 'VirtualMachine/db'; "
        "allowed: Kind/namespace/name; fix: write VirtualMachine/NAMESPACE/db",
    ),
    "reference with a namespace too much": (
        DEPLOYMENT + "  dependsOn: [Namespace/shop/x]\n",
        "a.yaml:9: spec.dependsOn[0]: a Namespace is in no namespace: got 'Namespace/shop/x'; allowed: Kind/name; "
        "fix: write Namespace/x",
    ),
    "two zones": (
        SUPERVISOR + "  zones: [zone-1, zone-2]\n  storagePolicy: gold\n  managementNetwork: {network: management}\n"
        "  workloadNetwork: {type: NSXT, nsx: {distributedSwitch: dvs-01}}\n",
        "a.yaml:5: spec.zones: a Supervisor has one or three zones: allowed: 1 or 3 different zones",
    ),
    "no load balancer": (
        ONE_CLUSTER + "  workloadNetwork: {type: VSPHERE, network: workload-01}\n",
        "a.yaml:4: spec: a Supervisor whose workload network is of type VSPHERE needs a loadBalancer: "
        "fix: add loadBalancer: {provider: VSPHERE_FOUNDATION}",
    ),
    "addresses outside the network": (
        SUPERVISOR + "  cluster: cluster-01\n  storagePolicy: gold\n  managementNetwork:\n    network: management\n"
        "    addressing:\n      mode: STATIC\n      gateway: 10.0.0.1/24\n      ranges:\n"
        "      - {start: 10.0.0.253, count: 5}\n"
        "  workloadNetwork: {type: NSXT, nsx: {distributedSwitch: dvs-01}}\n",
        "a.yaml:13: spec.managementNetwork.addressing.ranges[0]: the range is not in the gateway's network: "
        "got '10.0.0.253 and 4 more'; allowed: addresses of 10.0.0.0/24",
    ),
    "no address": (
        ONE_CLUSTER + "  workloadNetwork:\n    type: NSXT\n    nsx: {distributedSwitch: dvs-01}\n"
        "    services: {dnsServers: [10.0.0.256]}\n",
        "a.yaml:11: spec.workloadNetwork.services.dnsServers[0]: not a valid IPv4 address: got '10.0.0.256'; "
        "allowed: an address such as 10.0.0.10",
    ),
    "label": (
        HEAD + "kind: Namespace\nmetadata:\n  name: shop\n  labels: {team: blue team}\nspec: {supervisor: s}\n",
        "a.yaml:5: metadata.labels.team: not a valid label value: got 'blue team'; "
        "allowed: 63 letters, digits, '-', '_' and '.' or less, letters and digits at the ends",
    ),
    "own label": (
        HEAD + "kind: Namespace\nmetadata:\n  name: shop\n  labels: {pacific.infra/a: b}\nspec: {supervisor: s}\n",
        "a.yaml:5: metadata.labels.pacific.infra/a: a label is reserved: got 'pacific.infra/a'; "
        "fix: choose another prefix: this one is pacific's own",
    ),
    "user data": (
        MACHINE + "  cloudInit:\n    userData: |\n      hostname: db\n",
        "a.yaml:9: spec.cloudInit.userData: cloud-init does not know user data that begins like this: "
        "got 'hostname: db'; fix: make #cloud-config its first line",
    ),
    "no such file": (
        MACHINE + "  cloudInit:\n    userData:\n      file: db.yaml\n",
        "a.yaml:10: spec.cloudInit.userData.file: the file does not exist: got 'db.yaml'; "
        "allowed: a file below the document's folder",
    ),
    "file outside the folder": (
        MACHINE + "  cloudInit:\n    userData: {file: ../secret}\n",
        "a.yaml:9: spec.cloudInit.userData.file: the file is outside the document's folder: got '../secret'; "
        "fix: put the file next to the document",
    ),
    "no YAML": (
        HEAD + "kind: [\n",
        "a.yaml:3: this is not YAML: did not find expected node content",
    ),
    "field twice": (
        NAMESPACE + "  supervisor: supervisor-02\n",
        "a.yaml:6: a field occurs twice: got 'supervisor'; fix: remove one of the two",
    ),
    "tag": (
        HEAD + "kind: !!python/object/apply:os.system [true]\n",
        "a.yaml:2: YAML tags are not allowed: got 'tag:yaml.org,2002:python/object/apply:os.system'; "
        "fix: remove the tag",
    ),
    "schedule of four fields": (
        WORKLOAD + "  kind: CronJob\n  schedule: 0 3 * *\n  containers: [{name: a, image: a:1}]\n",
        "a.yaml:6: spec.schedule: a schedule has five fields, this has four: got '0 3 * *'; allowed: minute, hour, "
        "day of the month, month and day of the week, such as '0 3 * * *', or @daily and the like",
    ),
    "field that Kubernetes has": (
        DEPLOYMENT + "  shareProcessNamespace: true\n",
        "a.yaml:9: spec does not support this field of Kubernetes: got 'shareProcessNamespace'; allowed: adopt, "
        "affinity, autoscaler, backoffLimit, completions, concurrencyPolicy, containers, deadlineSeconds, "
        "deletionPolicy, dependsOn, disruptionBudget, dnsConfig, dnsPolicy, failedJobsHistoryLimit, hostAliases, "
        "imagePullSecrets, initContainers, kind, minReadySeconds, nodeSelector, parallelism, podTemplate, "
        "priorityClassName, replicas, revisionHistoryLimit, schedule, securityContext, service, serviceAccount, "
        "serviceAccountName, startingDeadlineSeconds, successfulJobsHistoryLimit, suspend, "
        "terminationGracePeriodSeconds, timeZone, tolerations, topologySpreadConstraints, ttlSecondsAfterFinished, "
        "updateStrategy, volumes; fix: write it in spec.podTemplate.spec, in Kubernetes' own spelling",
    ),
    "field by Kubernetes' name": (
        DEPLOYMENT + "    env: []\n",
        "a.yaml:9: unknown field in spec.containers[0]: got 'env'; allowed: args, command, envFrom, environment, "
        "image, imagePullPolicy, lifecycle, livenessProbe, name, ports, readinessProbe, resources, restartPolicy, "
        "securityContext, startupProbe, volumeMounts, workingDir; fix: write environment",
    ),
    "DaemonSet": (
        WORKLOAD + "  kind: DaemonSet\n  containers: [{name: a, image: a:1}]\n",
        "a.yaml:5: spec.kind: vSphere Pods have no DaemonSet: a pod is a machine of its own, and hosts belong to the "
        "Supervisor: got 'DaemonSet'; allowed: Deployment, StatefulSet, Job, CronJob; fix: write Deployment; what "
        "watches hosts is a Supervisor Service",
    ),
    "field of Kubernetes in its own spelling": (
        DEPLOYMENT + "  affinity: {podAntiaffinity: {}}\n",
        "a.yaml:9: spec.affinity.podAntiaffinity: Affinity has no such field: got 'podAntiaffinity'; "
        "allowed: nodeAffinity, podAffinity, podAntiAffinity; fix: write podAntiAffinity",
    ),
    "type in Kubernetes' own spelling": (
        DEPLOYMENT + "  tolerations:\n  - key: gpu\n    value: 1.10\n",
        'a.yaml:11: spec.tolerations[0].value: of the wrong type: got 1.10; allowed: text; fix: write "1.10" in quotes',
    ),
    "field of the pod in a variable": (
        DEPLOYMENT + "    environment: {NODE: {field: spec.node}}\n",
        "a.yaml:9: spec.containers[0].environment.NODE.field: a variable cannot have this field of the pod: "
        "got 'spec.node'; allowed: metadata.name, metadata.namespace, metadata.uid, spec.nodeName, "
        "spec.serviceAccountName, status.hostIP, status.hostIPs, status.podIP, status.podIPs, "
        "metadata.labels['KEY'], metadata.annotations['KEY']",
    ),
    "sidecar among the containers": (
        DEPLOYMENT + "    restartPolicy: Always\n",
        "a.yaml:9: spec.containers[0].restartPolicy: restartPolicy makes a sidecar of an init container: got 'Always'; "
        "fix: remove it, or move the container to initContainers",
    ),
    "update of another kind": (
        DEPLOYMENT + "  updateStrategy: {type: OnDelete}\n",
        "a.yaml:9: spec.updateStrategy.type: a Deployment has no such update: got 'OnDelete'; "
        "allowed: RollingUpdate, Recreate",
    ),
    "container of the template without an image": (
        DEPLOYMENT + "  podTemplate:\n    spec:\n      containers:\n      - name: b\n",
        "a.yaml:12: spec.podTemplate.spec.containers[0].name: the container has no image, and the document has no "
        "container of this name: got 'b'; allowed: web; fix: add image",
    ),
    "label of the template by which pods are selected": (
        DEPLOYMENT + "  podTemplate: {metadata: {labels: {app.kubernetes.io/name: b}}}\n",
        "a.yaml:9: spec.podTemplate.metadata.labels.app.kubernetes.io/name: services and policies select pods by "
        "this label: fix: remove it",
    ),
    "privileged container of the template": (
        DEPLOYMENT + "  podTemplate: {spec: {containers: [{name: web, securityContext: {privileged: true}}]}}\n",
        "a.yaml:9: spec.podTemplate.spec.containers[0].securityContext.privileged: a vSphere Pod has no privileged "
        "containers: got true",
    ),
    "quantity of the template": (
        DEPLOYMENT + "  podTemplate: {spec: {containers: [{name: web, resources: {limits: {cpu: 1GHz}}}]}}\n",
        "a.yaml:9: spec.podTemplate.spec.containers[0].resources.limits.cpu: of the wrong type: got '1GHz'; "
        "allowed: a quantity such as 250m or 1Gi",
    ),
    "from of a volume without a secret": (
        DEPLOYMENT + "  volumes: [{name: data, emptyDir: {}, from: CustomResource/x}]\n",
        "a.yaml:9: spec.volumes[0].from: from names the document that makes a secret: got 'CustomResource/x'; "
        "fix: add secret",
    ),
    "field that nothing is near": (
        NAMESPACE + "  nonsense: 1\n",
        "a.yaml:6: unknown field in spec: got 'nonsense'; allowed: access, adopt, contentLibraries, creator, "
        "defaultNetwork, defaults, deletionPolicy, dependsOn, description, external, infrastructurePolicies, "
        "libraryAssociations, limits, loadBalancer, networkPolicy, networks, nsx, nsxVpc, objectCounts, podSecurity, "
        "storagePolicies, supervisor, virtualMachineClasses, zones; fix: remove it",
    ),
    "Kubernetes' kind": (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n",
        f"a.yaml:2: unknown kind: got 'Deployment'; allowed: {ALL_KINDS}; "
        "fix: write kind: CrxWorkload with spec.kind: Deployment; to take it as it is, name this file "
        "in spec.manifests of a document of kind Manifests",
    ),
    "Kubernetes' kind in a document of ours": (
        HEAD + "kind: Gateway\nmetadata: {name: a}\n",
        f"a.yaml:2: unknown kind: got 'Gateway'; allowed: {ALL_KINDS}; "
        "fix: write kind: HTTPRoute with spec.gateway.className, or name one of others in spec.gateway.name",
    ),
    "kind of somebody else": (
        "apiVersion: example.com/v1\nkind: Lamp\nmetadata: {name: a}\n",
        f"a.yaml:2: unknown kind: got 'Lamp'; allowed: {ALL_KINDS}; "
        "fix: to take it as it is, name this file in spec.manifests of a document of kind Manifests",
    ),
    "infinite number": (
        DEPLOYMENT + "  replicas: 1e400\n",
        "a.yaml:9: spec.replicas is of the wrong type: got 1e400; allowed: a whole number",
    ),
    "very long number": (
        DEPLOYMENT + f"  replicas: {'9' * 400}\n",
        f"a.yaml:9: spec.replicas is out of range: got {'9' * 400}; allowed: 0 to 2147483647",
    ),
    "number for text keeps its zero": (
        DEPLOYMENT + "    environment:\n      VERSION: 1.10\n",
        "a.yaml:10: spec.containers[0].environment.VERSION is of the wrong type: got 1.10; allowed: text; "
        'fix: write "1.10" in quotes',
    ),
    "truth value for text": (
        DEPLOYMENT + "    environment:\n      DEBUG: true\n",
        "a.yaml:10: spec.containers[0].environment.DEBUG is of the wrong type: got true; allowed: text; "
        'fix: write "true" in quotes',
    ),
    "number that would be changed on its way": (
        HEAD + "kind: CustomResource\nmetadata: {name: one, namespace: shop}\nspec:\n  definition: lamps\n"
        "  resource:\n    spec: {n: [1, 9007199254740993]}\n",
        "a.yaml:7: spec.resource.spec.n[1]: the number would be changed on its way: got 9007199254740993; "
        "allowed: whole numbers of -9007199254740991 to 9007199254740991, others of 15 digits from 1e-307 to 1e308; "
        "fix: write it in quotes if text is meant",
    ),
    "tab": (
        HEAD + "kind: Namespace\nmetadata:\n\tname: shop\n",
        "a.yaml:4: YAML takes spaces here, and not a tab: fix: indent with spaces",
    ),
    "value without quotes in braces": (
        HEAD + "kind: Namespace\nmetadata: {name: payments-${values.env}}\n",
        "a.yaml:3: ${...} needs quotes inside {} or []: got 'payments-${values.env}'; "
        'fix: write "payments-${values.env}" in quotes',
    ),
    "sign that begins no text": (
        HEAD + "kind: @x\n",
        "a.yaml:2: a text without quotes cannot begin like this: got '@'; fix: write it in quotes",
    ),
    "files of one volume": (
        DEPLOYMENT + f"  volumes:\n  - name: data\n    files:\n      a: {'a' * 600_000}\n      b: {'b' * 500_000}\n",
        "a.yaml:11: spec.volumes[0].files: the files of one volume are too large together, most of it is a with "
        "600000 bytes: got '1100000 bytes'; allowed: 1048576 bytes or less, as one ConfigMap holds; "
        "fix: spread them over several volumes, or put them into the image",
    ),
    "user data with a byte order mark": (
        MACHINE + '  cloudInit:\n    userData: "\\ufeff#cloud-config\\n"\n',
        "a.yaml:9: spec.cloudInit.userData: cloud-init does not know user data that begins like this: "
        "got '\\ufeff#cloud-config'; fix: save the file without a byte order mark",
    ),
    "more bytes than are counted": (
        NAMESPACE + "  limits: {memory: 8Ei}\n",
        "a.yaml:6: spec.limits.memory: this quantity of bytes is out of range: got '8Ei'; allowed: less than 8Ei",
    ),
    "more hertz than are counted": (
        NAMESPACE + f"  limits: {{cpu: {10**16}GHz}}\n",
        "a.yaml:6: spec.limits.cpu: this CPU frequency is out of range: got '10000000000000000GHz'; "
        "allowed: less than 9223372036854775808MHz",
    ),
    "more cores than are counted": (
        DEPLOYMENT + "    resources: {limits: {cpu: 10E}}\n",
        "a.yaml:9: spec.containers[0].resources.limits.cpu: this quantity of cores is out of range: got '10E'; "
        "allowed: less than 9223372036854775808",
    ),
    "exponent above all": (
        NAMESPACE + "  limits: {memory: 1e400}\n",
        "a.yaml:6: spec.limits.memory: not a quantity of bytes: got 1e400; "
        "allowed: bytes as a Kubernetes quantity above 0, such as 512Mi or 64Gi",
    ),
    "capitals in an image": (
        WORKLOAD + "  kind: Job\n  containers: [{name: a, image: 'Registry.example.com:5000/Team/Web:V1'}]\n",
        "a.yaml:6: spec.containers[0].image: the repository of an image has capitals: "
        "got 'Registry.example.com:5000/Team/Web:V1'; allowed: lower-case letters; "
        "fix: write Registry.example.com:5000/team/web:V1",
    ),
    **{
        f"image {image}": (
            WORKLOAD + f"  kind: Job\n  containers: [{{name: a, image: '{image}'}}]\n",
            f"a.yaml:6: spec.containers[0].image has the wrong form: got '{image}'; "
            "allowed: a container image such as registry/name:tag",
        )
        for image in ("http://x/web:1", "web:", "web::1", "a//b", "web/", "web:1:2", "a..b/c", "host:port/web")
    },
    "port twice": (
        DEPLOYMENT + "    ports: [{containerPort: 80}, {containerPort: 80, protocol: UDP}, {containerPort: 80}]\n",
        "a.yaml:9: spec.containers[0].ports[2].containerPort: the container has this port twice: got '80/TCP'",
    ),
    "two ports of one name": (
        DEPLOYMENT + "    ports: [{name: http, containerPort: 80}, {name: http, containerPort: 81}]\n",
        "a.yaml:9: spec.containers[0].ports[1].name: two ports have one name: got 'http'",
    ),
    "answers that pass a livenessProbe": (
        DEPLOYMENT + "    livenessProbe: {tcpSocket: {port: 80}, successThreshold: 2}\n",
        "a.yaml:9: spec.containers[0].livenessProbe.successThreshold: one answer passes this probe: "
        "only a readinessProbe has another successThreshold: got 2; allowed: 1; fix: remove it",
    ),
    "name of a file": (
        DEPLOYMENT + "  volumes:\n  - {name: data, files: {..a: x}}\n",
        "a.yaml:10: spec.volumes[0].files...a has the wrong form: got '..a'; allowed: 1 to 253 letters, digits, '_', "
        "'-' and '.', neither '.' alone nor '..' at its beginning",
    ),
    "number for a text": (
        DEPLOYMENT + "  volumes:\n  - {name: data, files: {a: 5}}\n",
        "a.yaml:10: spec.volumes[0].files.a: this is not text: got 5; allowed: text, {file: PATH}; "
        'fix: write "5" in quotes',
    ),
    "time zone": (
        WORKLOAD + "  kind: CronJob\n  schedule: 0 3 * * *\n  timeZone: Europe/Berln\n"
        "  containers: [{name: a, image: a:1}]\n",
        "a.yaml:7: spec.timeZone: there is no such time zone: got 'Europe/Berln'; fix: write Europe/Berlin",
    ),
    "control character": (
        NAMESPACE + "  # \0\n",
        "a.yaml:6: this is not YAML: unacceptable character #x0000: control characters are not allowed",
    ),
    "user data that is not YAML": (
        MACHINE + "  cloudInit:\n    userData: |\n      #cloud-config\n      packages: [git\n      runcmd: []\n",
        "a.yaml:9: spec.cloudInit.userData: line 3: this is not YAML: did not find expected ',' or ']'",
    ),
    "user data that is no object": (
        MACHINE + "  cloudInit:\n    userData: |\n      #cloud-config\n      - git\n",
        "a.yaml:9: spec.cloudInit.userData: line 2: a cloud-config is an object of modules, such as packages and "
        "runcmd",
    ),
    "user without a domain": (
        NAMESPACE + "  access:\n  - {user: alice, role: VIEW}\n",
        "a.yaml:7: spec.access[0]: a user or group has a domain: fix: add domain: such as vsphere.local; "
        "or write NAME@DOMAIN",
    ),
    "domain twice": (
        NAMESPACE + "  access:\n  - {user: alice@vsphere.local, domain: vsphere.local, role: VIEW}\n",
        "a.yaml:7: spec.access[0].user has the wrong form: got 'alice@vsphere.local'; "
        "allowed: a user's or group's name without its domain",
    ),
    "variables as Kubernetes has them": (
        DEPLOYMENT + "    environment: [{name: A, value: b}]\n",
        "a.yaml:9: spec.containers[0].environment: variables are an object, each by its name: "
        "fix: write NAME: TEXT for each, in place of name and value",
    ),
    "variable as Kubernetes has it": (
        DEPLOYMENT + "    environment:\n      A: {valueFrom: {secretKeyRef: {name: login, key: password}}}\n",
        "a.yaml:10: spec.containers[0].environment.A: a variable has no valueFrom: "
        "fix: write {secret: login, key: password}",
    ),
    "field of the pod as Kubernetes has it": (
        DEPLOYMENT + "    environment:\n      A: {valueFrom: {fieldRef: {fieldPath: metadata.name}}}\n",
        "a.yaml:10: spec.containers[0].environment.A: a variable has no valueFrom: fix: write {field: metadata.name}",
    ),
    "gateway in the range": (
        SUPERVISOR + "  cluster: cluster-01\n  storagePolicy: gold\n  managementNetwork:\n    network: management\n"
        "    addressing:\n      mode: STATIC\n      gateway: 10.0.0.12/24\n      ranges:\n"
        "      - {start: 10.0.0.10, count: 5}\n"
        "  workloadNetwork: {type: NSXT, nsx: {distributedSwitch: dvs-01}}\n",
        "a.yaml:13: spec.managementNetwork.addressing.ranges[0]: the gateway's own address is in the range: "
        "got '10.0.0.12/24'; fix: begin the range after it",
    ),
    "namespace of Kubernetes": (
        HEAD + "kind: Namespace\nmetadata: {name: kube-system}\nspec: {supervisor: s}\n",
        "a.yaml:3: metadata.name: every Supervisor has a namespace of this name, Kubernetes' own: got 'kube-system'; "
        "fix: choose another name",
    ),
    "update of no pod": (
        DEPLOYMENT + "  updateStrategy: {maxSurge: 0, maxUnavailable: 0%}\n",
        "a.yaml:9: spec.updateStrategy.maxSurge: an update that may take away no pod and add none changes nothing: "
        "got 0; allowed: 1 or more, beside maxUnavailable: 0",
    ),
    "path out of a volume": (
        DEPLOYMENT + "    volumeMounts: [{name: a, mountPath: /a, subPath: b/../../c}]\n"
        "  volumes: [{name: a, emptyDir: {}}]\n",
        "a.yaml:9: spec.containers[0].volumeMounts[0].subPath: this is not a path in the volume: got 'b/../../c'; "
        "allowed: a path without '/' first and without '..'",
    ),
    "probe of an init container": (
        DEPLOYMENT + "  initContainers:\n  - {name: i, image: i:1, readinessProbe: {tcpSocket: {port: 80}}}\n",
        "a.yaml:10: spec.initContainers[0].readinessProbe: an init container that runs to its end has no probes and no "
        "lifecycle: fix: remove it, or add restartPolicy: Always for a sidecar",
    ),
    "pause longer than the end": (
        DEPLOYMENT + "    lifecycle: {preStop: {sleep: {seconds: 31}}}\n",
        "a.yaml:9: spec.containers[0].lifecycle.preStop.sleep.seconds: the pause is longer than "
        "terminationGracePeriodSeconds: got 31; allowed: 30 or less",
    ),
    "merge key": (
        HEAD + "kind: Namespace\nmetadata: &name {name: a}\nspec:\n  <<: *name\n",
        "a.yaml:5: YAML merge keys are not allowed: got '<<'; "
        "fix: write the fields out, or keep what repeats in a document of kind Values",
    ),
}


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES)
def test_message(tmp_path: Path, text: str, expected: str) -> None:
    assert errors_of(tmp_path, text) == [expected]


def test_all_errors_at_once(tmp_path: Path) -> None:
    text = (
        NAMESPACE
        + "  limits: {cpu: 1, memory: 1X}\n---\n"
        + HEAD
        + "kind: Nothing\n---\n"
        + DEPLOYMENT
        + "  replica: 1\n"
    )
    places = [error.partition(": ")[0] for error in errors_of(tmp_path, text)]
    assert places == ["a.yaml:6", "a.yaml:6", "a.yaml:9", "a.yaml:19"]


def test_too_many_errors_are_cut(tmp_path: Path) -> None:
    errors = errors_of(tmp_path, "\n---\n".join(["kind: Namespace"] * 103))
    assert len(errors) == 101
    assert errors[-1] == "3 more errors, not shown"


def test_two_documents_of_one_name(tmp_path: Path) -> None:
    (tmp_path / "b.json").write_text('[\n{"apiVersion": "pacific.infra/v1alpha1", "kind": "Namespace",\n'
                                     '"metadata": {"name": "shop"},\n"spec": {"supervisor": "s"}}]')  # fmt: skip
    (tmp_path / "a.yaml").write_text(NAMESPACE)
    with pytest.raises(PacificErrors) as raised:
        load_estate([tmp_path])
    assert str(raised.value) == (
        f"{tmp_path}/b.json:3: two documents have one name: got 'Namespace/shop'; "
        f"fix: rename or remove one of them: the other is at {tmp_path}/a.yaml:3"
    )


def test_nothing_found(tmp_path: Path) -> None:
    with pytest.raises(PacificErrors) as raised:
        load_estate([tmp_path])
    assert str(raised.value) == f"{tmp_path}: no documents found: fix: name a folder with .yaml or .json files"


def test_no_such_path(tmp_path: Path) -> None:
    with pytest.raises(PacificErrors) as raised:
        load_estate([tmp_path / "missing"])
    assert str(raised.value) == f"{tmp_path}/missing: no such file or folder"


def test_no_utf_8(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"kind: \xff")
    with pytest.raises(PacificErrors) as raised:
        load_estate([tmp_path])
    assert str(raised.value) == f"{tmp_path}/a.yaml: the file is not UTF-8 text, from byte 6 on: fix: save it as UTF-8"
