from typing import Any

import pytest

from pacific_sandbox.spherelet.pod_machine import PodMachineSize, image_reference, size


def container(name: str = "c", **resources: dict[str, str]) -> dict[str, Any]:
    return {"name": name, "image": "i", "resources": resources}


def pod(*containers: dict[str, Any], init: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    return {"spec": {"containers": list(containers), "initContainers": list(init)}}


@pytest.mark.parametrize(
    ("described", "expected"),
    [
        (pod(container()), PodMachineSize(1, 512, 0, 0)),
        (
            pod(container(requests={"cpu": "250m", "memory": "128Mi"}, limits={"cpu": "500m", "memory": "256Mi"})),
            PodMachineSize(1, 256, 500, 128),
        ),
        (
            pod(container(limits={"cpu": "1500m", "memory": "1Gi"}), container("d", limits={"cpu": "600m"})),
            PodMachineSize(3, 1024, 0, 0),
        ),
        # A greater init container counts, one that stays is added.
        (
            pod(container(requests={"cpu": "1"}), init=(container("i", requests={"cpu": "3"}),)),
            PodMachineSize(3, 512, 6000, 0),
        ),
        (
            pod(
                container(requests={"cpu": "1"}),
                init=({**container("i", requests={"cpu": "1"}), "restartPolicy": "Always"},),
            ),
            PodMachineSize(2, 512, 4000, 0),
        ),
    ],
)
def test_size(described: dict[str, Any], expected: PodMachineSize) -> None:
    assert size(described) == expected


@pytest.mark.parametrize("image", ["registry.test:5000/team/web:1", "web", "web@sha256:00", "team/web:1"])
def test_an_image_reference_begins_with_the_image_name(image: str) -> None:
    assert image_reference(image).startswith("web-")
    assert image_reference(image) != image_reference(image + "0")
