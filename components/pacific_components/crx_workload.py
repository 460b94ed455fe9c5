"""A workload of vSphere Pods (CRX): a controller of pods, with what it needs around it."""

from collections.abc import Mapping, Sequence
from typing import Any, Unpack, overload

import pulumi

from pacific_components import crx_objects
from pacific_components.arguments import CrxWorkloadArgs
from pacific_components.component import DocumentComponent, Options, field_manager, stack_name
from pacific_components.kubernetes import DELETE_DEADLINE, KubernetesObject, Wire
from pacific_components.plumbing import PodsPlumbing
from pacific_components.pod import Pod, pod_template, secret_environment
from pacific_components.validation import SecretValue
from pacific_components.values import text_value, without_none
from pacific_infra.documents.crx_workload import CrxWorkloadSpec
from pacific_infra.documents.volume import Claim, Volume
from pacific_infra.errors import PacificError, PacificErrors

DEADLINE = "10m"
"""Until all replicas are Ready, or the job is complete."""
POD_DELETE_DEADLINE = "5m"
"""Until a deleted controller and its pods are gone."""
SERVICE_DEADLINE = "5m"
"""Until the load balancer has given the Service an address."""
SKIP_AWAIT = {"pulumi.com/skipAwait": "true"}
"""For what the pods' own readiness shows: claims, and Services without a load balancer (they would cost 10 s each)."""


