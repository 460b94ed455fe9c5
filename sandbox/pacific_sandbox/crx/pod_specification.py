"""What a machine is told of its pod: with all references resolved, so that it asks Kubernetes for nothing. Pure.

The other side is ``specification.go`` in tools/crx-init.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from pacific_sandbox.crx.image_store import Image
from pacific_sandbox.crx.pod_variables import command_line, environment, expand
from pacific_sandbox.crx.pod_volumes import Unsupported, VolumeContext, volume_specifications
from pacific_sandbox.kubernetes_api import Object
from pacific_sandbox.pod_network.names import CLUSTER_DOMAIN
from pacific_sandbox.supervisor.quantities import parse_quantity

DEFAULT_CAPABILITIES: Final = (
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "NET_RAW",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
)
"""Those of containerd."""
_PROCESSES: Final = 4096
"""Processes that a container may have; a fork bomb ends there."""


@dataclass(frozen=True)
class MachineNetwork:
    """The pod's address in its network, the way out of it, and the cluster's name server."""

    address: str
    prefix: int
    gateway: str
    names: str
    variables: Mapping[str, str] = field(default_factory=dict)
    """Where Services are, for every container."""


def pod_specification(
    context: VolumeContext, images: Mapping[str, Image], network: MachineNetwork, restarts: Mapping[str, int]
) -> Object:
    """The pod. ``images`` by the name that a container gives; ``restarts``: how often each one was started before.

    Raises Unsupported.
    """
    pod = context.pod
    metadata, spec = pod["metadata"], pod["spec"]
    hostname = spec.get("hostname") or metadata["name"][:63]

    def container(definition: Object) -> Object:
        return _container(
            context, definition, images[definition["image"]], network, restarts.get(definition["name"], 0)
        )

    return {
        "name": metadata["name"],
        "namespace": metadata["namespace"],
        "uid": metadata["uid"],
        "hostname": hostname,
        "hosts": _hosts(pod, hostname, network.address),
        "resolver": resolver(pod, network.names),
        "address": network.address,
        "prefix": network.prefix,
        "gateway": network.gateway,
        "restartPolicy": spec.get("restartPolicy", "Always"),
        "grace": spec.get("terminationGracePeriodSeconds", 30),
        "volumes": volume_specifications(context),
        "initContainers": [container(definition) for definition in spec.get("initContainers", ())],
        "containers": [container(definition) for definition in spec["containers"]],
    }


def _container(
    context: VolumeContext, container: Object, image: Image, network: MachineNetwork, restarts: int
) -> Object:
    configuration = image.configuration
    variables = environment(context.pod, container, context.objects, context.addresses, network.variables)
    named = dict(assignment.split("=", 1) for assignment in configuration.environment) | variables
    security = {**context.pod["spec"].get("securityContext", {}), **container.get("securityContext", {})}
    limits = container.get("resources", {}).get("limits", {})
    ports = {port["name"]: port["containerPort"] for port in container.get("ports", ()) if "name" in port}

    def action(handler: Object) -> Object:
        return _action(handler, ports, network.address)

    hooks = container.get("lifecycle", {})
    command = command_line(container, (configuration.entrypoint, configuration.command), variables)
    if not command:
        raise Unsupported(f"container {container['name']}: neither the pod nor image {image.name} names a command")
    return {
        "name": container["name"],
        "layers": [layer.serial for layer in image.layers],
        "command": command,
        "environment": [f"{name}={value}" for name, value in named.items()],
        "directory": container.get("workingDir") or configuration.directory,
        "user": _user(security, configuration.user),
        "groups": _groups(context.pod),
        "notRoot": bool(security.get("runAsNonRoot")),
        "readOnlyRoot": bool(security.get("readOnlyRootFilesystem")),
        "noNewPrivileges": security.get("allowPrivilegeEscalation") is False,
        "capabilities": _capabilities(security),
        "memory": int(parse_quantity(limits.get("memory", 0))),
        "millicores": int(parse_quantity(limits.get("cpu", 0)) * 1000),
        "processes": _PROCESSES,
        "mounts": [_mount(mount, variables) for mount in container.get("volumeMounts", ())],
        "terminal": bool(container.get("tty")),
        "sidecar": container.get("restartPolicy") == "Always",
        "restarts": restarts,
        "messagePath": container.get("terminationMessagePath", "/dev/termination-log"),
        "logsAsMessage": container.get("terminationMessagePolicy") == "FallbackToLogsOnError",
        **{
            f"{kind}Probe": _probe(probe, action(probe))
            for kind in ("startup", "liveness", "readiness")
            if (probe := container.get(f"{kind}Probe"))
        },
        **{hook: action(hooks[hook]) for hook in ("postStart", "preStop") if hook in hooks},
    }


def _user(security: Object, of_image: str) -> str:
    if "runAsUser" not in security and "runAsGroup" not in security:
        return of_image
    user = str(security.get("runAsUser", of_image.partition(":")[0]))
    return f"{user}:{security['runAsGroup']}" if "runAsGroup" in security else user


def _groups(pod: Object) -> list[int]:
    security = pod["spec"].get("securityContext", {})
    return [*security.get("supplementalGroups", ()), *([security["fsGroup"]] if "fsGroup" in security else ())]


def _capabilities(security: Object) -> list[str]:
    if security.get("privileged"):
        return ["ALL"]
    requested = security.get("capabilities", {})
    add = [capability.removeprefix("CAP_") for capability in requested.get("add", ())]
    drop = [capability.removeprefix("CAP_") for capability in requested.get("drop", ())]
    kept = [] if "ALL" in drop else [capability for capability in DEFAULT_CAPABILITIES if capability not in drop]
    return sorted({*kept, *add})


def _mount(mount: Object, variables: Mapping[str, str]) -> Object:
    return {
        "volume": mount["name"],
        "path": mount["mountPath"],
        "subPath": mount.get("subPath") or expand(mount.get("subPathExpr", ""), variables),
        "readOnly": bool(mount.get("readOnly")),
    }


def _probe(probe: Object, action: Object) -> Object:
    return {
        **action,
        "delay": probe.get("initialDelaySeconds", 0),
        "period": probe.get("periodSeconds", 10),
        "timeout": probe.get("timeoutSeconds", 1),
        "successes": probe.get("successThreshold", 1),
        "failures": probe.get("failureThreshold", 3),
    }


def _action(handler: Object, ports: Mapping[str, int], address: str) -> Object:
    if "exec" in handler:
        return {"exec": handler["exec"]["command"]}
    if "httpGet" in handler:
        get = handler["httpGet"]
        path = get.get("path") or "/"
        return {
            "http": {
                "scheme": get.get("scheme", "HTTP"),
                "host": get.get("host") or address,
                "port": _port(get["port"], ports),
                "path": path if path.startswith("/") else f"/{path}",
                "headers": [[header["name"], header["value"]] for header in get.get("httpHeaders", ())],
            }
        }
    if "tcpSocket" in handler:
        socket = handler["tcpSocket"]
        return {"tcp": {"host": socket.get("host") or address, "port": _port(socket["port"], ports)}}
    if "sleep" in handler:
        return {"sleep": handler["sleep"]["seconds"]}
    raise Unsupported(f"CRX machines have no probes or hooks of this kind: {', '.join(sorted(handler))}")


def _port(port: int | str, ports: Mapping[str, int]) -> int:
    return port if isinstance(port, int) else ports.get(port, 0)


def _hosts(pod: Object, hostname: str, address: str) -> str:
    spec = pod["spec"]
    lines = ["127.0.0.1\tlocalhost"]
    if "subdomain" in spec:
        whole = f"{hostname}.{spec['subdomain']}.{pod['metadata']['namespace']}.svc.{CLUSTER_DOMAIN}"
        lines.append(f"{address}\t{whole}\t{hostname}")
    else:
        lines.append(f"{address}\t{hostname}")
    lines += [f"{alias['ip']}\t{' '.join(alias['hostnames'])}" for alias in spec.get("hostAliases", ())]
    return "\n".join(lines) + "\n"


def resolver(pod: Object, names: str) -> str:
    """The pod's resolv.conf by its ``dnsPolicy`` and ``dnsConfig``, as the kubelet writes it.

    A node of ours has no name server of its own: ``Default`` comes to nothing.
    """
    spec, namespace = pod["spec"], pod["metadata"]["namespace"]
    servers, search, options = [], [], {}
    policy = spec.get("dnsPolicy", "ClusterFirst")
    # Nothing here has the host's network, which would make ClusterFirst mean Default.
    if policy in ("ClusterFirst", "ClusterFirstWithHostNet"):
        servers, options = [names], {"ndots": "5"}
        search = [f"{namespace}.svc.{CLUSTER_DOMAIN}", f"svc.{CLUSTER_DOMAIN}", CLUSTER_DOMAIN]
    configuration = spec.get("dnsConfig") or {}
    servers = list(dict.fromkeys([*servers, *configuration.get("nameservers", ())]))
    search = list(dict.fromkeys([*search, *configuration.get("searches", ())]))
    options |= {option["name"]: option.get("value", "") for option in configuration.get("options", ())}
    lines = [f"search {' '.join(search)}"] if search else []
    lines += [f"nameserver {server}" for server in servers]
    if options:
        lines.append("options " + " ".join(f"{name}:{value}" if value else name for name, value in options.items()))
    return "".join(f"{line}\n" for line in lines)
