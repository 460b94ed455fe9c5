"""Files beside the documents, one YAML or JSON object each: ``pacific.yaml``, a site, prices."""

from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from pacific_infra.documents.explain import Subject, explain
from pacific_infra.documents.files import read_text, shown
from pacific_infra.documents.model import Model
from pacific_infra.documents.source import Source
from pacific_infra.documents.yaml_reader import TextError, read_positions, read_yaml
from pacific_infra.errors import PacificError, PacificErrors

LARGEST = 2**20
"""Bytes of a file."""
M = TypeVar("M", bound=Model)


def read_settings(file: Path, model: type[M], content: str) -> M:
    """What a file says; ``content`` are words for what it holds, such as ``site file``.

    Raises PacificError, or PacificErrors with every field that is wrong, each with file:line.
    """
    text, name = read_text(file, LARGEST), shown(file)
    try:
        values = [document.value for document in read_yaml(text)] or [{}]
        positions = read_positions(text, 1)
    except TextError as error:
        raise PacificError(error.problem, place=f"{name}:{error.line}", value=error.value, fix=error.fix) from None
    if len(values) > 1:
        raise PacificError("the file is one document", place=name, value=f"{len(values)} documents")
    try:
        return model.model_validate(values[0], context={}, by_alias=True, by_name=False)
    except ValidationError as error:
        source = Source(name, 1, lambda: positions)
        subject = Subject(content, model=model)
        raise PacificErrors([*explain(error.errors(include_url=False), subject, source)]) from None
