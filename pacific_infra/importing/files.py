"""Writes a scan as a folder of documents. File names are the same at each import."""

from pathlib import Path
from textwrap import wrap

import yaml

from pacific_infra.documents.kinds import KINDS
from pacific_infra.errors import PacificError
from pacific_infra.importing.scan import Importable, SupervisorScan
from pacific_infra.record.backend import replace_durably

_WIDTH = 116


def texts(scan: SupervisorScan) -> dict[Path, str]:
    """The text of each file, by its path below the folder of documents: one an object, and one of what is left."""
    files = {_path(importable): _document(importable) for importable in scan.importable}
    files[Path(f"supervisors/{scan.supervisor}.left.md")] = _skipped_text(scan)
    return files


def write(folder: Path, files: dict[Path, str], *, overwrite: bool) -> None:
    """Write the files, each in one step: a part of a document is one that says less.

    Raises PacificError, and writes none, where one is there with another text, unless ``overwrite``.
    """
    changed = [path for path, text in files.items() if _read(folder / path) not in (None, text)]
    if changed and not overwrite:
        raise PacificError(
            f"{len(changed)} of the files exist already with different text",
            place=str(folder),
            value=", ".join(map(str, sorted(changed))),
            fix="keep yours somewhere else, or overwrite them: --overwrite",
        )
    try:
        for path, text in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            replace_durably((folder / path).resolve(), text.encode(), mode=0o666)
    except OSError as error:
        raise PacificError(f"the documents cannot be written ({error.strerror})", place=str(folder)) from None


def _path(importable: Importable) -> Path:
    return Path(KINDS[importable.kind].folder) / f"{importable.name}.yaml"


def _document(importable: Importable) -> str:
    comments = [f"# {line}\n" for remark in importable.remarks for line in wrap(remark, _WIDTH)]
    return "".join(comments) + yaml.safe_dump(importable.document, sort_keys=False, allow_unicode=True, width=_WIDTH)


def _skipped_text(scan: SupervisorScan) -> str:
    lines = [f"# Skipped on Supervisor {scan.supervisor}", "", "What `pacific import` has skipped, and why.", ""]
    lines += [f"- The Supervisor's {path}: no document says it." for path in scan.inexpressible]
    for skipped in scan.skipped:
        lines.append(f"- {skipped.subject}: {skipped.reason}.")
        if skipped.command is not None:
            lines.append(f"  `{skipped.command}`")
    if not scan.skipped and not scan.inexpressible:
        lines.append("Nothing.")
    return "\n".join(lines) + "\n"


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return None
