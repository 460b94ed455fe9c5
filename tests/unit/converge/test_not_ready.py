"""What is said of an object that was not ready in time."""

from typing import Any

from pacific_infra.converge.engine_errors import Failure, explain_timeouts

URN = "urn:pulumi:dev::estate::pacific:index:CustomResource$kubernetes:example.com/v1:Queue::queues/orders-resource"
MESSAGE = "resource queues/orders was not successfully created: timed out waiting for the condition"


def text(status: dict[str, Any], awaited: str = '["condition=Ready"]') -> str:
    metadata = {"generation": 2, "annotations": {"pulumi.com/waitFor": awaited}}
    (failure,) = explain_timeouts(
        [Failure(URN, MESSAGE)], [{"urn": URN, "outputs": {"metadata": metadata, "status": status}}]
    )
    return failure.message.removeprefix(f"{MESSAGE}\n")


def test_the_last_conditions_are_said() -> None:
    conditions = [
        {"type": "Ready", "status": "False", "reason": "NoVolume", "message": "gold is full", "observedGeneration": 2},
        {"type": "Reconciling", "status": "True", "observedGeneration": 1},
    ]
    assert text({"conditions": conditions}) == (
        "it was waited for condition=Ready; at last: Ready=False (NoVolume): gold is full; "
        "Reconciling=True [of generation 1, wanted 2]"
    )


def test_unknown_is_said_and_what_cluster_api_says_of_its_next_version() -> None:
    unknown = {"type": "Ready", "status": "Unknown", "reason": "RevisionMissing"}
    available = {"type": "Available", "status": "False", "message": "no machine"}
    assert text({"conditions": [unknown], "v1beta2": {"conditions": [available]}}) == (
        "it was waited for condition=Ready; at last: Ready=Unknown (RevisionMissing); Available=False: no machine"
    )


def test_a_status_without_conditions_is_said() -> None:
    assert text({}, "jsonpath={.status.phase}=Running") == (
        "it was waited for jsonpath={.status.phase}=Running; its status has no conditions: no controller has worked on "
        "it, or it reports none"
    )


def test_other_failures_stay_as_they_are() -> None:
    others = [Failure(None, "update failed"), Failure(URN, "it is forbidden"), Failure(f"{URN}-2", MESSAGE)]
    assert explain_timeouts(others, [{"urn": URN}]) == others
