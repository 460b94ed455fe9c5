"""Values of live custom resources, for the documents that take them."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from pacific_components.custom_resource import CustomResource as CustomResourceComponent
from pacific_infra.documents.numbers import GREATEST_EXACT


def live_value(node: str, component: CustomResourceComponent, output: str) -> pulumi.Output[str]:
    """The text at ``output``, such as ``status.endpoint``, of the object of the document ``node``.

    Where the object does not have it, a preview takes it for unknown, and an update raises RunError.
    """
    tree, *path = output.split(".")
    live = component.spec if tree == "spec" else component.status

    def text(value: Any) -> pulumi.Input[str]:
        for field in path:
            if isinstance(value, Sequence) and not isinstance(value, str):
                value = value[int(field)] if field.isdecimal() and int(field) < len(value) else None
            else:
                value = value.get(field) if isinstance(value, Mapping) else None
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, str | int | float):
            if isinstance(value, float) and abs(value) > GREATEST_EXACT:
                problem = f"{output} of {node} is a number that was changed on its way from the server: {value:.0f}"
                raise pulumi.RunError(f"{problem}; fix: have its controller write it as text")
            # Whole numbers come from the engine as floats.
            return str(int(value) if isinstance(value, float) and value.is_integer() else value)
        if pulumi.runtime.is_dry_run():
            return unknown()
        problem = f"{node} has no {output} that is text, a number or true or false"
        raise pulumi.RunError(f"{problem}; fix: have it awaited, with {{.{output}}} in its spec.readiness.jsonPaths")

    return live.apply(text)


def unknown() -> pulumi.Output[str]:
    """A value that is known at the update only."""

    async def value() -> str:
        return ""

    async def is_known() -> bool:
        return False

    return pulumi.Output(set(), value(), is_known())
