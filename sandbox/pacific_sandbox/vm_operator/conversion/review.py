"""ConversionReview (apiextensions.k8s.io/v1): the API server asks for objects in another version."""

from pacific_sandbox.cluster_api import conversion as clusters
from pacific_sandbox.cluster_api.definitions import GROUP as CLUSTER_GROUP
from pacific_sandbox.kubernetes_api import KubernetesAPI, Object
from pacific_sandbox.supervisor.resources import CUSTOM_RESOURCE_DEFINITIONS
from pacific_sandbox.vm_operator.conversion.virtual_machines import GROUP, STORED, to_older, to_stored

_DEFINITION = "virtualmachines.vmoperator.vmware.com"
_STORED = f"{GROUP}/{STORED}"


class Conversion:
    """Converts VirtualMachines, by the schemas of the definition that is installed, and Clusters."""

    def __init__(self, api: KubernetesAPI) -> None:
        self._api = api
        self._schemas: dict[str, Object] = {}
        """Schemas of ``spec``, by version."""

    async def answer(self, review: Object) -> Object:
        """From a ConversionReview with a request to one with a response."""
        request = review["request"]
        desired: str = request["desiredAPIVersion"]
        if desired.startswith(f"{CLUSTER_GROUP}/"):
            return _answer(review, [clusters.converted(item, desired) for item in request["objects"]])
        if not self._schemas:
            await self._read_schemas()
        return _answer(review, [self._convert(item, desired) for item in request["objects"]])

    def _convert(self, item: Object, desired: str) -> Object:
        stored = item if item["apiVersion"] == _STORED else to_stored(item)
        version = desired.partition("/")[2]
        return stored if desired == _STORED else to_older(stored, version, self._schemas[version])

    async def _read_schemas(self) -> None:
        definition = await self._api.get(CUSTOM_RESOURCE_DEFINITIONS, _DEFINITION)
        if definition is None:
            raise AssertionError(f"asked to convert objects of {_DEFINITION}, which is not there")
        self._schemas = {
            version["name"]: version["schema"]["openAPIV3Schema"]["properties"]["spec"]
            for version in definition["spec"]["versions"]
        }


def _answer(review: Object, objects: list[Object]) -> Object:
    response = {"uid": review["request"]["uid"], "convertedObjects": objects, "result": {"status": "Success"}}
    return {"apiVersion": review["apiVersion"], "kind": "ConversionReview", "response": response}
