"""Reads answers by VMware's own bindings: a missing or misspelt field, or a wrong type, raises."""

import importlib
import json
import warnings
from typing import Any

with warnings.catch_warnings():
    # The bindings read their texts by a function of importlib that is on its way out, and warn of themselves.
    warnings.simplefilter("ignore", DeprecationWarning)
    from vmware.vapi.bindings import type as bindings
    from vmware.vapi.bindings.converter import RestConverter, TypeConverter
    from vmware.vapi.data.serializers.cleanjson import DataValueConverter


def read(interface: str, operation: str, answer: Any) -> Any:
    """``answer`` as the result of ``operation`` of ``interface``, ``module:Class`` below ``com.vmware``."""
    return read_as(_output(interface, operation), operation, answer)


def read_as(kind: Any, operation: str, answer: Any) -> Any:
    """``answer`` as a value of the bindings' type ``kind``; ``operation`` names it in errors."""
    _no_unknown_fields(answer, kind, operation)
    value = DataValueConverter.convert_to_data_value(json.dumps(answer))
    with warnings.catch_warnings():
        # Of the old API as a whole.
        warnings.simplefilter("ignore", DeprecationWarning)
        return TypeConverter.convert_to_python(value, kind, None, RestConverter.SWAGGER_REST)


def _output(interface: str, operation: str) -> Any:
    module_name, _, name = interface.partition(":")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        module = importlib.import_module(f"com.vmware.{module_name}_client")
    result: dict[str, Any] = {}

    def keep(_self: Any, **named: Any) -> None:
        result.update(named["operations"])

    original, module.ApiInterfaceStub.__init__ = module.ApiInterfaceStub.__init__, keep
    try:
        getattr(module, f"_{name}Stub")(None)
    finally:
        module.ApiInterfaceStub.__init__ = original
    return result[operation]["output_type"]


def _no_unknown_fields(value: Any, kind: Any, path: str) -> None:
    if isinstance(kind, bindings.ReferenceType):
        _no_unknown_fields(value, kind.resolved_type, path)
    elif isinstance(kind, bindings.OptionalType):
        _no_unknown_fields(value, kind.element_type, path)
    elif isinstance(kind, bindings.ListType | bindings.SetType):
        for item in value:
            _no_unknown_fields(item, kind.element_type, path)
    elif isinstance(kind, bindings.StructType) and not isinstance(kind, bindings.DynamicStructType):
        for name, item in value.items():
            if name not in kind.get_field_names():
                raise AssertionError(f"{path}.{name} is no field of {kind.name}")
            _no_unknown_fields(item, kind.get_field(name), f"{path}.{name}")
