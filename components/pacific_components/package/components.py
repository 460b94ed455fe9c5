"""Makes a component for a program in another language: what the plug-in's ``Construct`` calls."""

import asyncio
from typing import Any

import pulumi
from pulumi.provider.experimental import provider as sdk
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.runtime import rpc

from pacific_infra.errors import PacificError
from pacific_infra.vcenter.inventory import nearest


class PackageComponents:
    """The components, as the plug-in serves them."""

    def schema(self) -> dict[str, Any]:
        """Their part of the package schema: ``types`` and ``resources``."""
        from pacific_components.package.schema import component_schema  # noqa: PLC0415 - see construct

        return component_schema()

    async def construct(self, request: sdk.ConstructRequest, version: str | None = None) -> sdk.ConstructResponse:
        """Make one, and wait for its outputs. ``version``: the one that its program asks the plug-in for; None: any.

        Raises PacificError for a type that is not here, InputPropertyError for a wrong input.
        """
        # A run of documents constructs nothing: importing the documents' models was half of this plug-in's start.
        from pacific_components.package.arguments import component_arguments  # noqa: PLC0415
        from pacific_components.package.definitions import PACKAGE, components, definitions  # noqa: PLC0415

        by_token = {f"{PACKAGE}:index:{component.__name__}": component for component in components()}
        if request.resource_type not in by_token:
            allowed = nearest(request.resource_type, list(by_token))
            raise PacificError("not a component of this package", value=request.resource_type, allowed=allowed)
        known = definitions()
        component = by_token[request.resource_type]
        definition = known.components[component.__name__]
        arguments = component_arguments(definition, request.inputs, known)
        make: Any = component
        component_resource = make(request.name, arguments, _asking_for(request.options, version))
        outputs = {
            name: getattr(component_resource, attribute) for name, attribute in definition.outputs_mapping.items()
        }
        behind: dict[str, list[pulumi.Resource]] = {}
        state = await rpc.serialize_properties(outputs, behind)
        return sdk.ConstructResponse(
            urn=str(await component_resource.urn.future()),
            state=PropertyValue.unmarshal_map(state),
            state_dependencies={name: await _urns(resources) for name, resources in behind.items()},
        )


def _asking_for(options: pulumi.ResourceOptions, version: str | None) -> pulumi.ResourceOptions:
    """The component's options, by which its children ask for the same version of the plug-in as its program.

    Else the engine would start a second provider for them, to which nothing is known of what the program makes beside.
    """
    if version is None:
        return options

    def ask(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        if not args.type_.startswith("pacific:vcenter:"):
            return None
        merged = pulumi.ResourceOptions.merge(args.opts, pulumi.ResourceOptions(version=version))
        return pulumi.ResourceTransformationResult(args.props, merged)

    return pulumi.ResourceOptions.merge(options, pulumi.ResourceOptions(transformations=[ask]))


async def _urns(resources: list[pulumi.Resource]) -> set[str]:
    urns = await asyncio.gather(*(resource.urn.future() for resource in resources))
    return {urn for urn in urns if urn is not None}
