"""A workload of vSphere Pods (CRX): a controller of pods, with what it needs around it."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from pacific_components import crx_objects
from pacific_components.checking import checked
from pacific_components.component import Component, field_manager, stack_name
from pacific_components.crx_arguments import CrxWorkloadArgs
from pacific_components.crx_rules import check_together
from pacific_components.kubernetes import DELETE_DEADLINE, KubernetesObject, Wire
from pacific_components.pod import PodArgs, pod_spec, secret_key

DEADLINE = "10m"
"""Until all replicas are Ready, or the job is complete."""
POD_DELETE_DEADLINE = "5m"
"""Until a deleted controller and its pods are gone."""
SERVICE_DEADLINE = "5m"
"""Until the load balancer has given the Service an address."""
SKIP_AWAIT = {"pulumi.com/skipAwait": "true"}
"""For what the pods' own readiness shows: claims, and Services without a load balancer (they would cost 10 s each)."""


class CrxWorkload(Component):
    """A Deployment, StatefulSet, Job or CronJob of vSphere Pods, awaited until its pods are Ready or have succeeded."""

    name: pulumi.Output[str]
    """Name of the controller."""
    host: pulumi.Output[str]
    """DNS name of the Service inside the Supervisor; empty without a service."""
    address: pulumi.Output[str]
    """The Service's load balancer or cluster address; empty without one."""
    url: pulumi.Output[str]
    """http://address:first port of the Service; empty without a service."""

    def __init__(self, name: str, args: CrxWorkloadArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        args = checked(CrxWorkloadArgs, args, f"CrxWorkload {name}")
        check_together(args, f"CrxWorkload {name}")
        super().__init__("pacific:index:CrxWorkload", name, args, opts)
        self._args = args
        self._name = name
        self._object = args.get("name") or name.rpartition("/")[2]
        self._selector = {"app.kubernetes.io/name": self._object}
        self._retain = args.get("deletion_policy", "Retain") == "Retain"

        needed, volumes = self._volumes()
        needed += self._replica_claims()
        secrets = self._secrets()
        if secrets:
            # Its values are secret in the state whatever the provider makes of them.
            needed.append(
                self._make("v1", "Secret", "environment", "environment", {"stringData": secrets}, secret=["data"])
            )
        if args.get("service_account"):
            needed.append(self._make("v1", "ServiceAccount", "service-account"))
        # Beside the pods and not after them: the load balancer needs time of its own.
        service = self._services()
        controller = self._controller(self._template(volumes, secrets), needed)
        self._guards(controller)

        self.name = controller.metadata.apply(lambda metadata: str(metadata["name"]))
        self.host = self.address = self.url = pulumi.Output.from_input("")
        if service is not None:
            port = args["service"]["ports"][0]["port"]
            both = pulumi.Output.all(service.spec, service.status)
            self.host = pulumi.Output.concat(self._object, ".", args["namespace"], ".svc")
            self.address = both.apply(lambda found: crx_objects.service_address(found[0], found[1]))
            self.url = self.address.apply(lambda address: f"http://{address}:{port}" if address else "")
        self.register_outputs({"name": self.name, "host": self.host, "address": self.address, "url": self.url})

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
                object_name, self._args["namespace"], labels=self._selector, annotations=annotations
            ),
            fields=fields,
            opts=self._child(**{"delete_deadline": DELETE_DEADLINE, **options}, additional_secret_outputs=secret),
        )

    def _volumes(self) -> tuple[list[pulumi.Resource], list[Wire]]:
        """Resources behind the pod's volumes, and the volumes."""
        resources: list[pulumi.Resource] = []
        volumes: list[Wire] = []
        for config in self._args.get("config_volumes", ()):
            name = config["name"]
            resources.append(self._make("v1", "ConfigMap", name, name, {"data": dict(config["files"])}))
            volumes.append({"name": name, "configMap": {"name": f"{self._object}-{name}"}})
        for files in self._args.get("secret_volumes", ()):
            name = f"{files['name']}-files"
            data = {"stringData": pulumi.Output.secret(dict(files["files"]))}
            resources.append(self._make("v1", "Secret", name, name, data, secret=["data"]))
            volumes.append({"name": files["name"], "secret": {"secretName": f"{self._object}-{name}"}})
        for claim in self._args.get("claim_volumes", ()):
            if self._args.get("kind") == "StatefulSet":
                continue
            name = claim["name"]
            spec = {"spec": crx_objects.claim_spec(claim)}
            options: dict[str, Any] = {"annotations": SKIP_AWAIT, "retain": self._retain}
            resources.append(self._make("v1", "PersistentVolumeClaim", name, name, spec, **options))
            volumes.append({"name": name, "persistentVolumeClaim": {"claimName": f"{self._object}-{name}"}})
        for empty in self._args.get("empty_volumes", ()):
            limit = {"sizeLimit": empty["size_limit"]} if "size_limit" in empty else {}
            volumes.append({"name": empty["name"], "emptyDir": limit})
        for reference in self._args.get("reference_volumes", ()):
            if "config_map" in reference:
                volumes.append({"name": reference["name"], "configMap": {"name": reference["config_map"]}})
            else:
                volumes.append({"name": reference["name"], "secret": {"secretName": reference["secret"]}})
        return resources, volumes

    def _replica_claims(self) -> list[pulumi.Resource]:
        """A StatefulSet's claims, by the names under which it looks for them: its template's size never changes.

        They carry no mark of the stack, like those that it makes itself, and are taken up where it has made them.
        They stay when there are fewer replicas; when the StatefulSet is deleted, its retention policy decides.
        """
        if self._args.get("kind") != "StatefulSet":
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
                f"{self._name}-{claim['name']}-{ordinal}",
                metadata={
                    "name": f"{claim['name']}-{self._object}-{ordinal}",
                    "namespace": self._args["namespace"],
                    "labels": self._selector,
                    "annotations": annotations,
                },
                fields={"spec": crx_objects.claim_spec(claim)},
                opts=self._child(delete_deadline=DELETE_DEADLINE, retain=True),
            )
            for claim in self._args.get("claim_volumes", ())
            for ordinal in range(crx_objects.most_replicas(self._args))
        ]

    def _secrets(self) -> dict[str, pulumi.Output[str]]:
        """The secret environment of all containers, by key in the workload's Secret."""
        return {
            secret_key(container["name"], variable): pulumi.Output.secret(value)
            for container in (*self._args["containers"], *self._args.get("init_containers", ()))
            for variable, value in container.get("secret_environment", {}).items()
        }

    def _template(self, volumes: list[Wire], secrets: Mapping[str, pulumi.Output[str]]) -> dict[str, Any]:
        """The pod template. A digest of what the pods read at their start makes new pods when that changes."""
        pod: PodArgs = {"containers": self._args["containers"], "volumes": volumes}
        if "init_containers" in self._args:
            pod["init_containers"] = self._args["init_containers"]
        if "termination_grace_period_seconds" in self._args:
            pod["termination_grace_period_seconds"] = self._args["termination_grace_period_seconds"]
        if self._args.get("service_account"):
            pod["service_account"] = self._object
        if secrets:
            pod["secret_name"] = f"{self._object}-environment"
        if self._args.get("kind") in ("Job", "CronJob"):
            pod["restart_policy"] = "Never"
        metadata: dict[str, Any] = {"labels": {**self._labels, **self._selector}}
        files = {config["name"]: config["files"] for config in self._args.get("config_volumes", ())}
        hidden = {config["name"]: config["files"] for config in self._args.get("secret_volumes", ())}
        if files or hidden or secrets:
            read_at_start = pulumi.Output.json_dumps({"files": files | hidden, "environment": secrets})
            salt = self._object
            holds_secrets = bool(hidden or secrets)
            fingerprint = read_at_start.apply(
                lambda text: crx_objects.secret_digest(text, salt) if holds_secrets else crx_objects.digest(text)
            )
            # Secret, it would hide the whole template in every diff.
            fingerprint = pulumi.Output.unsecret(fingerprint)
            metadata["annotations"] = {"pacific.infra/config-digest": fingerprint}
        return {"metadata": metadata, "spec": pod_spec(pod)}

    def _services(self) -> KubernetesObject | None:
        """The Service asked for, if any; besides, a StatefulSet's headless one, for its pods' names."""
        args = self._args.get("service")
        if self._args.get("kind") == "StatefulSet":
            spec = {"clusterIP": "None", "selector": self._selector, "publishNotReadyAddresses": True}
            if args:
                spec["ports"] = crx_objects.service_ports(args)
            self._make("v1", "Service", "headless", "headless", {"spec": spec}, annotations=SKIP_AWAIT)
        if args is None:
            return None
        kind = args.get("type", "ClusterIP")
        fields = {"spec": {"type": kind, "selector": self._selector, "ports": crx_objects.service_ports(args)}}
        # The provider's own wait for a Service sleeps 10 s, and up to 4.24 takes no other one (pulumi.com/waitFor).
        awaited = None if kind == "LoadBalancer" else SKIP_AWAIT
        return self._make("v1", "Service", "service", "", fields, annotations=awaited, deadline=SERVICE_DEADLINE)

    def _controller(self, template: dict[str, Any], needed: Sequence[pulumi.Resource]) -> KubernetesObject:
        kind = self._args.get("kind", "Deployment")
        options: dict[str, Any] = {
            "deadline": DEADLINE,
            "delete_deadline": POD_DELETE_DEADLINE,
            "depends_on": needed,
        }
        if kind == "Job":
            fields = {"spec": crx_objects.job_spec(self._args, template)}
            return self._make("batch/v1", "Job", "job", "", fields, **options)
        if kind == "CronJob":
            fields = {"spec": crx_objects.cron_job_spec(self._args, template)}
            return self._make("batch/v1", "CronJob", "cron-job", "", fields, **options)
        spec: dict[str, Any] = {"selector": {"matchLabels": self._selector}, "template": template}
        ignored = []
        if "autoscaler" in self._args:
            # A field that nobody applies any more falls back to its default, one pod. So it is applied when the
            # controller is made, and from then on as it is, until the autoscaler has set it.
            spec["replicas"] = self._args["autoscaler"]["min_replicas"]
            ignored.append("spec.replicas")
        else:
            spec["replicas"] = self._args.get("replicas", 1)
        if kind == "Deployment":
            options["ignore_changes"] = ignored
            return self._make("apps/v1", "Deployment", "deployment", "", {"spec": spec}, **options)
        spec["serviceName"] = f"{self._object}-headless"
        claims = self._args.get("claim_volumes", ())
        if claims:
            policy = "Retain" if self._retain else "Delete"
            spec["persistentVolumeClaimRetentionPolicy"] = {"whenDeleted": policy, "whenScaled": "Retain"}
            spec["volumeClaimTemplates"] = [crx_objects.claim_template(claim, self._selector) for claim in claims]
        # Kubernetes lets nobody change them, and the provider's replacement would take the pods and the data along.
        options["ignore_changes"] = [*ignored, "spec.volumeClaimTemplates"]
        return self._make("apps/v1", "StatefulSet", "stateful-set", "", {"spec": spec}, **options)

    def _guards(self, controller: pulumi.Resource) -> None:
        """What watches over the pods: network policy, disruption budget, autoscaler."""
        if self._args.get("allow_ingress") and "service" in self._args:
            fields = {"spec": crx_objects.ingress_spec(self._args["service"], self._selector)}
            self._make("networking.k8s.io/v1", "NetworkPolicy", "network-policy", "", fields)
        if "disruption_budget" in self._args:
            fields = {"spec": crx_objects.disruption_budget_spec(self._args["disruption_budget"], self._selector)}
            self._make("policy/v1", "PodDisruptionBudget", "disruption-budget", "", fields)
        if "autoscaler" in self._args:
            kind = self._args.get("kind", "Deployment")
            fields = {"spec": crx_objects.autoscaler_spec(self._args["autoscaler"], kind, self._object)}
            self._make("autoscaling/v2", "HorizontalPodAutoscaler", "autoscaler", "", fields, depends_on=[controller])