class CrxWorkload(DocumentComponent[PodsPlumbing, CrxWorkloadSpec]):
    """A Deployment, StatefulSet, Job or CronJob of vSphere Pods, awaited until its pods are Ready or have succeeded."""

    name: pulumi.Output[str]
    """Name of the controller."""
    host: pulumi.Output[str]
    """DNS name of the Service inside the Supervisor; empty without a service."""
    address: pulumi.Output[str]
    """The Service's load balancer or cluster address; empty without one."""
    url: pulumi.Output[str]
    """http://address:first port of the Service; empty without a service."""

    @overload
    def __init__(self, resource_name: str, /, args: CrxWorkloadArgs, opts: Options = None) -> None: ...
    @overload
    def __init__(self, resource_name: str, /, *, opts: Options = None, **args: Unpack[CrxWorkloadArgs]) -> None: ...
    def __init__(self, resource_name: str, /, args: Any = None, opts: Options = None, **keywords: Any) -> None:
        super().__init__("pacific:index:CrxWorkload", resource_name, args, keywords, opts)
        self._name = resource_name
        self._selector = {"app.kubernetes.io/name": self._object}
        self._retain = self._spec.deletion_policy == "Retain"
        self._claims = [(volume.name, volume.claim) for volume in self._spec.volumes if volume.claim is not None]
        self._check_claims()

        needed, volumes = self._volumes()
        needed += self._replica_claims()
        secrets = secret_environment((*self._spec.containers, *self._spec.init_containers))
        if secrets:
            # Its values are secret in the state whatever the provider makes of them.
            needed.append(
                self._make("v1", "Secret", "environment", "environment", {"stringData": secrets}, secret=["data"])
            )
        if self._spec.service_account:
            needed.append(self._make("v1", "ServiceAccount", "service-account"))
        # Beside the pods and not after them: the load balancer needs time of its own.
        service = self._services()
        controller = self._controller(self._template(volumes, secrets), needed)
        self._guards(controller)

        self.name = controller.metadata.apply(lambda metadata: str(metadata["name"]))
        self.host = self.address = self.url = pulumi.Output.from_input("")
        if service is not None and self._spec.service is not None:
            port = crx_objects.service_ports(self._spec.service)[0]["port"]
            both = pulumi.Output.all(service.spec, service.status)
            self.host = pulumi.Output.concat(self._object, ".", self._plumbing.namespace, ".svc")
            self.address = both.apply(lambda parts: crx_objects.service_address(parts[0], parts[1]))
            self.url = pulumi.Output.all(self.address, port).apply(lambda parts: _url(*parts))
        self.register_outputs({"name": self.name, "host": self.host, "address": self.address, "url": self.url})

    def _check_claims(self) -> None:
        """Raises PacificErrors where it is not known how many claims a StatefulSet has."""
        if self._spec.kind != "StatefulSet" or not self._claims or isinstance(self._most_pods, int):
            return
        field = "replicas" if self._spec.autoscaler is None else "autoscaler.maxReplicas"
        problem = f"{field} cannot be an output in a StatefulSet with claims: each pod's claims are resources"
        raise PacificErrors([PacificError(problem, place=f"CrxWorkload {self._name}", fix="write the value itself")])

    @property
    def _most_pods(self) -> Any:
        return self._spec.most_pods

    def _make(
        self,
        api_version: str,
        kind: str,
        suffix: str,
        name: str = "",
        fields: Wire | None = None,
        *,
        annotations: Mapping[str, str] | None = None,
        secret: list[str] | None = None,
        **options: Any,
    ) -> KubernetesObject:
        """The child ``<component>-<suffix>``, which is the object ``<workload>-<name>``, or ``<workload>`` itself."""
        object_name = f"{self._object}-{name}" if name else self._object
        return KubernetesObject(
            api_version,
            kind,
            f"{self._name}-{suffix}",
            metadata=self._metadata(
                object_name, self._plumbing.namespace, labels=self._selector, annotations=annotations
            ),
            fields=fields,
            opts=self._child(**{"delete_deadline": DELETE_DEADLINE, **options}, additional_secret_outputs=secret),
        )

    def _volumes(self) -> tuple[list[pulumi.Resource], list[Wire]]:
        """Resources behind the pod's volumes, and the volumes: by their source, since the order is part of the pod."""
        resources: list[pulumi.Resource] = []
        volumes: list[Wire] = []
        for name, files in _files(self._spec.volumes, secret=False).items():
            resources.append(self._make("v1", "ConfigMap", name, name, {"data": files}))
            volumes.append({"name": name, "configMap": {"name": f"{self._object}-{name}"}})
        for name, files in _files(self._spec.volumes, secret=True).items():
            data = {"stringData": pulumi.Output.secret(files)}
            resources.append(self._make("v1", "Secret", f"{name}-files", f"{name}-files", data, secret=["data"]))
            volumes.append({"name": name, "secret": {"secretName": f"{self._object}-{name}-files"}})
        for name, claim in self._claims if self._spec.kind != "StatefulSet" else ():
            options: dict[str, Any] = {"annotations": SKIP_AWAIT, "retain": self._retain}
            resources.append(
                self._make("v1", "PersistentVolumeClaim", name, name, {"spec": _claim_spec(claim)}, **options)
            )
            volumes.append({"name": name, "persistentVolumeClaim": {"claimName": f"{self._object}-{name}"}})
        for volume in self._spec.volumes:
            if volume.empty_dir is not None:
                limits = {"sizeLimit": volume.empty_dir.size, "medium": volume.empty_dir.medium}
                volumes.append({"name": volume.name, "emptyDir": without_none(limits)})
        volumes += [
            {"name": volume.name, **source}
            for volume in self._spec.volumes
            if (source := crx_objects.volume_of_others(volume))
        ]
        return resources, volumes

    def _replica_claims(self) -> list[pulumi.Resource]:
        """A StatefulSet's claims, by the names under which it looks for them: its template's size never changes.

        They carry no mark of the stack, like those that it makes itself, and are taken up where it has made them.
        They stay when there are fewer replicas; when the StatefulSet is deleted, its retention policy decides.
        """
        if self._spec.kind != "StatefulSet":
            return []
        annotations = {
            **SKIP_AWAIT,
            "pacific.infra/node": self._node,
            "pulumi.com/patchFieldManager": field_manager(stack_name()),
            "pulumi.com/patchForce": "true",
        }
        return [
            KubernetesObject(
                "v1",
                "PersistentVolumeClaim",
                f"{self._name}-{name}-{ordinal}",
                metadata={
                    "name": f"{name}-{self._object}-{ordinal}",
                    "namespace": self._plumbing.namespace,
                    "labels": self._selector,
                    "annotations": annotations,
                },
                fields={"spec": _claim_spec(claim)},
                opts=self._child(delete_deadline=DELETE_DEADLINE, retain=True),
            )
            for name, claim in self._claims
            for ordinal in range(self._spec.most_pods)
        ]

    def _template(self, volumes: list[Wire], secrets: Mapping[str, pulumi.Output[str]]) -> dict[str, Any]:
        """The pod template. A digest of what the pods read at their start makes new pods when that changes."""
        spec = self._spec
        pod = Pod(
            spec.containers,
            spec.init_containers,
            volumes,
            service_account=self._object if spec.service_account else spec.service_account_name,
            restart_policy="Never" if spec.is_job else None,
            secret_name=f"{self._object}-environment" if secrets else None,
            fields=spec,
            selector=self._selector,
        )
        metadata: dict[str, Any] = {"labels": {**self._labels, **self._selector}}
        annotations: dict[str, Any] = crx_objects.version_annotations(self._plumbing.secret_versions)
        files, hidden = _files(spec.volumes, secret=False), _files(spec.volumes, secret=True)
        if files or hidden or secrets:
            read_at_start = pulumi.Output.json_dumps({"files": files | hidden, "environment": secrets})
            salt = self._object
            holds_secrets = bool(hidden or secrets)
            fingerprint = read_at_start.apply(
                lambda text: crx_objects.secret_digest(text, salt) if holds_secrets else crx_objects.digest(text)
            )
            # Secret, it would hide the whole template in every diff.
            fingerprint = pulumi.Output.unsecret(fingerprint)
            annotations["pacific.infra/config-digest"] = fingerprint
        if annotations:
            metadata["annotations"] = annotations
        return pod_template(pod, metadata)

    def _services(self) -> KubernetesObject | None:
        """The Service asked for, if any; besides, a StatefulSet's headless one, for its pods' names."""
        service = self._spec.service
        ports = None if service is None else crx_objects.service_ports(service)
        if self._spec.kind == "StatefulSet":
            spec: dict[str, Any] = {
                "clusterIP": "None",
                "selector": self._selector,
                "publishNotReadyAddresses": True,
            }
            if ports is not None:
                spec["ports"] = ports
            self._make("v1", "Service", "headless", "headless", {"spec": spec}, annotations=SKIP_AWAIT)
        if service is None:
            return None
        fields = {"spec": crx_objects.service_spec(service, self._selector)}
        # The provider's own wait for a Service sleeps 10 s, and up to 4.24 takes no other one (pulumi.com/waitFor).
        awaited = {} if service.type == "LoadBalancer" else SKIP_AWAIT
        annotations = {**service.annotations, **awaited}
        return self._make("v1", "Service", "service", "", fields, annotations=annotations, deadline=SERVICE_DEADLINE)

    def _controller(self, template: dict[str, Any], needed: Sequence[pulumi.Resource]) -> KubernetesObject:
        kind = self._spec.kind
        options: dict[str, Any] = {
            "deadline": DEADLINE,
            "delete_deadline": POD_DELETE_DEADLINE,
            "depends_on": needed,
        }
        if kind == "Job":
            fields = {"spec": crx_objects.job_spec(self._spec, template)}
            return self._make("batch/v1", "Job", "job", "", fields, **options)
        if kind == "CronJob":
            fields = {"spec": crx_objects.cron_job_spec(self._spec, template)}
            return self._make("batch/v1", "CronJob", "cron-job", "", fields, **options)
        spec: dict[str, Any] = {
            "selector": {"matchLabels": self._selector},
            "template": template,
            **crx_objects.controller_spec(self._spec),
        }
        ignored: list[str] = []
        if self._spec.autoscaler is not None:
            # A field that nobody applies any more falls back to its default, one pod. So it is applied when the
            # controller is made, and from then on as it is, until the autoscaler has set it.
            spec["replicas"] = self._spec.autoscaler.min_replicas
            ignored.append("spec.replicas")
        else:
            spec["replicas"] = 1 if self._spec.replicas is None else self._spec.replicas
        if kind == "Deployment":
            options["ignore_changes"] = ignored
            return self._make("apps/v1", "Deployment", "deployment", "", {"spec": spec}, **options)
        spec["serviceName"] = f"{self._object}-headless"
        if self._claims:
            policy = "Retain" if self._retain else "Delete"
            spec["persistentVolumeClaimRetentionPolicy"] = {"whenDeleted": policy, "whenScaled": "Retain"}
            spec["volumeClaimTemplates"] = [
                {"metadata": {"name": name, "labels": self._selector}, "spec": _claim_spec(claim)}
                for name, claim in self._claims
            ]
        # Kubernetes lets nobody change them, and the provider's replacement would take the pods and the data along.
        options["ignore_changes"] = [*ignored, "spec.volumeClaimTemplates"]
        return self._make("apps/v1", "StatefulSet", "stateful-set", "", {"spec": spec}, **options)

    def _guards(self, controller: pulumi.Resource) -> None:
        """What watches over the pods: network policy, disruption budget, autoscaler."""
        spec = self._spec
        if self._plumbing.allow_ingress and spec.service is not None:
            fields = {"spec": crx_objects.ingress_spec(spec.service, self._selector)}
            self._make("networking.k8s.io/v1", "NetworkPolicy", "network-policy", "", fields)
        if spec.disruption_budget is not None:
            fields = {"spec": crx_objects.disruption_budget_spec(spec.disruption_budget, self._selector)}
            self._make("policy/v1", "PodDisruptionBudget", "disruption-budget", "", fields)
        if spec.autoscaler is not None:
            fields = {"spec": crx_objects.autoscaler_spec(spec.autoscaler, spec.kind, self._object)}
            self._make("autoscaling/v2", "HorizontalPodAutoscaler", "autoscaler", "", fields, depends_on=[controller])


def _files(volumes: Sequence[Volume], *, secret: bool) -> dict[str, dict[str, Any]]:
    """Content by file name, of each volume that becomes a Secret, or of each that becomes a ConfigMap."""
    return {
        volume.name: {name: text_value(text) for name, text in volume.files.items()}
        for volume in volumes
        if volume.files is not None and any(isinstance(text, SecretValue) for text in volume.files.values()) is secret
    }


def _claim_spec(claim: Claim) -> Wire:
    return crx_objects.claim_spec(claim.size, claim.storage_policy, claim.access_mode)


def _url(address: str, port: float) -> str:
    return f"http://{address}:{int(port)}" if address else ""
