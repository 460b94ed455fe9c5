"""AdmissionReview (admission.k8s.io/v1): the request as rules see it, and the answer. Pure."""

import base64
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from pacific_sandbox.kubernetes_api import Object

CONTROLLERS_USER = "system:serviceaccount:vmware-system-vmop:default"
"""VM Operator's service account; here the user of all controllers of a Supervisor."""
_KUBERNETES_ADMIN = "kubernetes-admin"
_SKIP_VALIDATION = "vmoperator.vmware.com.protected/skip-validation"


class Lookups(Protocol):
    """What rules have to know of the Supervisor beside the object itself."""

    def storage_class(self, name: str) -> Object | None:
        """The StorageClass of this name."""

    def storage_quotas(self, namespace: str) -> Iterable[Object]:
        """The StoragePolicyQuotas of a namespace."""

    def zone(self, namespace: str, name: str) -> Object | None:
        """The Zone of this name in a namespace."""

    def find_image(self, namespace: str, name: str) -> Object | str:
        """The reference ``{kind, name}`` that an image's name means, or what is wrong with it."""

    def virtual_machine(self, namespace: str, name: str) -> Object | None:
        """The VirtualMachine of this name."""


@dataclass(frozen=True)
class Request:
    """A create or an update that waits for an answer."""

    operation: Literal["CREATE", "UPDATE"]
    object: Object
    old: Object | None = None
    """The object as stored, of an update."""
    privileged: bool = False
    """Whether the user is VM Operator itself or a cluster administrator."""
    dry_run: bool = False

    @property
    def namespace(self) -> str:
        """The object's namespace."""
        return str(self.object["metadata"].get("namespace", ""))

    @property
    def name(self) -> str:
        """The object's name; empty while the server has still to make one."""
        return str(self.object["metadata"].get("name", ""))

    @property
    def spec(self) -> Object:
        """The object's spec."""
        spec: Object = self.object.get("spec") or {}
        return spec

    @property
    def old_spec(self) -> Object:
        """The spec as stored; empty at a create."""
        spec: Object = (self.old or {}).get("spec") or {}
        return spec

    @property
    def annotations(self) -> Mapping[str, str]:
        """The object's annotations."""
        return self.object["metadata"].get("annotations") or {}

    @property
    def old_annotations(self) -> Mapping[str, str]:
        """The annotations as stored; none at a create."""
        return (self.old or {"metadata": {}})["metadata"].get("annotations") or {}


Rule = Callable[[Request, Lookups], Iterable[str]]
"""Says in the words of ``field_errors`` what is wrong; nothing where all is well."""
Mutation = Callable[[Request, Lookups], Object]
"""The object with what the server fills in. Raises Denied."""


class Denied(Exception):
    """A mutation refuses the request; the message says why."""


def read_request(review: Object) -> Request:
    """The request in an AdmissionReview. Raises KeyError for another body."""
    request = review["request"]
    user = request.get("userInfo", {})
    privileged = (
        "system:masters" in user.get("groups", ()) or user.get("username") in (_KUBERNETES_ADMIN, CONTROLLERS_USER)
    )  # fmt: skip
    item: Object = request["object"]
    # A create knows its namespace from the URL; the object itself may not say it.
    item["metadata"].setdefault("namespace", request.get("namespace", ""))
    return Request(request["operation"], item, request.get("oldObject"), privileged, bool(request.get("dryRun")))


def validate(review: Object, rules: Iterable[Rule], lookups: Lookups) -> Object:
    """The answer of a validating webhook: all errors at once, as VM Operator says them."""
    request = read_request(review)
    going = "deletionTimestamp" in request.object["metadata"]
    if going or _SKIP_VALIDATION in request.annotations:
        return allowed(review)
    errors = [error for rule in rules for error in rule(request, lookups)]
    # VM Operator gives the errors as the reason; the server shows the reason where there is no message.
    return _answer(review, {"allowed": False, "status": {"reason": ", ".join(errors), "code": 422}}) if errors else (
        allowed(review)
    )  # fmt: skip


def mutate(review: Object, mutation: Mutation, lookups: Lookups) -> Object:
    """The answer of a mutating webhook: a JSON patch of labels, annotations and spec."""
    request = read_request(review)
    try:
        mutated = mutation(request, lookups)
    except Denied as error:
        return denied(review, str(error))
    patch = _patch(request.object, mutated)
    if not patch:
        return allowed(review)
    encoded = base64.b64encode(json.dumps(patch).encode()).decode()
    return _answer(review, {"allowed": True, "patchType": "JSONPatch", "patch": encoded})


def allowed(review: Object) -> Object:
    """The answer that lets the request pass."""
    return _answer(review, {"allowed": True})


def denied(review: Object, message: str) -> Object:
    """The answer that refuses the request with 403 Forbidden."""
    return _answer(review, {"allowed": False, "status": {"reason": "Forbidden", "message": message, "code": 403}})


def _answer(review: Object, response: Object) -> Object:
    return {
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "response": {"uid": review["request"]["uid"], **response},
    }


def _patch(before: Object, after: Object) -> list[Object]:
    patch = []
    for path in (("metadata", "labels"), ("metadata", "annotations"), ("spec",)):
        old, new = before, after
        for key in path:
            old, new = old.get(key, {}), new.get(key, {})
        if old != new:
            # "add" replaces a value that exists.
            patch.append({"op": "add", "path": "/" + "/".join(path), "value": new})
    return patch
