"""Validators of the documents' models that take outputs where a component does."""

from functools import cache
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic_core import CoreSchema, PydanticCustomError, SchemaValidator, core_schema

from pacific_components.argument_fields import FieldType, List, Map, Object, Scalar, argument_fields
from pacific_infra.documents.environment import OutputReference, StackOutput
from pacific_infra.documents.problems import Problem, problems_error
from pacific_infra.documents.stack_secret import SecretTemplate, SecretText, StackSecret
from pacific_infra.documents.unknown import Unknown

WHOLE, SINGLE = "output_as_a_whole", "output_as_a_value"
"""Types of pydantic's errors for an output where none can be: in place of an object, list or map, or of a value."""
_FORMS_OF_DOCUMENTS = (OutputReference, StackOutput, SecretText, SecretTemplate)
"""How a document names a value that a program has in hand."""


@cache
def output_validator(model: type[BaseModel]) -> SchemaValidator:
    """Validates as ``model`` does, but takes ``Unknown`` where a component takes an output, and no reference to a
    document. An output where none can be is an error of type ``WHOLE`` or ``SINGLE``.
    """
    # The models' own validators, which are built already, know no outputs.
    return SchemaValidator(_open_schema(TypeAdapter(model).core_schema), _use_prebuilt=False)


def _open_schema(schema: Any) -> Any:
    """The schema of a model, which takes outputs where a component does, and no reference of a document."""
    if isinstance(schema, list):
        return [_open_schema(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    of_model = _model_of(schema)
    if of_model is StackSecret:
        return core_schema.str_schema(strict=True, ref=schema.get("ref"))
    if of_model in _FORMS_OF_DOCUMENTS:
        return core_schema.no_info_plain_validator_function(_refuse_form, ref=schema.get("ref"))
    opened = {key: _open_schema(part) if key != "metadata" else part for key, part in schema.items()}
    if opened.get("type") == "model":
        _open_fields(opened["cls"], opened)
    return opened


def _model_of(schema: Any) -> type[BaseModel] | None:
    """The model that ``schema`` validates, below its own validators."""
    while isinstance(schema, dict) and str(schema.get("type")).startswith("function-"):
        schema = schema.get("schema")
    return schema["cls"] if isinstance(schema, dict) and schema.get("type") == "model" else None


def _open_fields(model: type[BaseModel], schema: dict[str, Any]) -> None:
    """Have the fields of ``model`` take outputs where a component does, and drop those that only documents have."""
    while schema["type"] != "model-fields":
        schema = schema["schema"]
    argument_of = {field.attribute: field for field in argument_fields(model) if field.secret_of is None}
    schema["fields"] = {name: field for name, field in schema["fields"].items() if name in argument_of}
    for name, field in schema["fields"].items():
        kind, plain = argument_of[name].type, argument_of[name].plain
        outer = field["schema"] if field["schema"]["type"] == "default" else field
        _open_parts(outer["schema"], kind, plain=plain)
        error = SINGLE if isinstance(kind, Scalar) else WHOLE
        outer["schema"] = _never_unknown(outer["schema"], error) if plain else _or_unknown(outer["schema"])


def _open_parts(schema: dict[str, Any], kind: FieldType, *, plain: bool) -> None:
    """Have the items of a list or the values of a map take outputs, save objects, and items of a plain list."""
    while schema["type"] not in ("tuple", "dict"):
        if "schema" not in schema:
            return
        schema = schema["schema"]
    if isinstance(kind, List):
        refused = isinstance(kind.items, Object) or (plain and isinstance(kind.items, Scalar))
        error = WHOLE if isinstance(kind.items, Object) else SINGLE
        parts = schema["items_schema"]
        schema["items_schema"] = [_never_unknown(part, error) if refused else _or_unknown(part) for part in parts]
    elif isinstance(kind, Map):
        schema["values_schema"] = _or_unknown(schema["values_schema"])


def _or_unknown(schema: CoreSchema) -> CoreSchema:
    def validate(value: object, handler: core_schema.ValidatorFunctionWrapHandler) -> object:
        return value if isinstance(value, Unknown) else handler(value)

    return core_schema.no_info_wrap_validator_function(validate, schema)


def _never_unknown(schema: CoreSchema, error: str) -> CoreSchema:
    def validate(value: object) -> object:
        if isinstance(value, Unknown):
            raise PydanticCustomError(error, "cannot be an output")
        return value

    return core_schema.no_info_before_validator_function(validate, schema)


def _refuse_form(_value: object) -> object:
    problem = "documents name a value so; a program gives it"
    raise problems_error(Problem(problem, fix="give the text itself, or an output of the resource that has it"))
