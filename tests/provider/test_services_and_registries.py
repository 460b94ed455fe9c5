"""What belongs to one Supervisor besides namespaces: services, registries, templates, upgrades; and zones."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from pacific_infra.errors import PacificError
from pacific_sandbox.vcenter.upgrade_routes import VERSIONS as SUPERVISOR_VERSIONS
from tests.support.carvel import carvel
from tests.support.simulated_vcenter import MANAGEMENT, VERSIONS, simulated, with_supervisor
from tests.support.vcenter_doubles import LIBRARY
from tests.support.vcenter_resources import REGISTRY, TEMPLATE


@pytest.mark.parametrize("version", VERSIONS)
def test_a_service_from_the_catalogue_to_the_supervisor_and_back(tmp_path: Path, version: str) -> None:
    async def body() -> None:
        async with simulated(tmp_path, version) as site:
            await with_supervisor(site)
            first, second, installed = await site.engine(), await site.engine(), await site.engine()
            state = await first.create("SupervisorServiceVersion", "v1", {"content": carvel("1.0.0")})
            assert first.identifier == "harbor.example.com/1.0.0"
            assert (state["supervisorService"], state["version"], state["state"]) == (
                "harbor.example.com",
                "1.0.0",
                "ACTIVATED",
            )
            await second.create("SupervisorServiceVersion", "v2", {"content": carvel("2.0.0")})
            plain = {"supervisor": "supervisor-01", "supervisorService": "harbor.example.com", "version": "1.0.0"}
            plain["yamlServiceConfig"] = "hostname: harbor.example.com"
            state = await installed.create("SupervisorService", "harbor", plain)
            assert (state["configStatus"], state["currentVersion"]) == ("CONFIGURED", "1.0.0")
            assert (await installed.diff("SupervisorService", "harbor", plain)).changes is False

            upgraded = {**plain, "version": "2.0.0"}
            answer = await installed.diff("SupervisorService", "harbor", upgraded)
            assert ([*answer.detailed_diff], answer.replaces) == (["version"], [])
            state = await installed.update("SupervisorService", "harbor", upgraded)
            assert state["currentVersion"] == "2.0.0"
            assert installed.state["yamlServiceConfig"].is_secret

            with pytest.raises(PacificError, match=r"Version 2\.0\.0 is installed on Supervisor supervisor-01"):
                await second.delete("SupervisorServiceVersion", "v2")
            await installed.delete("SupervisorService", "harbor")
            await installed.delete("SupervisorService", "harbor")
            assert await installed.refresh("SupervisorService", "harbor") is None
            for engine in (first, second):
                await engine.delete("SupervisorServiceVersion", "v")
                await engine.delete("SupervisorServiceVersion", "v")
            assert await site.by_hand.get(f"{MANAGEMENT}/supervisor-services") == []

    asyncio.run(body())


@pytest.mark.parametrize("version", VERSIONS)
def test_the_import_of_a_version_that_is_not_there_names_the_nearest(tmp_path: Path, version: str) -> None:
    async def body() -> None:
        async with simulated(tmp_path, version) as site:
            engine = await site.engine()
            message = r"this version of a Supervisor Service does not exist in vCenter: got '{}'; allowed: {}$"
            engine.identifier = "harbor/1.0.0"
            with pytest.raises(
                PacificError, match=message.format("harbor/1.0.0", "none: vCenter has no Supervisor Serv.*")
            ):
                await engine.refresh("SupervisorServiceVersion", "v")
            await (await site.engine()).create("SupervisorServiceVersion", "v", {"content": carvel("1.0.0")})
            for identifier in ("harbor.example.com/1.0.1", "harbor.example.com", "harbour.example.com/1.0.0"):
                engine.identifier = identifier
                with pytest.raises(PacificError, match=message.format(identifier, "harbor.example.com/1.0.0")):
                    await engine.refresh("SupervisorServiceVersion", "v")

    asyncio.run(body())


def test_what_a_service_may_not_be_is_said_at_preview(tmp_path: Path) -> None:
    async def body() -> None:
        async with simulated(tmp_path) as site:
            engine = await with_supervisor(site)
            assert await engine.check("SupervisorServiceVersion", "v", {"content": "kind: Pod"}) == [
                ("content", "vCenter refuses it: The content needs a Carvel Package and a PackageMetadata.")
            ]
            eula = {"content": carvel("1.0.0"), "acceptEula": True}
            assert await engine.check("SupervisorServiceVersion", "v", eula) == [
                ("acceptEula", "does not go with contentType CARVEL_APPS_YAML")
            ]
            plain = {"supervisor": "supervisor-01", "supervisorService": "harbor.example.con", "version": "1.0.0"}
            other = await site.engine()
            await other.create("SupervisorServiceVersion", "v", {"content": carvel("1.0.0")})
            assert await engine.check("SupervisorService", "s", plain) == [
                (
                    "supervisorService",
                    "no such Supervisor Service in vCenter: got 'harbor.example.con'; allowed: harbor.example.com; "
                    "fix: name one that exists, or let this resource depend on the resource that creates it",
                )
            ]
            plain["supervisorService"] = "harbor.example.com"
            assert await engine.check("SupervisorService", "s", {**plain, "version": "1.0.1"}) == [
                (
                    "version",
                    "Supervisor Service harbor.example.com has no such version: got '1.0.1'; allowed: 1.0.0",
                )
            ]
            await other.update("SupervisorServiceVersion", "v", {"content": carvel("1.0.0"), "activated": False})
            assert await engine.check("SupervisorService", "s", plain) == [
                ("version", "got '1.0.0', which is deactivated; allowed: none; or activate it")
            ]

    asyncio.run(body())


def test_a_new_version_is_made_before_the_old_one_goes_and_drift_is_seen(tmp_path: Path) -> None:
    async def body() -> None:
        async with simulated(tmp_path) as site:
            engine = await with_supervisor(site)
            plain = {"content": carvel("1.0.0")}
            await engine.create("SupervisorServiceVersion", "v", plain)
            newer = await engine.diff("SupervisorServiceVersion", "v", {"content": carvel("2.0.0")})
            assert (newer.replaces, newer.delete_before_replace) == (["content"], False)
            same = await engine.diff("SupervisorServiceVersion", "v", {"content": carvel("1.0.0") + "# more"})
            assert (same.replaces, same.delete_before_replace) == (["content"], True)
            path = f"{MANAGEMENT}/supervisor-services/harbor.example.com/versions/1.0.0"
            await site.by_hand.request("PATCH", path, params={"action": "deactivate"})
            await engine.refresh("SupervisorServiceVersion", "v")
            drift = await engine.diff("SupervisorServiceVersion", "v", plain)
            assert [*drift.detailed_diff] == ["activated"]
            await engine.update("SupervisorServiceVersion", "v", plain)
            assert (await engine.diff("SupervisorServiceVersion", "v", plain)).changes is False
            again, other = await site.engine(), await site.engine()
            await again.create("SupervisorServiceVersion", "v", plain)
            with pytest.raises(PacificError, match="is registered already, with different content"):
                await other.create("SupervisorServiceVersion", "v", {"content": carvel("1.0.0") + "# more"})
            imported = await site.engine()
            imported.identifier = "harbor.example.com/1.0.0"
            await imported.refresh("SupervisorServiceVersion", "v")
            assert (await imported.diff("SupervisorServiceVersion", "v", plain)).changes is False

    asyncio.run(body())


def test_a_registry_through_its_life(tmp_path: Path) -> None:
    async def body() -> None:
        async with simulated(tmp_path, "8.0.3") as site:
            await with_supervisor(site)
            engine = await site.engine()
            await engine.create("ContainerImageRegistry", "mirror", REGISTRY)
            assert (await engine.diff("ContainerImageRegistry", "mirror", REGISTRY)).changes is False
            registry: Any = engine.state["imageRegistry"].value
            assert registry["password"].is_secret
            for change, path in (
                ({"name": "mirror-2"}, "name"),
                ({"imageRegistry": {**REGISTRY["imageRegistry"], "port": 5001}}, "imageRegistry.port"),
                ({"imageRegistry": {**REGISTRY["imageRegistry"], "password": "other"}}, "imageRegistry.password"),
                ({"defaultRegistry": True}, "defaultRegistry"),
            ):
                plain = {**REGISTRY, **change}
                answer = await engine.diff("ContainerImageRegistry", "mirror", plain)
                assert ([*answer.detailed_diff], answer.replaces) == ([path], [])
                await engine.update("ContainerImageRegistry", "mirror", plain)
                assert (await engine.diff("ContainerImageRegistry", "mirror", plain)).changes is False
                await engine.update("ContainerImageRegistry", "mirror", REGISTRY)
            without = {"hostname": "mirror.example.com", "port": 5000}
            answer = await engine.diff("ContainerImageRegistry", "mirror", {**REGISTRY, "imageRegistry": without})
            assert answer.replaces == ["imageRegistry"]

            supervisor, _, identifier = engine.identifier.partition("/")
            path = f"{MANAGEMENT}/supervisors/{supervisor}/container-image-registries"
            await site.by_hand.patch(f"{path}/{identifier}", {"hostname": "by-hand.example.com"})
            await engine.refresh("ContainerImageRegistry", "mirror")
            drift = await engine.diff("ContainerImageRegistry", "mirror", REGISTRY)
            assert [*drift.detailed_diff] == ["imageRegistry.hostname"]
            await engine.update("ContainerImageRegistry", "mirror", REGISTRY)

            again = await site.engine()
            await again.create("ContainerImageRegistry", "mirror", REGISTRY)
            assert again.identifier == engine.identifier
            imported = await site.engine()
            imported.identifier = "supervisor-01/mirror"
            await imported.refresh("ContainerImageRegistry", "mirror")
            assert imported.identifier == "supervisor-01/mirror"
            elsewhere = {**REGISTRY, "imageRegistry": {"hostname": "other.example.com"}}
            with pytest.raises(PacificError, match=r"a registry mirror at mirror\.example\.com is on Supervisor"):
                await again.create("ContainerImageRegistry", "mirror", elsewhere)
            await engine.delete("ContainerImageRegistry", "mirror")
            await engine.delete("ContainerImageRegistry", "mirror")
            assert await engine.refresh("ContainerImageRegistry", "mirror") is None

    asyncio.run(body())


@pytest.mark.parametrize("version", VERSIONS)
def test_a_template_through_its_life(tmp_path: Path, version: str) -> None:
    async def body() -> None:
        async with simulated(tmp_path, version) as site:
            await with_supervisor(site)
            engine = await site.engine()
            await engine.create("NamespaceTemplate", "team", TEMPLATE)
            assert (await engine.diff("NamespaceTemplate", "team", TEMPLATE)).changes is False
            for change, path in (
                ({"resourceSpec": {"podCount": 5}}, "resourceSpec.cpuLimit"),
                ({"storageSpecs": [{"policy": "gold"}]}, "storageSpecs[0].limit"),
                ({"permissions": None}, "permissions"),
                ({"vmServiceSpec": None}, "vmServiceSpec"),
            ):
                plain = {name: value for name, value in {**TEMPLATE, **change}.items() if value is not None}
                answer = await engine.diff("NamespaceTemplate", "team", plain)
                assert ([*answer.detailed_diff], answer.replaces) == ([path], [])
                await engine.update("NamespaceTemplate", "team", plain)
                await engine.refresh("NamespaceTemplate", "team")
                assert (await engine.diff("NamespaceTemplate", "team", plain)).changes is False
                await engine.update("NamespaceTemplate", "team", TEMPLATE)
            await engine.delete("NamespaceTemplate", "team")
            assert engine.log.messages[-1].endswith("stays in vCenter, which has no way to delete templates")
            again = await site.engine()
            await again.create("NamespaceTemplate", "team", TEMPLATE)
            with pytest.raises(PacificError, match="another namespace template team is on Supervisor supervisor-01"):
                await again.create("NamespaceTemplate", "team", {**TEMPLATE, "resourceSpec": {"podCount": 6}})
            imported = await site.engine()
            imported.identifier = "supervisor-01/team"
            await imported.refresh("NamespaceTemplate", "team")
            assert (await imported.diff("NamespaceTemplate", "team", TEMPLATE)).changes is False
            assert await engine.check("NamespaceTemplate", "team", {**TEMPLATE, "storageSpecs": []}) == [
                ("storageSpecs", "got 0; allowed: 1 or more items")
            ]

    asyncio.run(body())


@pytest.mark.parametrize("version", VERSIONS)
def test_an_upgrade_and_no_way_back(tmp_path: Path, version: str) -> None:
    async def body() -> None:
        async with simulated(tmp_path, version) as site:
            await with_supervisor(site)
            first, second, third = SUPERVISOR_VERSIONS
            engine = await site.engine()
            state = await engine.create("SupervisorUpgrade", "u", {"supervisor": "supervisor-01", "version": first})
            assert (state["currentVersion"], state["availableVersions"]) == (first, [second, third])
            newer = {"supervisor": "supervisor-01", "version": second}
            assert [*(await engine.diff("SupervisorUpgrade", "u", newer)).detailed_diff] == ["version"]
            state = await engine.update("SupervisorUpgrade", "u", newer)
            assert (state["currentVersion"], state["state"]) == (second, "READY")
            assert (await engine.diff("SupervisorUpgrade", "u", newer)).changes is False
            back = {"supervisor": "supervisor-01", "version": first}
            ((path, reason),) = await engine.check("SupervisorUpgrade", "u", back)
            assert path == "version"
            assert reason == (
                f"Supervisor supervisor-01 cannot be upgraded to it: got {first!r}; allowed: "
                f"{', '.join(sorted([second, third], reverse=reason.find(third) < reason.find(second)))}"
            )
            imported = await site.engine()
            imported.identifier = "supervisor-01"
            await imported.refresh("SupervisorUpgrade", "u")
            assert (await imported.diff("SupervisorUpgrade", "u", newer)).changes is False
            await engine.delete("SupervisorUpgrade", "u")
            assert (
                engine.log.messages[-1]
                == f"Supervisor supervisor-01 stays at version {second}: vCenter cannot downgrade it"
            )

    asyncio.run(body())


def test_a_zone_through_its_life(tmp_path: Path) -> None:
    async def body() -> None:
        async with simulated(tmp_path, "8.0.3") as site:
            engine = await site.engine()
            plain = {"description": "Hall 1", "clusters": ["cluster-01"]}
            state = await engine.create("Zone", "hall-1", plain)
            assert (state["zone"], state["description"], state["clusters"]) == ("hall-1", "Hall 1", ["cluster-01"])
            assert (await engine.diff("Zone", "hall-1", plain)).changes is False
            both = {**plain, "clusters": ["cluster-01", "cluster-02"]}
            answer = await engine.diff("Zone", "hall-1", both)
            assert ([*answer.detailed_diff], answer.replaces) == (["clusters[1]"], [])
            await engine.update("Zone", "hall-1", both)
            assert (await engine.diff("Zone", "hall-1", both)).changes is False
            path = "/vcenter/consumption-domains/zones/cluster/hall-1/associations"
            await site.by_hand.post(path, ["domain-c1"], {"action": "remove"})
            await engine.refresh("Zone", "hall-1")
            assert [*(await engine.diff("Zone", "hall-1", both)).detailed_diff] == ["clusters[0]"]
            await engine.update("Zone", "hall-1", both)
            assert (await engine.diff("Zone", "hall-1", {**both, "description": "Hall 2"})).replaces == ["description"]

            again, other, imported = await site.engine(), await site.engine("prod"), await site.engine()
            await again.create("Zone", "hall-1", both)
            ((_, message),) = await other.check("Zone", "hall-1", both)
            assert message.startswith("the zone hall-1 belongs to estate/dev: fix: choose another name; to take it")
            with pytest.raises(PacificError) as caught:
                await other.create_checked("Zone", "hall-1")
            assert str(caught.value) == message
            imported.identifier = "hall-1"
            await imported.refresh("Zone", "hall-1")
            assert (await imported.diff("Zone", "hall-1", {**both, "name": "hall-1"})).changes is False
            await engine.delete("Zone", "hall-1")
            await engine.delete("Zone", "hall-1")
            assert await engine.refresh("Zone", "hall-1") is None

    asyncio.run(body())


@pytest.mark.parametrize("version", VERSIONS)
def test_a_content_library_that_is_used_cannot_be_deleted_since_9_1(tmp_path: Path, version: str) -> None:
    async def body() -> None:
        async with simulated(tmp_path, version) as site:
            engine = await with_supervisor(site)
            shop = {"supervisor": "supervisor-01", "contentLibraries": [{"contentLibrary": "linux-images"}]}
            await engine.create("Namespace", "shop", shop)
            if version == "9.1":
                with pytest.raises(PacificError, match=f"Content library {LIBRARY} is used by namespace shop."):
                    await site.by_hand.delete(f"/content/local-library/{LIBRARY}")
                await engine.update("Namespace", "shop", {**shop, "contentLibraries": []})
            await site.by_hand.delete(f"/content/local-library/{LIBRARY}")
            assert await site.by_hand.get("/content/library") == []

    asyncio.run(body())
