"""Every place where a document names a secret of the stack's configuration: the value is nowhere but in secrets.

It proves what is registered; tests/integration/test_secrets_in_clusters.py looks into the state and the cluster.
"""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

import pulumi
import pytest
from google.protobuf import json_format  # type: ignore[import-untyped]
from pacific_components.estate import EstateOptions, declare_estate
from pulumi.runtime import rpc
from pydantic import BaseModel

from pacific_infra.documents import Document, Estate, load_estate
from pacific_infra.documents.models import MODELS
from pacific_infra.documents.stack_secret import SecretTemplate, StackSecret
from pacific_infra.graph import build_graph
from pacific_infra.graph.stack_secrets import named_secrets
from pacific_infra.vcenter.settings import VCenterSettings
from tests.support.recording import Recording, record

GOLDEN = Path(__file__).parents[2] / "golden"
ESTATE, SUPERVISORS = (load_estate([GOLDEN / name]) for name in ("every-secret", "every-property"))
NAMED = [*named_secrets(ESTATE), *named_secrets(SUPERVISORS)]
KEYS = sorted({named.key for named in NAMED})
SETTINGS = VCenterSettings("vcenter.test", "administrator@vsphere.local", password="of-vcenter")


def value_of(key: str) -> str:
    return f"#cloud-config-of-{key.replace(':', '-')}-that-nobody-may-see"


def recorded(estate: Estate = ESTATE, *, preview: bool = False) -> Recording:
    options = EstateOptions(secret=lambda key: pulumi.Output.secret(value_of(key)))
    return record(lambda: declare_estate(build_graph(estate), SETTINGS, options), preview=preview)[0]


@pytest.fixture(scope="module")
def recording() -> Recording:
    return recorded()


def places(annotation: Any, path: str, above: tuple[type, ...] = ()) -> Iterator[str]:
    """Each place of a model where a secret may stand, with {} and [] for names and numbers."""
    origin = get_origin(annotation)
    if isinstance(annotation, type) and issubclass(annotation, StackSecret | SecretTemplate):
        yield path
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel) and annotation not in above:
        for name, field in annotation.model_fields.items():
            yield from places(field.annotation, f"{path}.{field.serialization_alias or name}", (*above, annotation))
    elif origin in (Union, UnionType):
        for part in get_args(annotation):
            yield from places(part, path, above)
    elif origin is tuple:
        yield from places(get_args(annotation)[0], f"{path}[]", above)
    elif origin is dict:
        yield from places(get_args(annotation)[1], f"{path}{{}}", above)
    elif origin is not None and get_args(annotation):  # Annotated, and aliases of it
        yield from places(get_args(annotation)[0], path, above)


def place_of(document: Document, path: tuple[str | int, ...]) -> str:
    """The place in the words of ``places``."""
    names = {"environment", "files", "properties"}
    text = document.kind
    for before, element in zip((None, *path), path, strict=False):
        text += "[]" if isinstance(element, int) else "{}" if before in names else f".{element}"
    return text


def test_the_documents_name_a_secret_in_every_place_that_takes_one() -> None:
    allowed = {place for kind, model in MODELS.items() for place in places(model, kind)}
    named = {place_of(item.document, item.path) for item in NAMED}
    assert {place for place in named if not place.startswith("CustomResource.")} == allowed
    assert {place for place in named if place.startswith("CustomResource.")} == {
        "CustomResource.spec.resource.spec.password",
        "CustomResource.spec.resource.spec.endpoint",
        "CustomResource.spec.resource.spec.logins[].password",
    }


