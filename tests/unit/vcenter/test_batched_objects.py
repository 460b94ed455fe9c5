"""What is in namespaces, for many that ask at the same time."""

import asyncio
from collections.abc import Iterable

from pacific_infra.errors import PacificError
from pacific_infra.vcenter.settings import VCenterSettings
from pacific_infra.vcenter.supervisor_objects import BatchedObjects, SupervisorObject

SETTINGS = VCenterSettings(server="vcenter.example.com", username="user@example.com")


def config_map(namespace: str, name: str = "shared") -> SupervisorObject:
    return SupervisorObject("", "v1", "ConfigMap", namespace, name, {}, False)


class Supervisor:
    """Answers as an API server that takes a moment, and counts its looks."""

    def __init__(self) -> None:
        self.looks: list[list[str]] = []
        self.refuses = False

    async def objects_in(
        self, _endpoint: str, _settings: VCenterSettings, namespaces: Iterable[str]
    ) -> list[SupervisorObject]:
        names = sorted(namespaces)
        self.looks.append(names)
        await asyncio.sleep(0.01)
        if self.refuses:
            raise PacificError("the Supervisor does not answer")
        return [config_map(name) for name in names]


def test_those_who_ask_during_a_look_share_the_next_one() -> None:
    supervisor = Supervisor()

    async def main() -> list[list[SupervisorObject]]:
        batched = BatchedObjects(supervisor.objects_in)
        first = asyncio.create_task(batched("10.0.0.1", SETTINGS, ["a"]))
        await asyncio.sleep(0)
        later = [asyncio.create_task(batched("10.0.0.1", SETTINGS, [name])) for name in "bcd"]
        return [await task for task in (first, *later)]

    assert asyncio.run(main()) == [[config_map(name)] for name in "abcd"]
    assert supervisor.looks == [["a"], ["b", "c", "d"]]


def test_another_supervisor_is_asked_by_itself() -> None:
    supervisor = Supervisor()

    async def main() -> None:
        batched = BatchedObjects(supervisor.objects_in)
        await asyncio.gather(batched("10.0.0.1", SETTINGS, ["a"]), batched("10.0.0.2", SETTINGS, ["b"]))

    asyncio.run(main())
    assert supervisor.looks == [["a"], ["b"]]


def test_a_question_after_a_look_gets_a_new_one() -> None:
    supervisor = Supervisor()

    async def main() -> None:
        batched = BatchedObjects(supervisor.objects_in)
        await batched("10.0.0.1", SETTINGS, ["a"])
        await batched("10.0.0.1", SETTINGS, ["a"])

    asyncio.run(main())
    assert supervisor.looks == [["a"], ["a"]]


def test_all_who_wait_are_told_that_the_look_failed_and_the_next_one_is_made() -> None:
    supervisor = Supervisor()
    supervisor.refuses = True

    async def main() -> list[SupervisorObject]:
        batched = BatchedObjects(supervisor.objects_in)
        answers = await asyncio.gather(
            *(batched("10.0.0.1", SETTINGS, [name]) for name in "ab"), return_exceptions=True
        )
        assert [str(answer) for answer in answers] == ["the Supervisor does not answer"] * 2
        supervisor.refuses = False
        return await batched("10.0.0.1", SETTINGS, ["c"])

    assert asyncio.run(main()) == [config_map("c")]
