"""Since when vCenter has each operation and property, as VMware's bindings say in their texts."""

import importlib.util
import re
from functools import cache
from pathlib import Path

import pytest

from pacific_infra.provider.models.container_image_registry import ContainerImageRegistryInputs
from pacific_infra.provider.models.introspection import properties
from pacific_infra.provider.models.model import V8_0_2, V8_0_3, V9_0, Model
from pacific_infra.provider.models.namespace import NamespaceContentLibrary, NamespaceInputs, NamespaceZone
from pacific_infra.provider.models.namespace_network import NamespaceVpc, NetworkSpec
from pacific_infra.provider.models.namespace_template import NamespaceTemplateInputs
from pacific_infra.provider.models.registry import KINDS
from pacific_infra.provider.models.supervisor import ControlPlane, ImageRegistry, Images, SupervisorContentLibrary
from pacific_infra.provider.models.supervisor_edge import Edge, NsxAdvancedEdge
from pacific_infra.provider.models.virtual_machine_class import VirtualMachineClassInputs
from pacific_sandbox.vcenter.api_versions import is_known

DOCUMENT = Path(__file__).parents[2] / "docs" / "provider.md"
_FOLDER = "namespace_management"
_ADDED = r"was\s+added\s+in\s+\*\*vSphere\s+API\s+([\d.]+)\*\*"
Version = tuple[int, int, int]


def bindings() -> Path:
    (result,) = importlib.util.find_spec("com.vmware.vcenter").submodule_search_locations or []  # type: ignore[union-attr]
    return Path(result)


@cache
def source(name: str) -> str:
    return (bindings() / name).read_text()


def rounded(version: str) -> Version:
    major, minor, patch = (int(part) for part in version.split(".")[:3])
    return major, minor, patch


def operations() -> dict[tuple[str, str], str]:
    """Version by method and path of every operation in the modules that matter, names in paths left out."""
    result: dict[tuple[str, str], str] = {}
    root = bindings()
    files = ["namespaces_client.py", f"{_FOLDER}_client.py", "consumption_domains_client.py"]
    files += ["namespaces/instances_client.py", "consumption_domains/zones/cluster_client.py"]
    files += [str(path.relative_to(root)) for path in (root / _FOLDER).rglob("*_client.py")]
    files += [str(path.relative_to(root)) for path in (root / "namespaces").glob("*_client.py")]
    for name in dict.fromkeys(files):
        chunks = re.split(r"\nclass ", source(name))
        texts = {chunk.partition("(")[0]: chunk for chunk in chunks}
        for title, text in texts.items():
            rest = re.findall(
                r"(\w+)_rest_metadata = OperationRestMetadata\(\s*http_method='(\w+)',\s*url_template='([^']+)'", text
            )
            if not rest:
                continue
            interface = texts[title.removeprefix("_").removesuffix("Stub")]
            since = dict(re.findall(rf"\n    def ([a-z]\w*)\(self,?.*?{_ADDED}", interface, re.DOTALL))
            for operation, method, path in rest:
                result[method, nameless(path)] = since.get(operation, "")
    return result


def nameless(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path)


def test_the_documents_table_of_operations_is_the_bindings() -> None:
    known = operations()
    rows = re.findall(r"^\| (GET|POST|PUT|PATCH|DELETE) `(/\S+)` \| ([\d.]+) \|", DOCUMENT.read_text(), re.MULTILINE)
    assert len(rows) > 60
    for method, path, since in rows:
        assert known.get((method, nameless(path))) == since, f"{method} {path}"
        # And the simulated vCenter has it from that version on, and not before.
        plain = "/api" + re.sub(r"\{[^}]*\}", "x", path.partition("?")[0])
        for version in ((8, 0, 2), (8, 0, 3), (9, 0, 0), (9, 1, 0)):
            assert is_known(method, plain, version) == (version >= rounded(since)), f"{method} {path} {version}"


FIELDS: list[tuple[type[Model], str, str, Version]] = [
    (NamespaceInputs, "namespaces_client.py", "CreateSpecV2", (8, 0, 0)),
    (NamespaceZone, "namespaces_client.py", "ZoneSpec", V9_0),
    (NamespaceContentLibrary, "namespaces_client.py", "ContentLibrarySpec", V8_0_2),
    (NetworkSpec, "namespaces_client.py", "NetworkConfigCreateSpec", V9_0),
    (NamespaceVpc, "namespaces_client.py", "VpcNetworkCreateSpec", V9_0),
    (NamespaceTemplateInputs, "namespaces_client.py", "CreateSpec", (8, 0, 0)),
    (ControlPlane, f"{_FOLDER}/supervisors_client.py", "ControlPlane", (8, 0, 0)),
    (ImageRegistry, f"{_FOLDER}/supervisors_client.py", "ImageRegistry", (8, 0, 0)),
    (Images, f"{_FOLDER}/supervisors_client.py", "ImageSyncConfig", (8, 0, 0)),
    (SupervisorContentLibrary, f"{_FOLDER}/supervisors_client.py", "ContentLibrarySpec", V8_0_2),
    (ContainerImageRegistryInputs, f"{_FOLDER}/supervisors_client.py", "CreateSpec", V8_0_3),
    (Edge, f"{_FOLDER}/networks/edges_client.py", "Edge", (8, 0, 0)),
    (NsxAdvancedEdge, f"{_FOLDER}/networks/edges_client.py", "NSXAdvancedLBConfig", (8, 0, 0)),
    (VirtualMachineClassInputs, f"{_FOLDER}_client.py", "CreateSpec", (8, 0, 0)),
]


@pytest.mark.parametrize(("model", "file", "structure", "whole"), FIELDS)
def test_each_property_says_since_when(model: type[Model], file: str, structure: str, whole: Version) -> None:
    """``whole``: since when vCenter has the structure at all; what came with it says nothing of its own."""
    title = {NamespaceTemplateInputs: "NamespaceTemplates", ContainerImageRegistryInputs: "ContainerImageRegistries"}
    text = source(file)
    interface = title.get(model) or ("VirtualMachineClasses" if model is VirtualMachineClassInputs else None)
    if interface is not None:
        text = next(chunk for chunk in re.split(r"\nclass ", text) if chunk.startswith(f"{interface}("))
    (text,) = re.findall(rf"class {structure}\(VapiStruct\):(.*?)_set_binding_type", text, re.DOTALL)
    since = dict(re.findall(rf":param (\w+):.*?{_ADDED}", text, re.DOTALL))
    checked = 0
    for item in properties(model):
        name = {"name": "namespace", "memory_mib": "memory_mb"}.get(item.attribute, item.attribute)
        if name in since and not item.meta.local:
            version = rounded(since[name])
            assert item.meta.since == (version if version > max(whole, (8, 0, 1)) else None), item.name
            checked += 1
    assert checked >= 2 or model is ImageRegistry


def test_each_kind_says_since_when() -> None:
    assert {kind.name: kind.since for kind in KINDS if kind.since} == {"ContainerImageRegistry": V8_0_3}
