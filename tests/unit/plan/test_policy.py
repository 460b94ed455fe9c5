"""The rules: each broken once, exceptions, and packs of others."""

from collections.abc import Callable
from datetime import date
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path
from typing import Any

import pytest

from pacific_infra.documents import Estate, load_estate
from pacific_infra.errors import PacificError, PacificErrors
from pacific_infra.plan.policy import Rule, Violation, all_rules, check_policy, pack
from tests.support.code_blocks import code_blocks

DEMO = Path(__file__).parents[3] / "stacks" / "estate" / "documents"
TODAY = date(2026, 11, 23)
CAREFUL = """\
apiVersion: pacific.infra/v1alpha1
kind: Namespace
metadata: {name: shop}
spec:
  supervisor: s
  limits: {cpu: 10GHz, memory: 10Gi, storage: 10Gi}
---
apiVersion: pacific.infra/v1alpha1
kind: CrxWorkload
metadata: {name: web, namespace: shop}
spec:
  kind: Deployment
  replicas: 2
  disruptionBudget: {minAvailable: 1}
  service: {ports: [{port: 80}]}
  containers:
  - name: web
    image: web:1
    resources: {limits: {cpu: 1, memory: 1Gi}}
    readinessProbe: {tcpSocket: {port: 80}}
"""


@pytest.fixture
def estate_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Estate]:
    monkeypatch.chdir(tmp_path)

    def build(text: str) -> Estate:
        Path("a.yaml").write_text(text)
        return load_estate(["a.yaml"])

    return build


def broken(estate: Estate, today: date = TODAY) -> list[tuple[str, str]]:
    return [(item.rule.id, item.place) for item in check_policy(estate, all_rules(), today) if not item.excepted_until]


def test_containers_of_the_template_keep_the_rules_too(estate_of: Callable[[str], Estate]) -> None:
    template = (
        "  podTemplate:\n    spec:\n      containers:\n      - {name: web, image: 'web:latest'}\n"
        "      - name: log\n        image: log\n"
    )
    assert broken(estate_of(CAREFUL + template)) == [
        ("image-tag", "a.yaml:18"),
        ("image-tag", "a.yaml:26"),
        ("limits", "a.yaml:25"),
        ("limits", "a.yaml:25"),
        ("restricted", "a.yaml:25"),
    ]


def test_a_careful_estate_keeps_every_rule(estate_of: Callable[[str], Estate]) -> None:
    assert broken(estate_of(CAREFUL)) == []


def test_the_demo_breaks_no_error() -> None:
    findings = check_policy(load_estate([DEMO]), all_rules(), TODAY)
    assert {finding.rule.id for finding in findings} == {"protected-data", "disruption-budget"}
    assert not [finding for finding in findings if finding.severity == "error"]


@pytest.mark.parametrize(
    ("old", "new", "rule", "line"),
    [
        ("image: web:1", "image: web:latest", "image-tag", 18),
        ("image: web:1", "image: registry:5000/web", "image-tag", 18),
        ("{cpu: 1, memory: 1Gi}", "{cpu: 1}", "limits", 19),
        ("    image", "    securityContext: {runAsUser: 0}\n    image", "restricted", 18),
        ("    image", "    securityContext: {capabilities: {add: [SYS_ADMIN]}}\n    image", "restricted", 18),
        ("    readinessProbe: {tcpSocket: {port: 80}}\n", "", "readiness", 17),
        ("  disruptionBudget: {minAvailable: 1}\n", "", "disruption-budget", 11),
        ("  supervisor: s", "  supervisor: s\n  podSecurity: baseline", "pod-security", 6),
        ("  supervisor: s", "  supervisor: s\n  networkPolicy: allow-all", "default-deny", 6),
        ("  limits: {cpu: 10GHz, memory: 10Gi, storage: 10Gi}\n", "", "namespace-limits", 4),
        ("  supervisor: s", "  supervisor: s\n  deletionPolicy: Delete", "protected-data", 6),
        ("  supervisor: s", "  supervisor: s\n  access: [{group: g, domain: d, role: OWNER}]", "least-privilege", 6),
        ("  supervisor: s", "  supervisor: s\n  access: [{user: u, domain: d, role: EDIT}]", "groups", 6),
    ],
)
def test_each_rule_where_it_is_broken(
    estate_of: Callable[[str], Estate], old: str, new: str, rule: str, line: int
) -> None:
    assert old in CAREFUL
    assert broken(estate_of(CAREFUL.replace(old, new, 1))) == [(rule, f"a.yaml:{line}")]


def test_a_digest_is_as_good_as_a_tag(estate_of: Callable[[str], Estate]) -> None:
    assert broken(estate_of(CAREFUL.replace("web:1", f"web@sha256:{'0' * 64}"))) == []


def with_exception(text: str) -> str:
    annotation = f'metadata: {{name: web, namespace: shop, annotations: {{policy.pacific.infra/image-tag: "{text}"}}}}'
    return CAREFUL.replace("metadata: {name: web, namespace: shop}", annotation).replace("web:1", "web:latest")


def test_an_exception_counts_until_its_last_day(estate_of: Callable[[str], Estate]) -> None:
    estate = estate_of(with_exception("2026-11-23 until release 2"))
    (finding,) = check_policy(estate, all_rules(), TODAY)
    assert (finding.excepted_until, finding.exception_reason) == (TODAY, "until release 2")
    assert broken(estate, date(2026, 11, 24)) == [("image-tag", "a.yaml:18")]


def test_exceptions_that_are_none(estate_of: Callable[[str], Estate]) -> None:
    with pytest.raises(PacificErrors) as caught:
        check_policy(estate_of(with_exception("soon")), all_rules(), TODAY)
    assert str(caught.value) == (
        "a.yaml:10: an exception says until when and why: got 'soon'; allowed: such as '2027-01-31 ticket 4711'"
    )
    with pytest.raises(PacificErrors, match="the rule of this exception does not exist: got 'image-tags'"):
        check_policy(estate_of(with_exception("x").replace("image-tag:", "image-tags:")), all_rules(), TODAY)


def own_rules() -> list[Rule]:
    def check(document: object, estate: object) -> list[Violation]:
        return [Violation(("metadata", "name"), None, "short name", "a longer one")]

    return [Rule("names", "error", "names are long", "taste", check)]


def no_rules() -> list[object]:
    return ["rule"]


def test_the_rules_of_the_page_find_what_they_say(estate_of: Callable[[str], Estate]) -> None:
    (block,) = (block for block in code_blocks() if block.page.name == "policy.md" and block.language == "python")
    module: dict[str, Any] = {}
    exec(compile(block.text, str(block), "exec"), module)  # noqa: S102 - the documentation is ours
    (violation,) = check_policy(estate_of(CAREFUL), module["rules"](), TODAY)
    assert (violation.rule.id, violation.place) == ("registry", "a.yaml:18")


def test_rules_of_others_come_by_entry_point(
    estate_of: Callable[[str], Estate], monkeypatch: pytest.MonkeyPatch
) -> None:
    def install(function: str) -> None:
        point = EntryPoint("own", f"{__name__}:{function}", pack.ENTRY_POINTS)
        monkeypatch.setattr(pack, "entry_points", lambda group: EntryPoints([point]))

    install("own_rules")
    assert broken(estate_of(CAREFUL)) == [("names", "a.yaml:3"), ("names", "a.yaml:10")]
    install("no_rules")
    with pytest.raises(PacificError, match="not a Rule"):
        all_rules()
    install("missing")
    with pytest.raises(PacificError, match="the rules of own cannot be loaded"):
        all_rules()
