"""Kubernetes objects as Pulumi resources of the ``kubernetes`` provider, in the API's own spelling.

The classes of ``pulumi_kubernetes`` are passed over on purpose: they drop the status of custom resources, take 0.4 s to
import, and type checkers need minutes and gigabytes for their overloads. Type tokens, and so state, are the same.
"""

import json
from collections.abc import Mapping
from typing import Any, TypeAlias

import pulumi
from google._upb._message import SetAllowOversizeProtos  # type: ignore[import-untyped]

# Definitions are deeper than the 33 levels that protobuf reads by default.
SetAllowOversizeProtos(True)

Wire: TypeAlias = Mapping[str, Any]
"""A part of an object as the Kubernetes API spells it; values may be outputs."""

VM_OPERATOR = "vmoperator.vmware.com/v1alpha5"
"""API version of the VM Operator's kinds: config/crd/bases of github.com/vmware-tanzu/vm-operator v1.10.0."""


DELETE_DEADLINE = "2m"
"""Until a deleted object is gone.

Objects without dependents are deleted in the background, at once: nothing of theirs has to go before them.
"""
_WITH_DEPENDENTS = {"Deployment", "StatefulSet", "Job", "CronJob", "VirtualMachine", "VirtualMachineService", "Cluster"}
"""Kinds whose delete waits for what they made: their pods, their machine."""


class KubernetesObject(pulumi.CustomResource):
    """One object; ``metadata``, ``spec`` and ``status`` are as the server last wrote them."""

    metadata: pulumi.Output[Wire]
    spec: pulumi.Output[Wire | None]
    status: pulumi.Output[Wire | None]

    def __init__(
        self,
        api_version: str,
        kind: str,
        name: str,
        *,
        metadata: Wire,
        fields: Wire | None = None,
        patch: bool = False,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """``fields`` are those beside the metadata: spec, data, stringData. ``patch``: the object is somebody else's,
        and only what is given here is set, by a field manager of our own.
        """
        if kind not in _WITH_DEPENDENTS and not patch:
            annotations = {**metadata.get("annotations", {}), "pulumi.com/deletionPropagationPolicy": "background"}
            metadata = {**metadata, "annotations": annotations}
        group = api_version if "/" in api_version else f"core/{api_version}"
        properties = {"spec": None, "status": None, **(fields or {})}
        super().__init__(
            f"kubernetes:{group}:{kind}{'Patch' if patch else ''}",
            name,
            {"apiVersion": api_version, "kind": kind, "metadata": metadata, **properties},
            opts,
        )


class ReadObject(pulumi.CustomResource):
    """An object as it is at each update, whoever made it: it is read, and never changed or deleted."""

    spec: pulumi.Output[Wire | None]
    status: pulumi.Output[Wire | None]

    def __init__(self, api_version: str, kind: str, name: str, opts: pulumi.ResourceOptions) -> None:
        """``opts.id`` is NAMESPACE/NAME."""
        super().__init__(f"kubernetes:{api_version}:{kind}", name, {"spec": None, "status": None}, opts)


class ReadSecret(pulumi.CustomResource):
    """A Secret that a controller has made: it is read, and never changed or deleted."""

    data: pulumi.Output[Mapping[str, str] | None]

    def __init__(self, name: str, opts: pulumi.ResourceOptions) -> None:
        """``opts.id`` is NAMESPACE/NAME."""
        super().__init__("kubernetes:core/v1:Secret", name, {"data": None}, opts)


class KubernetesProvider(pulumi.ProviderResource):
    """``pulumi:providers:kubernetes`` for one cluster; resources of ``pulumi_kubernetes`` take it as well."""

    def __init__(
        self,
        name: str,
        *,
        kubeconfig: pulumi.Input[str],
        cluster_identifier: pulumi.Input[str],
        client_settings: Mapping[str, float],
        delete_unreachable: bool,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """``client_settings``: qps and burst in requests a second, timeout of one request in seconds."""
        # The engine takes a provider's inputs that are not strings as JSON text.
        flags = {
            "enableServerSideApply": True,
            "enableConfigMapMutable": True,
            "enableSecretMutable": True,
            "suppressDeprecationWarnings": True,
            "deleteUnreachable": delete_unreachable,
        }
        properties = {
            "kubeconfig": kubeconfig,
            "clusterIdentifier": cluster_identifier,
            "kubeClientSettings": json.dumps(dict(client_settings)),
            **{key: json.dumps(value) for key, value in flags.items()},
        }
        super().__init__("kubernetes", name, properties, opts)
