"""What is read out of the refusals of API servers, whoever wraps them."""

import pytest

from pacific_infra.converge.refusals import read_refusal

WRAPPED = (
    'update of resource "urn:pulumi:dev::p::x$kubernetes:v1:VirtualMachine::m" failed because the Kubernetes API '
    "server reported that it failed to fully initialize or become live: "
)
CASES = {
    'admission webhook "default.validating.virtualmachine.v1alpha5.vmoperator.vmware.com" denied the request: '
    'spec.imageName: Invalid value: "sandbox-linux": field is immutable': (
        "immutable",
        'spec.imageName cannot change once the object exists: "sandbox-linux": field is immutable',
    ),
    'admission webhook "policy.example.com" denied the request: images must come from registry.example.com': (
        "webhook",
        "the admission webhook policy.example.com denies it: images must come from registry.example.com",
    ),
    'admission webhook "policy.example.com" denied the request: [spec.a: Required value: say it, '
    'spec.b[0].c: Unsupported value: "x": supported values: "y", "z"]': (
        "webhook",
        "the admission webhook policy.example.com denies it: spec.a: say it; "
        'spec.b[0].c: "x": supported values: "y", "z"',
    ),
    'Internal error occurred: failed calling webhook "v.example.com": failed to call webhook: Post '
    '"https://x.y.svc:443/?timeout=10s": connection refused': (
        "webhook",
        "the admission webhook v.example.com does not answer: failed to call webhook: Post "
        '"https://x.y.svc:443/?timeout=10s": connection refused',
    ),
    'pods "web-1" is forbidden: exceeded quota: team-quota, requested: pods=1, used: pods=30, limited: pods=30': (
        "quota",
        "it exceeds the quota team-quota: asked for pods=1, used pods=30, limit pods=30",
    ),
    'PersistentVolumeClaim "w-d" is invalid: spec: Forbidden: spec is immutable after creation except '
    "resources.requests and volumeAttributesClassName for bound claims\n  core.PersistentVolumeClaimSpec{\n"
    '  \t... // 2 identical fields\n- \tStorageClassName: &"gold",\n+ \tStorageClassName: &"silver",\n  }': (
        "immutable",
        "spec cannot change once the object exists: spec is immutable after creation except resources.requests and "
        "volumeAttributesClassName for bound claims",
    ),
    'Job.batch "seed" is invalid: spec.template: Invalid value: core.PodTemplateSpec{ObjectMeta:v1.ObjectMeta{Name:"", '
    'Labels:map[string]string{"a":"b"}}, Spec:core.PodSpec{Volumes:[]core.Volume(nil)}}: field is immutable': (
        "immutable",
        "spec.template cannot change once the object exists: field is immutable",
    ),
    'StatefulSet.apps "db" is invalid: spec: Forbidden: updates to statefulset spec for fields other than '
    "'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', "
    "'persistentVolumeClaimRetentionPolicy' and "
    "'minReadySeconds' are forbidden": (
        "immutable",
        "spec cannot change once the object exists: updates to statefulset spec for fields other than 'replicas', "
        "'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and "
        "'minReadySeconds' are forbidden",
    ),
    'Service "web" is invalid: spec.clusterIPs[0]: Invalid value: ["10.0.0.9"]: may not change once set': (
        "immutable",
        'spec.clusterIPs[0] cannot change once the object exists: ["10.0.0.9"]: may not change once set',
    ),
    'Deployment.apps "web" is invalid: [spec.replicas: Invalid value: -1: must be greater than or equal to 0, '
    "spec.template.spec.containers[0].image: Required value]": (
        "invalid",
        "it is not valid: spec.replicas: -1: must be greater than or equal to 0; "
        "spec.template.spec.containers[0].image: required value",
    ),
    'Apply failed with 1 conflict: conflict with "kubectl-edit" using apps/v1: .spec.replicas': (
        "conflict",
        "others have set fields that the document sets: spec.replicas of kubectl-edit",
    ),
    'Apply failed with 2 conflicts: conflicts with "kubectl" using apps/v1:\n- .spec.replicas\n'
    '- .spec.template.spec.containers[name="c"].image': (
        "conflict",
        "others have set fields that the document sets: spec.replicas of kubectl, "
        'spec.template.spec.containers[name="c"].image of kubectl',
    ),
    'deployments.apps "web" is forbidden: User "dev@x" cannot patch resource "deployments" in API group "apps" in the '
    'namespace "shop"': ("forbidden", "dev@x may not patch deployments there"),
    "etcdserver: leader changed\nmore": ("other", "etcdserver: leader changed"),
    "": ("other", "no reason was given"),
}


FIXES = {
    'Supervisor "lab" is invalid: spec.size: Invalid value: "HUGE": no such size; fix: write LARGE': (
        'it is not valid: spec.size: "HUGE": no such size',
        "write LARGE",
    ),
    'VM "a" is invalid: [spec.a: Required value: say it; fix: add a, spec.b: Invalid value: 1: too low, '
    "spec.c: Forbidden: not here: fix: remove c]": (
        "it is not valid: spec.a: say it; spec.b: 1: too low; spec.c: not here",
        "add a; remove c",
    ),
    'Cluster "a" is invalid: it has no class: fix: add spec.class': (
        "it is not valid: it has no class",
        "add spec.class",
    ),
    'Cluster "a" is invalid: it has no class': ("it is not valid: it has no class", "change it"),
    'admission webhook "policy.example.com" denied the request: no owner; fix: add the label owner': (
        "the admission webhook policy.example.com denies it: no owner",
        "add the label owner",
    ),
    'Job.batch "a" is invalid: spec.template: Invalid value: 1: field is immutable; fix: use another name': (
        "spec.template cannot change once the object exists: 1: field is immutable",
        "use another name",
    ),
}


@pytest.mark.parametrize("message", FIXES)
def test_what_the_server_says_to_do_is_the_fix_and_nothing_is_said_twice(message: str) -> None:
    refused = read_refusal(message)
    assert (refused.text, refused.fix) == FIXES[message]


@pytest.mark.parametrize("wrapping", ["", WRAPPED], ids=["plain", "by the engine"])
@pytest.mark.parametrize("message", CASES)
def test_a_refusal_is_one_clause_without_go(message: str, wrapping: str) -> None:
    kind, text = CASES[message]
    refused = read_refusal(wrapping + message)
    if kind == "other":
        assert (refused.kind, refused.text) == (kind, wrapping + text if message and wrapping else refused.text)
    else:
        assert (refused.kind, refused.text) == (kind, text)
    assert "{" not in refused.text
