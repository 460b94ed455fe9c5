"""Files beside the documents, YAML or JSON, that say what an estate is planned against: a site, prices."""

from decimal import InvalidOperation
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import ValidationError

from pacific_infra.documents.model import Model
from pacific_infra.errors import PacificError

M = TypeVar("M", bound=Model)


def read_settings(file: Path, model: type[M], content: str) -> M:
    """Read ``what`` from a file. Raises PacificError with every field that is wrong."""
    try:
        return model.model_validate(yaml.safe_load(file.read_text()))
    except (OSError, yaml.YAMLError) as error:
        raise PacificError(f"cannot read {content}", place=str(file), value=str(error)) from None
    except InvalidOperation as error:
        raise PacificError("a price is a number", place=str(file), value=str(error)) from None
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, problem['loc'])) or content}: {problem['msg']}" for problem in error.errors()
        )
        fix = "see docs/capacity.md for an example"
        raise PacificError(f"this is not {content}", place=str(file), value=wrong, fix=fix) from None
