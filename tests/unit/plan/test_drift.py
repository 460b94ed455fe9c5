"""What drift is called, and what puts it right."""

from pulumi.automation.events import DiffKind, OpType, PropertyDiff, StepEventMetadata, StepEventStateMetadata

from pacific_infra.converge.drift import drifted_resource
from pacific_infra.plan.drift import Drift, DriftedResource, drift_lines

CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
URN = f"urn:pulumi:dev::shop::{CONFIG_MAP}::web"


def changed_object(owner: str) -> DriftedResource | None:
    """An object whose data and mark are others than recorded."""

    def state(text: str, stack: str) -> StepEventStateMetadata:
        metadata = {"name": "web", "annotations": {"pacific.infra/stack": stack}}
        values = {"metadata": metadata, "data": {"a": text}}
        return StepEventStateMetadata(
            type=CONFIG_MAP, urn=URN, id="web", parent="", provider="", inputs=values, outputs=values
        )

    step = StepEventMetadata(
        op=OpType.UPDATE,
        urn=URN,
        type=CONFIG_MAP,
        provider="",
        old=state("one", "shop/dev"),
        new=state("two", owner),
        detailed_diff={"data.a": PropertyDiff(DiffKind.UPDATE, input_diff=True)},
    )
    return drifted_resource(step, "shop/dev")


def test_an_object_that_another_stack_has_by_now_is_not_put_right_by_this_one() -> None:
    kept, marked = changed_object("shop/dev"), changed_object("other/prod")
    assert kept is not None
    assert marked is not None
    assert (kept.owner, marked.owner) == (None, "other/prod")
    assert drift_lines(Drift(9, [("", [kept])]))[-1] == (
        "1 of 9 resources are not as they were left; pacific up --refresh puts them right"
    )
    first, *_, last = drift_lines(Drift(9, [("Manifests/web", [marked])]))[1:]
    assert first == f"  changed {CONFIG_MAP} web, which belongs to other/prod now"
    assert last == (
        "1 resource belongs to another stack now: remove the document from this stack, or have that stack release it; "
        "pacific up changes nothing until then"
    )
    assert drift_lines(Drift(9, [("", [kept, marked, marked])]))[-1].startswith(
        "1 of 9 resources are not as they were left; pacific up --refresh puts them right; 2 resources belong to "
    )
