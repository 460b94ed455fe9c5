"""Text that a document holds itself or names a file for."""

from typing import Annotated, Any

from pydantic import ValidationInfo, WithJsonSchema, model_validator

from pacific_infra.documents.model import Model
from pacific_infra.documents.named_files import NamedFiles
from pacific_infra.documents.problems import Problem, problems_error


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
        if isinstance(value, dict) and isinstance(value.get("file"), str) and "text" not in value:
            files: NamedFiles | None = (info.context or {}).get("files")
            if files is None:
                problem = "a file can only be named by a document that was read from a file"
                raise problems_error(Problem(problem, ("file",), value["file"], fix="give the text itself"))
            return {**value, "text": files.read(value["file"])}
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
