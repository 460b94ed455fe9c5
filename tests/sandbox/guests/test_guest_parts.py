"""What a machine is told of its virtual machine, its root file system, and pauses between boots."""

import tarfile
from dataclasses import replace
from pathlib import Path

from pacific_sandbox.crx.image_build import layer_of
from pacific_sandbox.crx.image_store import Image, ImageConfiguration, ImageStore, Layer
from pacific_sandbox.crx.pod_specification import MachineNetwork
from pacific_sandbox.guests.cloud_config import guest_plan
from pacific_sandbox.guests.guest_image import add_busybox, add_root, guest_image_name
from pacific_sandbox.guests.guest_specification import GuestSettings, guest_specification
from pacific_sandbox.guests.qemu_guests import pause_after

LAYER = Layer("sha256:" + "a" * 64, Path("layer"), 1)
IMAGE = Image("vm/linux:latest", "sha256:b", ImageConfiguration(environment=["PATH=/bin"]), [LAYER])
NETWORK = MachineNetwork("10.244.16.9", 20, "10.244.16.1", "10.96.0.254")
SETTINGS = GuestSettings("shop", "old", "u", IMAGE, 1, 256, NETWORK, {"tcpSocket": {"port": 80}})


def test_a_guest_is_a_pod_of_one_container() -> None:
    plan = guest_plan("#cloud-config\nhostname: legacy\nruncmd: [ls]\n")
    output = guest_specification(SETTINGS, plan)
    assert (output["hostname"], output["hosts"]) == ("legacy", "127.0.0.1\tlocalhost\n10.244.16.9\tlegacy\n")
    assert (output["address"], output["prefix"], output["gateway"]) == ("10.244.16.9", 20, "10.244.16.1")
    assert "nameserver 10.96.0.254\n" in output["resolver"]
    assert output["restartPolicy"] == "Never"
    (container,) = output["containers"]
    assert container["guest"]["run"] == "#!/bin/sh\nls\n"
    assert (container["layers"], container["environment"]) == (["a" * 20], ["PATH=/bin"])
    assert container["readinessProbe"]["tcp"] == {"host": "10.244.16.9", "port": 80}
    assert (container["readinessProbe"]["period"], container["readinessProbe"]["timeout"]) == (10, 10)
    heartbeat = guest_specification(replace(SETTINGS, probe={"guestHeartbeat": {}}), plan)
    assert "readinessProbe" not in heartbeat["containers"][0]
    alone = guest_specification(replace(SETTINGS, network=None), guest_plan(None))
    assert (alone["hostname"], alone["hosts"]) == ("old", "127.0.0.1\tlocalhost\n")
    assert "address" not in alone
    assert "readinessProbe" not in alone["containers"][0]


def test_a_root_file_system_has_the_programs_of_its_busybox(tmp_path: Path) -> None:
    busybox = tmp_path / "busybox"
    busybox.write_text("#!/bin/sh\nprintf 'sh\\nnc\\nbusybox\\n'\n")
    busybox.chmod(0o755)
    root, store = tmp_path / "root", ImageStore(tmp_path / "images")
    add_busybox(root, busybox)
    with layer_of(root) as layer:
        add_root(store, "linux", layer)
    image = store.find(guest_image_name("linux"))
    assert image is not None
    assert image.name == "vm/linux:latest"
    with tarfile.open(image.layers[0].path) as archive:
        assert {item.name: item.linkname for item in archive if item.issym()} == {
            "bin/sh": "busybox",
            "bin/nc": "busybox",
        }
        assert archive.getmember("bin/busybox").mode == 0o755
        assert archive.getmember("tmp").mode == 0o1777
        assert "etc/passwd" in archive.getnames()


def test_a_guest_that_ends_at_once_is_booted_more_and_more_rarely() -> None:
    attempt, pauses = 0, []
    for _ in range(8):
        pause, attempt = pause_after(5.0, attempt)
        pauses.append(pause)
    assert pauses == [1, 10, 20, 40, 80, 160, 300, 300]
    assert pause_after(60.0, attempt) == (0.0, 0)
