"""An estate in several stacks on a real sandbox: a Supervisor, and namespaces with a workload each."""

from collections.abc import Mapping
from pathlib import Path

from pacific_sandbox.sandbox import Sandbox
from tests.support.estate_project import EstateProject

SUPERVISOR = "fleet-supervisor"
SUPERVISOR_DOCUMENT = f"""apiVersion: pacific.infra/v1alpha1
kind: SupervisorCluster
metadata: {{name: {SUPERVISOR}}}
spec:
  cluster: cluster-02
  size: TINY
  controlPlaneCount: 1
  storagePolicy: gold
  managementNetwork: {{network: management, addressing: {{mode: DHCP}}}}
  workloadNetwork: {{type: VSPHERE, network: workload-01, addressing: {{mode: DHCP}}}}
  loadBalancer: {{provider: VSPHERE_FOUNDATION}}
  contentLibraries: [linux-images]
  vspherePods: true
  deletionPolicy: Delete
"""
RULE = "partition: namespace\nsize: 1\n"
"""Each namespace has a stack of its own."""


def namespace_documents(name: str, variables: str = "", *, replicas: int = 1) -> str:
    """A namespace and a workload in it. ``variables``: of its container, as YAML inside of braces."""
    return f"""apiVersion: pacific.infra/v1alpha1
kind: Namespace
metadata: {{name: {name}}}
spec:
  supervisor: {SUPERVISOR}
  storagePolicies: [{{name: gold}}]
  deletionPolicy: Delete
---
apiVersion: pacific.infra/v1alpha1
kind: CrxWorkload
metadata: {{name: web, namespace: {name}}}
spec:
  kind: Deployment
  replicas: {replicas}
  containers:
    - name: web
      image: sandbox/web:1
      environment: {{{variables}}}
  service: {{type: ClusterIP, ports: [{{port: 80}}]}}
"""


def host_of(namespace: str) -> str:
    """A variable that takes the address of another namespace's workload."""
    return f"DATA: {{from: CrxWorkload/{namespace}/web, output: host}}"


def split_project(
    sandbox: Sandbox, folder: Path, namespaces: Mapping[str, str], *, supervisor: str | None = None
) -> EstateProject:
    """A project in ``folder`` with these namespaces. ``namespaces``: variables by name. ``supervisor``: one that
    another project has made.
    """
    documents = folder / "documents"
    documents.mkdir()
    (documents / "supervisor.yaml").write_text(SUPERVISOR_DOCUMENT)
    for name, variables in namespaces.items():
        (documents / f"{name}.yaml").write_text(namespace_documents(name, variables))
    project = EstateProject.on(sandbox, documents, folder, supervisor)
    (project.folder / "pacific.yaml").write_text(RULE)
    return project


def objects_of(project: EstateProject) -> dict[str, str]:
    """The UID of each object of the Supervisor, by kind and name."""
    listed = project.kubectl("get", "namespaces,deployments,services", "-A", supervisor=SUPERVISOR)["items"]
    objects = ((item["metadata"], item["kind"]) for item in listed)
    return {f"{kind} {data.get('namespace')}/{data['name']}": data["uid"] for data, kind in objects}


def checkpoints(project: EstateProject) -> dict[str, Path]:
    """The state file of each stack."""
    folder = project.state / "pacific-infra" / "pulumi" / ".pulumi" / "stacks" / "estate"
    return {file.stem: file for file in folder.glob("*.json")}
