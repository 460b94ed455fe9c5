"""Values that documents take in Kubernetes' own spelling: checked against the API's types when they are read."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from pacific_infra.documents.kubernetes_api import short_name, value_problems
from pacific_infra.documents.model import Listed
from pacific_infra.documents.numbers import EXACT_NUMBERS, QUOTE_IF_TEXT, inexact_numbers
from pacific_infra.documents.problems import Problem, raise_problems
from pacific_infra.documents.source import Path
from pacific_infra.documents.stack_secret import MARK


@dataclass(frozen=True)
class OfKubernetes:
    """Metadata of a field: its value is of this type of Kubernetes' or VM Operator's API, such as
    ``api.core.v1.Affinity``."""

    type: str
    part: bool = False
    """Whether it is merged into an object of ours, which has what the type must have."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._checked, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        owner = "VM Operator" if self.type.startswith("vmoperator.") else "Kubernetes"
        return {"type": "object", "description": f"{short_name(self.type)} of {owner}, in its own spelling."}

    def _checked(self, value: dict[str, Any]) -> dict[str, Any]:
        raise_problems(tuple(self._problems(value)))
        return value

    def _problems(self, value: dict[str, Any]) -> Iterator[Problem]:
        for problem in value_problems(value, self.type, part=self.part):
            yield problem._replace(text=problem.text.removeprefix("is "))
        for path, number in inexact_numbers(value):
            yield Problem("the number would be changed on its way", path, number, EXACT_NUMBERS, QUOTE_IF_TEXT)
        for path, text in _texts(value):
            if MARK in text:
                fix = "write {config: KEY} in environment or files of the workload"
                yield Problem("a secret of the stack's configuration cannot be used here", path, text, fix=fix)


def _texts(value: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        yield path, value
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, held in items:
        yield from _texts(held, (*path, key))


_CORE = "api.core.v1."
Affinity = Annotated[dict[str, Any], OfKubernetes(f"{_CORE}Affinity")]
DnsConfig = Annotated[dict[str, Any], OfKubernetes(f"{_CORE}PodDNSConfig")]
DownwardApiVolume = Annotated[dict[str, Any], OfKubernetes(f"{_CORE}DownwardAPIVolumeSource")]
HostAliases = Listed[Annotated[dict[str, Any], OfKubernetes(f"{_CORE}HostAlias")]]
MachineSpec = Annotated[dict[str, Any], OfKubernetes("vmoperator.v1alpha5.VirtualMachineSpec", part=True)]
Metrics = Listed[Annotated[dict[str, Any], OfKubernetes("api.autoscaling.v2.MetricSpec")]]
PodTemplate = Annotated[dict[str, Any], OfKubernetes(f"{_CORE}PodTemplateSpec", part=True)]
ProjectedVolume = Annotated[dict[str, Any], OfKubernetes(f"{_CORE}ProjectedVolumeSource")]
ScalingBehavior = Annotated[dict[str, Any], OfKubernetes("api.autoscaling.v2.HorizontalPodAutoscalerBehavior")]
Tolerations = Listed[Annotated[dict[str, Any], OfKubernetes(f"{_CORE}Toleration")]]
TopologySpread = Listed[Annotated[dict[str, Any], OfKubernetes(f"{_CORE}TopologySpreadConstraint")]]
