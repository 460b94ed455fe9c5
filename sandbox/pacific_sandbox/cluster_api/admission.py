"""What the webhooks of Cluster API and of the VMware Kubernetes Service do with Clusters, in the stored version. Pure.

Variables: internal/topology/variables/cluster_variable_validation.go of sigs.k8s.io/cluster-api, with the variables of
VMware's ClusterClasses and the types of their values. Of other ClusterClasses the sandbox knows no variables.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from pacific_sandbox.cluster_api.catalogue import OLD_VARIABLES, REQUIRED, VARIABLES, VERSIONS
from pacific_sandbox.cluster_api.topology import variables_of
from pacific_sandbox.kubernetes_api import Object
from pacific_sandbox.vm_operator.admission.field_errors import invalid, required
from pacific_sandbox.vm_operator.admission.review import Denied, Lookups, Request

_TYPES: Final = {"string": str, "object": dict, "array": list}
"""Python's types of JSON's."""


def fill(request: Request, _lookups: Lookups) -> Object:
    """The Cluster with the version of the release that its ``version`` means."""
    topology = request.spec.get("topology") or {}
    text = str(topology.get("version", ""))
    stored = (request.old_spec.get("topology") or {}).get("version")
    release = resolved(text, stored)
    if release == text:
        return request.object
    return {**request.object, "spec": {**request.spec, "topology": {**topology, "version": release}}}


def resolved(text: str, stored: str | None) -> str:
    """The version of the release that a name, a version or a beginning of either means: the latest one offered.

    A beginning of the stored version keeps that. A beginning ends before a sign that is neither letter nor digit, as
    VMware's resolver has it (apis/run/util/version of vmware-tanzu/tanzu-framework): v1.33.3+vmware.1 is one of
    v1.33.3+vmware.1-fips-vkr.2. Of the refusal only its beginning and ``k8sVersionPrefix`` are publicly known. Which
    form is stored is not: the resolver of tanzu-framework stores the version without ``-vkr.N``.

    Raises Denied where no offered release begins so.
    """
    version = text.replace("---", "+", 1)
    known = [*([stored] if stored is not None else []), *reversed(VERSIONS)]
    chosen = next((release for release in known if _begins(release, version)), None)
    if chosen is None:
        raise Denied(f"Could not resolve KR/OSImage. Missing compatible KR/OSImage: {{k8sVersionPrefix: {text}}}")
    return chosen


def _begins(release: str, beginning: str) -> bool:
    return release == beginning or (release.startswith(beginning) and not release[len(beginning)].isalnum())


def check(request: Request, _lookups: Lookups) -> Iterable[str]:
    """Variables that the ClusterClass does not have, has of another type, or requires."""
    topology = request.spec.get("topology") or {}
    class_name = str(topology.get("class", ""))
    known = OLD_VARIABLES if class_name == "tanzukubernetescluster" else VARIABLES
    if known is VARIABLES and not class_name.startswith("builtin-generic-v3"):
        return
    path = "spec.topology.variables"
    variables = topology.get("variables") or ()
    for name in REQUIRED:
        if name not in variables_of(variables):
            yield required(path, f'required variable "{name}" must be set')
    yield from _check_values(variables, known, path)
    workers = (topology.get("workers") or {}).get("machineDeployments") or ()
    parts = [("spec.topology.controlPlane", topology.get("controlPlane") or {})]
    parts += [(f"spec.topology.workers.machineDeployments[{index}]", pool) for index, pool in enumerate(workers)]
    for place, part in parts:
        overrides = (part.get("variables") or {}).get("overrides") or ()
        yield from _check_values(overrides, known, f"{place}.variables.overrides")


def _check_values(variables: Sequence[Object], known: Mapping[str, str], path: str) -> Iterable[str]:
    for variable in variables:
        name: str = variable["name"]
        value: Any = variable.get("value")
        if name not in known:
            yield invalid(f"{path}[{name}]", value, "variable is not defined")
        elif not isinstance(value, _TYPES[known[name]]):
            yield invalid(f"{path}[{name}].value", value, f"Invalid type. Expected: {known[name]}")