def plain(value: Any) -> Any:
    """What a request says outside of secrets."""
    if isinstance(value, dict):
        if value.get(rpc._special_sig_key) == rpc._special_secret_sig:
            return None
        return {name: plain(item) for name, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("preview", [False, True])
def test_no_value_stands_outside_of_secrets(preview: bool) -> None:
    requests = [*recorded(preview=preview), *recorded(SUPERVISORS, preview=preview)]
    messages = [json.dumps(plain(json_format.MessageToDict(resource.request))) for resource in requests]
    for key in KEYS:
        for text in (value_of(key), base64.b64encode(value_of(key).encode()).decode()):
            assert [item[:200] for item in messages if text in item] == []


def test_every_value_reaches_a_secret(recording: Recording) -> None:
    requests = [*recording, *recorded(SUPERVISORS)]
    registered = json.dumps([json_format.MessageToDict(resource.request) for resource in requests])
    assert [key for key in KEYS if value_of(key) not in registered] == []


def test_values_of_the_environment_and_of_files_reach_secrets_of_the_cluster(recording: Recording) -> None:
    environment = recording.only("kubernetes:core/v1:Secret::ledger/web-environment").inputs["stringData"]["value"]
    assert environment == {
        "migrate.PASSWORD": value_of("initPassword"),
        "migrate.DSN": f"user=ledger password={value_of('initTemplate')}",
        "web.PASSWORD": value_of("password"),
        "web.DSN": f"postgres://ledger:{value_of('dsnPassword')}@database/ledger",
        "web.LOGIN": f"{value_of('user')}:{value_of('acme:password')}",
        "web.LEDGER": "https://books.test",
    }
    files = recording.only("kubernetes:core/v1:Secret::ledger/web-settings-files").inputs["stringData"]["value"]
    assert files == {
        "password": value_of("filePassword"),
        "ledger.conf": "# ${config.password} stands for itself\nuser = ledger\n"
        f"password = {value_of('confPassword')}\ntoken = {value_of('confToken')}\n",
        "plain.conf": "mode = plain",
    }
    pages = recording.only("kubernetes:core/v1:ConfigMap::ledger/web-pages").inputs["data"]
    assert pages == {"index.html": "${config.port} is no mark here"}
    pod = recording.only("kubernetes:apps/v1:Deployment::ledger/web-deployment").inputs["spec"]["template"]["spec"]
    variables = {entry["name"]: entry for entry in pod["containers"][0]["env"]}
    assert variables["MODE"] == {"name": "MODE", "value": "plain"}
    for name in ("PASSWORD", "DSN", "LOGIN", "LEDGER"):
        reference = {"name": "web-environment", "key": f"web.{name}"}
        assert variables[name] == {"name": name, "valueFrom": {"secretKeyRef": reference}}
    assert {"name": "settings", "secret": {"secretName": "web-settings-files"}} in pod["volumes"]


def test_a_field_named_config_of_the_resource_itself_stays(recording: Recording) -> None:
    assert recording.only("kubernetes:ledger.example.com/v1:Book::ledger/books-resource").inputs["spec"]["value"] == {
        "password": value_of("bookPassword"),
        "endpoint": f"https://books:{value_of('endpointPassword')}@ledger",
        "logins": [{"user": "reader", "password": f"{value_of('reader')}-{value_of('bookPassword')}"}],
        "mount": {"config": "settings"},
    }


def test_pods_restart_when_a_secret_changes() -> None:
    def digests(changed: str) -> dict[str, str]:
        def secret(key: str) -> pulumi.Output[str]:
            return pulumi.Output.secret(f"new-{value_of(key)}" if key == changed else value_of(key))

        recording, _ = record(lambda: declare_estate(build_graph(ESTATE), SETTINGS, EstateOptions(secret=secret)))
        templates = {resource.name: (resource.inputs.get("spec") or {}).get("template") for resource in recording}
        return {
            name: template["metadata"]["annotations"]["pacific.infra/config-digest"]
            for name, template in templates.items()
            if template
        }

    before = digests("")
    by_key = {
        "initTemplate": "ledger/web-deployment",
        "acme:password": "ledger/web-deployment",
        "filePassword": "ledger/web-deployment",
        "confToken": "ledger/web-deployment",
        "functionPassword": "ledger/report-service",
        "controllerTemplate": "ledger/bookkeeper-workload-deployment",
    }
    for key, changed in by_key.items():
        after = digests(key)
        assert [name for name in before if after[name] != before[name]] == [changed]
