"""An estate of ``count`` documents: one Supervisor, VM classes, namespaces, workloads with up to 3 dependencies."""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

API_VERSION = "pacific.infra/v1alpha1"
CLASSES = 8
WORKLOADS_A_NAMESPACE = 50


def documents(count: int, seed: int) -> Iterator[dict[str, Any]]:
    """A Supervisor, 8 classes, a namespace for 50 workloads each; each workload waits for up to 3 before it."""
    rng = random.Random(seed)  # noqa: S311 - a workload, not a secret
    yield _document(
        "SupervisorCluster",
        {"name": "supervisor-01"},
        {
            "cluster": "cluster-01",
            "storagePolicy": "gold",
            "managementNetwork": {"network": "management"},
            "workloadNetwork": {"type": "NSXT", "nsx": {"distributedSwitch": "dvs-01"}},
        },
    )
    for number in range(CLASSES):
        size = 2 ** (number % 4)
        yield _document("VirtualMachineClass", {"name": f"class-{number}"}, {"cpuCount": size, "memory": f"{size}Gi"})
    left = count - 1 - CLASSES
    namespaces = max(1, left // (WORKLOADS_A_NAMESPACE + 1))
    for number in range(namespaces):
        yield _document("Namespace", {"name": f"team-{number}"}, _namespace())
    ids: list[str] = []
    for number in range(left - namespaces):
        namespace = f"team-{number % namespaces}"
        needs = rng.sample(ids, min(len(ids), rng.randint(0, 3)))
        kind = "VirtualMachine" if number % 5 == 4 else "CrxWorkload"
        name = f"part-{number}"
        spec = _machine(rng) if kind == "VirtualMachine" else _workload(rng)
        yield _document(kind, {"name": name, "namespace": namespace}, {**spec, "dependsOn": needs})
        ids.append(f"{kind}/{namespace}/{name}")


def write(folder: Path, count: int, seed: int) -> Path:
    """One JSON file with all documents; its path."""
    file = folder / f"estate-{count}.json"
    file.write_text(json.dumps(list(documents(count, seed))))
    return file


def write_yaml(folder: Path, count: int, seed: int) -> Path:
    """One YAML file with all documents, in block style as people write them; its path."""
    file = folder / f"estate-{count}.yaml"
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    with file.open("w") as out:
        yaml.dump_all(documents(count, seed), out, Dumper=dumper, sort_keys=False)
    return file


def _document(kind: str, metadata: dict[str, str], spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": metadata, "spec": spec}


def _namespace() -> dict[str, Any]:
    return {
        "supervisor": "supervisor-01",
        "limits": {"cpu": "400GHz", "memory": "640Gi", "storage": "5Ti"},
        "objectCounts": {"pods": 600},
        "storagePolicies": [{"name": "gold"}],
        "virtualMachineClasses": [f"class-{number}" for number in range(CLASSES)],
        "contentLibraries": ["linux-images"],
        "access": [{"group": "developers", "domain": "vsphere.local", "role": "EDIT"}],
    }


def _workload(rng: random.Random) -> dict[str, Any]:
    container = {
        "name": "main",
        "image": "registry/main:1",
        "ports": [{"name": "http", "containerPort": 8080}],
        "resources": {
            "requests": {"cpu": f"{rng.randint(1, 8) * 50}m", "memory": "128Mi"},
            "limits": {"cpu": "500m", "memory": "256Mi"},
        },
        "environment": {"LOG_LEVEL": "info"},
        "readinessProbe": {"httpGet": {"path": "/ready", "port": "http"}},
    }
    return {
        "kind": "Deployment",
        "replicas": rng.randint(1, 3),
        "containers": [container],
        "service": {"ports": [{"name": "http", "port": 80, "targetPort": "http"}]},
    }


def _machine(rng: random.Random) -> dict[str, Any]:
    return {
        "class": f"class-{rng.randrange(CLASSES)}",
        "image": "debian-12",
        "storagePolicy": "gold",
        "volumes": [{"name": "data", "size": "20Gi"}],
    }
