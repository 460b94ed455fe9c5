"""Fields of documents that become pods by a pod template: where these run, under which account, and what is in them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Literal

from pydantic import Field

from pacific_infra.documents.container import Container, SeccompProfile
from pacific_infra.documents.kubernetes_value import (
    Affinity,
    DnsConfig,
    HostAliases,
    PodTemplate,
    Tolerations,
    TopologySpread,
)
from pacific_infra.documents.marks import PLAIN, InPrograms
from pacific_infra.documents.model import AdoptableSpec, Listed, Model
from pacific_infra.documents.names import FileName, Labels
from pacific_infra.documents.numbers import Count
from pacific_infra.documents.pod_template import CONTAINER_FIELDS, template_problems
from pacific_infra.documents.problems import Problem

_DEFAULT_GRACE_PERIOD = 30


class PodSecurityContext(Model):
    """What all containers of a pod may do, where they do not say otherwise, and who owns its volumes."""

    run_as_non_root: bool = True
    """Refuse to run as user 0."""
    run_as_user: Count | None = None
    """User id; default: the image's."""
    run_as_group: Count | None = None
    """Group id; default: the image's."""
    fs_group: Count | None = None
    """Group id that owns the volumes and that all processes have too; what is not root needs it to write to a claim."""
    fs_group_change_policy: Literal["OnRootMismatch", "Always"] | None = None
    """When the files of volumes are given to `fsGroup`; default Always, which takes long for many files."""
    supplemental_groups: Listed[Count] = ()
    """Group ids that all processes have too."""
    seccomp_profile: SeccompProfile = SeccompProfile(type="RuntimeDefault")
    """Which calls of the kernel are let through."""


class PodFields(AdoptableSpec):
    """What pods have besides containers and volumes."""

    image_pull_secrets: Listed[FileName] = ()
    """Names of Secrets of this namespace with logins to registries (type kubernetes.io/dockerconfigjson)."""
    node_selector: Labels = Field(default_factory=dict)
    """Labels that a node must have."""
    affinity: Affinity | None = None
    """Near or far from what pods run, in Kubernetes' own spelling: nodeAffinity, podAffinity, podAntiAffinity."""
    topology_spread_constraints: Annotated[TopologySpread, PLAIN] = ()
    """How pods are spread over hosts or zones, in Kubernetes' own spelling; without labelSelector: the pods of this
    document."""
    tolerations: Tolerations = ()
    """Taints of nodes that the pods put up with, in Kubernetes' own spelling."""
    priority_class_name: FileName | None = None
    """Name of a PriorityClass: which pods go first where there is too little room."""
    security_context: PodSecurityContext = PodSecurityContext()
    """What all containers may do, and who owns the volumes."""
    host_aliases: HostAliases = ()
    """More lines of the pods' hosts file, in Kubernetes' own spelling: `{ip: ..., hostnames: [...]}`."""
    dns_policy: Literal["ClusterFirst", "Default", "None"] | None = None
    """Which name servers pods ask; default ClusterFirst, the Supervisor's."""
    dns_config: DnsConfig | None = None
    """Name servers, search domains and options, in Kubernetes' own spelling."""
    termination_grace_period_seconds: Count | None = None
    """Seconds that a pod has to stop when it is asked to; default 30."""
    revision_history_limit: Count | None = None
    """How many older versions of the pods Kubernetes remembers; default 10."""
    pod_template: Annotated[
        PodTemplate | None,
        PLAIN,
        InPrograms(
            "Any other field of the pods, in Kubernetes' own spelling: it is put over what the component makes by a "
            "strategic merge."
        ),
    ] = None
    """Any other field of the pods, in Kubernetes' own spelling: `metadata` and `spec` of a PodTemplateSpec. It is put
    over what is made of the other fields by a strategic merge: containers, volumes and variables by their names, null
    takes a field away. Its containers count in capacity and policy."""

    def template_problems(self, declared: Mapping[str, Sequence[Container]]) -> Iterator[Problem]:
        """What is wrong with ``pod_template``, for the containers that the document has by CONTAINER_FIELDS."""
        if self.pod_template is not None:
            for problem in template_problems(
                self.pod_template, {field: () for field in CONTAINER_FIELDS} | {**declared}
            ):
                yield problem._replace(path=("podTemplate", *problem.path))

    def stop_problems(self, declared: Mapping[str, Sequence[Container]]) -> Iterator[Problem]:
        """Pauses before the end that are longer than a pod has for it."""
        seconds = self.termination_grace_period_seconds
        if seconds is None:
            if self.pod_template is not None:
                return
            seconds = _DEFAULT_GRACE_PERIOD
        for field, containers in declared.items():
            for index, container in enumerate(containers):
                hook = container.lifecycle.pre_stop
                pause = None if hook is None else hook.sleep
                if pause is not None and pause.seconds > seconds:
                    problem = "the pause is longer than terminationGracePeriodSeconds"
                    path = (field, index, "lifecycle", "preStop", "sleep", "seconds")
                    yield Problem(problem, path, pause.seconds, f"{seconds} or less")
