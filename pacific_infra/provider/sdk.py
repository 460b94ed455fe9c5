"""Generates the typed Python classes of the custom resources from the models: components/pacific_components/vcenter."""

import re
import textwrap
from collections.abc import Iterable

from pacific_infra.provider.models.functions import FUNCTIONS
from pacific_infra.provider.models.introspection import Property, nested_models, properties
from pacific_infra.provider.models.model import Model
from pacific_infra.provider.models.registry import KINDS, Kind

_HEADER = (
    '"""{about}\n\nGenerated from the models by ``python -m pacific_components.package.schema``; do not edit.\n"""\n\n'
)


def sdk_files() -> dict[str, str]:
    """The generated files by name: arguments.py, outputs.py and one file a resource."""
    files = {"arguments.py": _arguments(), "outputs.py": _outputs(), "__init__.py": _package()}
    files["functions.py"] = _functions()
    return files | {f"{_module(kind.name)}.py": _resource(kind) for kind in KINDS}


def _module(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def _unique(models: Iterable[type[Model]]) -> list[type[Model]]:
    return list(dict.fromkeys(models))


def _docstring(text: str) -> str:
    if len(text) > 110:
        text = "\n    ".join(textwrap.wrap(text, 113)) + "\n    "
    return f'    """{text}"""\n'


def _line(start: str, middle: str, end: str) -> str:
    line = f"{start}{middle}{end}\n"
    return line if len(line) <= 121 else f"{start}\n        {middle}\n    {end}\n"


def _arguments() -> str:
    text = _HEADER.format(about="Arguments of the custom resources: dictionaries with typed, documented keys.")
    text += "from collections.abc import Mapping, Sequence\nfrom typing import Any, NotRequired, TypedDict\n\n"
    text += "import pulumi\n"
    for model in _unique(model for kind in KINDS for model in nested_models(kind.inputs)):
        text += _typed_dict(f"{model.__name__}Args", model)
    for kind in KINDS:
        text += _typed_dict(f"{kind.name}Args", kind.inputs, named=True)
    return text


def _typed_dict(name: str, model: type[Model], *, named: bool = False) -> str:
    text = f"\n\nclass {name}(TypedDict):\n" + _docstring((model.__doc__ or "").strip()) + "\n"
    for item in properties(model):
        base = f"{item.base.__name__}Args" if item.model else _plain(item)
        annotation = f"pulumi.Input[{base}]"
        if item.is_list:
            annotation = f"pulumi.Input[Sequence[{annotation}]]"
        if not item.required or (named and item.attribute == "name"):
            annotation = f"NotRequired[{annotation}]"
        text += f"    {item.attribute}: {annotation}\n" + _docstring(item.text)
    return text


def _plain(item: Property) -> str:
    return "Mapping[str, Any]" if item.base is dict else item.base.__name__


def _outputs() -> str:
    text = _HEADER.format(about="Outputs of the custom resources: nested values with typed, documented attributes.")
    text += "import pulumi\n"
    of_resources = [model for kind in KINDS for model in (*nested_models(kind.inputs), *nested_models(kind.outputs))]
    of_functions = [model for function in FUNCTIONS for model in (*nested_models(function.outputs), function.outputs)]
    for model in _unique([*of_resources, *of_functions]):
        text += f"\n\n@pulumi.output_type\nclass {model.__name__}:\n" + _docstring((model.__doc__ or "").strip()) + "\n"
        for item in sorted(properties(model), key=lambda item: not item.required):
            optional = "" if item.required else ", default=None"
            text += _line(
                f"    {item.attribute}: {_output_type(item)} = pulumi.property(", f'"{item.name}"{optional}', ")"
            )
            text += _docstring(item.text)
    return text


def _output_type(item: Property, prefix: str = "") -> str:
    base = f"{prefix}{item.base.__name__}" if item.model else _plain(item)
    base = f"list[{base}]" if item.is_list else base
    return base if item.required or item.default is not None else f"{base} | None"


def _resource(kind: Kind) -> str:
    text = _HEADER.format(about=f"``{kind.token}``.")
    every = [*properties(kind.outputs), *properties(kind.inputs)]
    if any(item.base is dict for item in every):
        text += "from collections.abc import Mapping\n"
    text += "from typing import Any, Unpack, overload\n\nimport pulumi\n\n"
    if any(item.model for item in every):
        text += "from pacific_components.vcenter import outputs\n"
    text += f"from pacific_components.vcenter.arguments import {kind.name}Args\n"
    text += "from pacific_components.vcenter.properties import VCenterResource\n\n\n"
    text += f"class {kind.name}(VCenterResource):\n" + _docstring((kind.inputs.__doc__ or "").strip()) + "\n"
    for item in every:
        annotation = f"pulumi.Output[{_output_type(item, 'outputs.')}]"
        text += f'    {item.attribute}: {annotation} = pulumi.property("{item.name}")\n' + _docstring(item.text)
    return (
        text
        + f"""
    @overload
    def __init__(
        self,
        resource_name: str,
        /,
        args: {kind.name}Args,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None: ...
    @overload
    def __init__(
        self,
        resource_name: str,
        /,
        *,
        opts: pulumi.ResourceOptions | None = None,
        **args: Unpack[{kind.name}Args],
    ) -> None: ...
    def __init__(
        self,
        resource_name: str,
        /,
        args: Any = None,
        opts: pulumi.ResourceOptions | None = None,
        **keywords: Any,
    ) -> None:
        super().__init__("{kind.token}", resource_name, args, keywords, opts)
"""
    )


def _functions() -> str:
    text = _HEADER.format(
        about="Functions that look up objects in vCenter, ``pacific:vcenter:get*``. Each returns an Output."
    )
    text += "import pulumi\n\nfrom pacific_components.vcenter import outputs\n"
    for function in FUNCTIONS:
        inputs = list(properties(function.inputs))
        parameters = "".join(f"    {item.attribute}: pulumi.Input[{_plain(item)}],\n" for item in inputs)
        names = ", ".join(f'"{item.name}": {item.attribute}' for item in inputs)
        result = f"outputs.{function.outputs.__name__}"
        text += f"""

def {_module(function.name)}(
{parameters}    opts: pulumi.InvokeOptions | pulumi.InvokeOutputOptions | None = None,
) -> pulumi.Output[{result}]:
"""
        text += _docstring(function.description)
        text += f"""    result: pulumi.Output[{result}] = pulumi.runtime.invoke_output(
        "{function.token}", {{{names}}}, opts, typ={result}
    )
    return result
"""
    return text


def _package() -> str:
    names = [kind.name for kind in KINDS]
    text = _HEADER.format(about="The custom resources ``pacific:vcenter:*``.")
    args = sorted(
        {f"{m.__name__}Args" for kind in KINDS for m in nested_models(kind.inputs)} | {f"{name}Args" for name in names}
    )
    text += "from pacific_components.vcenter.arguments import (\n" + "".join(f"    {name},\n" for name in args) + ")\n"
    functions = sorted(_module(function.name) for function in FUNCTIONS)
    modules = {_module(name): f"import {name}\n" for name in names}
    modules["functions"] = "import (\n" + "".join(f"    {name},\n" for name in functions) + ")\n"
    for module, imported in sorted(modules.items()):
        text += f"from pacific_components.vcenter.{module} {imported}"
    text += "\n__all__ = [\n" + "".join(f'    "{name}",\n' for name in sorted([*args, *names, *functions])) + "]\n"
    return text
