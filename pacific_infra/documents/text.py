"""Text that a document holds itself or names a file for."""

from typing import Annotated, Any

from pydantic import ValidationInfo, WithJsonSchema, model_validator

from pacific_infra.documents.model import Model
from pacific_infra.documents.named_files import NamedFiles
from pacific_infra.documents.problems import Problem, problems_error
from pacific_infra.documents.unknown import Unknown


class TextSource(Model):
    """A text, and the file that it came from if a document named one."""

    text: str
    """The text itself."""
    file: str | None = None
    """The file, relative to the document, that the text was read from."""

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: Any, info: ValidationInfo) -> Any:
        if isinstance(value, str):
            return {"text": value}
        if isinstance(value, dict) and "text" not in value:
            if not isinstance(value.get("file"), str):
                problem = "text is expected here, and not an object"
                fix = "write | after the colon, and the text in the lines below it"
                raise problems_error(Problem(problem, allowed="text, {file: PATH}", fix=fix))
            files: NamedFiles | None = (info.context or {}).get("files")
            if files is None:
                problem = "a file can only be named by a document that was read from a file"
                raise problems_error(Problem(problem, ("file",), value["file"], fix="give the text itself"))
            return {**value, "text": files.read(value["file"])}
        if not isinstance(value, dict | TextSource | Unknown):
            quoted = f'write "{value}" in quotes' if type(value) in (int, float) else None
            raise problems_error(Problem("this is not text", (), value, "text, {file: PATH}", quoted))
        return value


Text = Annotated[
    TextSource,
    WithJsonSchema(
        {
            "oneOf": [
                {"type": "string"},
                {
                    "type": "object",
                    "properties": {"file": {"type": "string", "description": "File, relative to this document."}},
                    "required": ["file"],
                    "additionalProperties": False,
                },
            ]
        }
    ),
]
