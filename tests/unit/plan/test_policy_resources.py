"""The rules on resources of whatever program: what is not said is what Kubernetes makes of it."""

from datetime import date
from typing import Any

from pacific_infra.documents import CrxWorkload, Namespace
from pacific_infra.plan.policy import check_policy
from pacific_infra.plan.policy.resources import RESOURCE_RULES, Resource, estate_of_resources

GOOD: dict[str, Any] = {
    "name": "web",
    "image": "web:1",
    "resources": {"limits": {"cpu": "1", "memory": "1Gi"}},
    "securityContext": {"runAsNonRoot": True, "allowPrivilegeEscalation": False},
}


def workload(container: dict[str, Any], annotations: dict[str, str] | None = None, **pod: Any) -> Resource:
    metadata = {"name": "web", "namespace": "shop", "annotations": annotations or {}}
    template = {"spec": {"containers": [container], **pod}}
    properties = {"metadata": metadata, "spec": {"template": template}}
    return Resource("urn:web", "kubernetes:apps/v1:Deployment", "web", properties)


def namespace(**resource_spec: Any) -> Resource:
    entry = {"subjectType": "USER", "subject": "bob", "domain": "vsphere.local", "role": "OWNER"}
    properties = {"name": "shop", "resourceSpec": resource_spec, "accessList": [entry]}
    return Resource("urn:shop", "pacific:vcenter:Namespace", "shop", properties)


def broken(*resources: Resource) -> list[tuple[str, str, str]]:
    estate, urns = estate_of_resources(resources)
    findings = check_policy(estate, RESOURCE_RULES, date(2026, 11, 1))
    return [
        (urns[finding.document.id], finding.rule.id, finding.violation.problem)
        for finding in findings
        if finding.excepted_until is None
    ]


def test_a_container_that_says_nothing_breaks_what_it_leaves_open() -> None:
    assert broken(workload({"name": "web", "image": "web"})) == [
        ("urn:web", "image-tag", "the image of web has no fixed tag"),
        ("urn:web", "limits", "web may use as much cpu as there is"),
        ("urn:web", "limits", "web may use as much memory as there is"),
        ("urn:web", "restricted", "web may run as root"),
        ("urn:web", "restricted", "the processes of web may gain rights"),
    ]
    assert broken(workload(GOOD)) == []


def test_the_pods_own_context_and_the_namespaces_defaults_count() -> None:
    container = {**GOOD, "resources": {}, "securityContext": {"allowPrivilegeEscalation": False}}
    shop = namespace(cpuLimitDefault=1000, memoryLimitDefault=1024, cpuLimit=9000, memoryLimit=9216)
    assert broken(workload(container, securityContext={"runAsNonRoot": True}), shop) == [
        ("urn:shop", "namespace-limits", "it may use as much storage as there is"),
        ("urn:shop", "least-privilege", "bob may delete the namespace"),
        ("urn:shop", "groups", "bob has OWNER as a person"),
    ]


def test_exceptions_are_annotations_as_in_documents() -> None:
    excepted = {"policy.pacific.infra/image-tag": "2027-01-31 ticket 4711"}
    assert broken(workload({**GOOD, "image": "web:latest"}, excepted)) == []


def test_other_resources_and_what_is_not_known_yet_are_left_alone() -> None:
    estate, _ = estate_of_resources(
        [
            Resource("urn:a", "kubernetes:core/v1:ConfigMap", "a", {"data": {}}),
            Resource("urn:b", "kubernetes:batch/v1:CronJob", "b", {"spec": {}}),
            Resource("urn:c", "random:index:RandomPet", "c", {}),
        ]
    )
    assert len(estate) == 0


def test_rules_can_ask_a_namespace_for_amounts_and_subjects() -> None:
    shop = namespace(cpuLimit=9000, memoryLimit=9216, storageRequestLimit=1000, podCount=60)
    (document,), _ = estate_of_resources([shop])
    assert isinstance(document, Namespace)
    spec = document.spec
    assert (spec.limits.cpu_mhz, spec.limits.memory_mib, spec.limits.storage_mib) == (9000, 9216, 1000)
    assert (spec.object_counts.pods, spec.object_counts.jobs, spec.zones) == (60, None, None)
    assert [access.whose for access in spec.access] == ["user bob@vsphere.local"]


def test_amounts_of_containers_are_text_where_the_resource_has_numbers() -> None:
    limited = {**GOOD, "resources": {"limits": {"cpu": 2, "memory": 1073741824}}}
    (document,), _ = estate_of_resources([workload(limited)])
    assert isinstance(document, CrxWorkload)
    limits = document.spec.containers[0].resources.limits
    assert (limits.cpu, limits.memory) == ("2", "1073741824")
    assert broken(workload(limited)) == []
