"""Secrets of the stack's configuration in every place of the documents: in the cluster they are Secrets, and in what
Pulumi keeps and what the commands print they are nowhere in plain text or base64.
"""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pacific_infra.documents import load_estate
from pacific_infra.graph.stack_secrets import named_secrets
from pacific_sandbox.sandbox import Sandbox
from tests.support.estate_project import SHARED_SUPERVISOR, EstateProject

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(1200)]
DOCUMENTS = Path(__file__).parents[1] / "golden" / "every-secret"
MARK = "nobody-may-see"


def value_of(key: str) -> str:
    return f"#cloud-config of {MARK} {key}"


@pytest.fixture
def project(sandbox: Sandbox, supervisor: str, tmp_path: Path) -> EstateProject:
    """The estate on the sandbox's Supervisor, with each secret that it names set."""
    del supervisor
    estate_project = EstateProject.on(sandbox, DOCUMENTS, tmp_path, SHARED_SUPERVISOR)
    estate_project.pulumi("stack", "init", "dev")
    keys = sorted({named.key for named in named_secrets(load_estate([DOCUMENTS]))})
    estate_project.pulumi(
        "config", "set-all", *(part for key in keys for part in ("--secret", f"{key}={value_of(key)}"))
    )
    return estate_project


def spellings() -> Iterator[str]:
    """The mark as text, and as base64 gives it wherever in a text it begins."""
    yield MARK
    for before in ("", "a", "ab"):
        # What the text before it changes and what the text after it would change is cut off.
        encoded = base64.b64encode(f"{before}{MARK}".encode()).decode().rstrip("=")
        yield encoded[2 * len(before) : -2]


def seen_in(text: str) -> list[str]:
    return [spelling for spelling in spellings() if spelling in text]


def test_a_secret_is_seen_in_every_spelling() -> None:
    for before in ("", "a", "ab", "abc"):
        for text in (before + value_of("key"), base64.b64encode(f"{before}{value_of('key')}".encode()).decode()):
            assert seen_in(text)


def test_values_are_in_the_clusters_secrets_and_nowhere_else(project: EstateProject) -> None:
    printed = [project.pacific("up", "--yes")]

    def kubectl(*arguments: str) -> Any:
        return project.kubectl(*arguments, "-n", "ledger")

    environment = kubectl("get", "secret", "web-environment")["data"]
    dsn = base64.b64decode(environment["web.DSN"]).decode()
    assert dsn == f"postgres://ledger:{value_of('dsnPassword')}@database/ledger"
    files = kubectl("get", "secret", "web-settings-files")["data"]
    assert f"token = {value_of('confToken')}\n" in base64.b64decode(files["ledger.conf"]).decode()
    user_data = kubectl("get", "secret", "archive-user-data")["data"]["user-data"]
    assert base64.b64decode(user_data).decode() == value_of("userData")
    assert kubectl("get", "book", "books")["spec"]["password"] == value_of("bookPassword")
    kinds = "deployments,replicasets,pods,events,configmaps,virtualmachines,services.serving.knative.dev"
    assert seen_in(json.dumps(kubectl("get", kinds))) == []

    assert seen_in(project.pulumi("stack", "export")) == []
    _change_what_is_beside_the_secrets(project)
    page, saved = project.folder / "page.html", project.folder / "saved.plan"
    for command in (["plan", "--json", "--html", str(page), "--save", str(saved)], ["status"], ["outputs", "--json"]):
        printed.append(project.pacific(*command))
    printed += [page.read_text(), saved.read_text()]

    patch = json.dumps({"spec": {"password": f"{MARK} by hand"}})
    kubectl("patch", "book", "books", "--type=merge", "-p", patch)
    kubectl("patch", "secret", "web-environment", "-p", json.dumps({"stringData": {"web.DSN": f"{MARK} by hand"}}))
    drift = project.pacific("drift")
    assert "    spec.password: [secret] -> [secret]\n" in drift
    assert '    data["web.DSN"]: [secret] -> [secret]\n' in drift
    printed += [drift, project.pacific("up", "--refresh", "--yes"), project.pulumi("stack", "export")]
    assert [text[:2000] for text in printed if seen_in(text)] == []
    assert kubectl("get", "book", "books")["spec"]["password"] == value_of("bookPassword")

    _a_new_value_starts_new_pods(project, kubectl)
    printed.append(project.pacific("down", "--yes"))
    assert seen_in(printed[-1]) == []


def _change_what_is_beside_the_secrets(project: EstateProject) -> None:
    file = project.documents / "estate.yaml"
    file.write_text(file.read_text().replace("mode = plain", "mode = other").replace("user: reader,", "user: writer,"))


def _a_new_value_starts_new_pods(project: EstateProject, kubectl: Any) -> None:
    def digest() -> str:
        template = kubectl("get", "deployment", "web")["spec"]["template"]
        return str(template["metadata"]["annotations"]["pacific.infra/config-digest"])

    before = digest()
    project.pulumi("config", "set", "--secret", "filePassword", f"{MARK} anew")
    project.pacific("up", "--yes")
    assert digest() != before
    files = kubectl("get", "secret", "web-settings-files")["data"]
    assert base64.b64decode(files["password"]).decode() == f"{MARK} anew"
