"""Writes what was found as a folder of documents, whose names stay the same from one import to the next."""

from pathlib import Path
from textwrap import wrap

import yaml

from pacific_infra.errors import PacificError
from pacific_infra.importing.found import Found, Taken

_FOLDERS = {"SupervisorCluster": "supervisors", "VirtualMachineClass": "virtual-machine-classes"}
_WIDTH = 116


def texts(found: Found) -> dict[Path, str]:
    """The text of each file, by its path below the folder of documents: one an object, and one of what is left."""
    files = {_path(each): _document(each) for each in found.taken}
    files[Path(f"supervisors/{found.supervisor}.left.md")] = _left(found)
    return files


def write(folder: Path, files: dict[Path, str], *, overwrite: bool) -> None:
    """Write the files. Raises PacificError, and writes none, where one is there with another text, unless
    ``overwrite``.
    """
    changed = [path for path, text in files.items() if _read(folder / path) not in (None, text)]
    if changed and not overwrite:
        raise PacificError(
            f"{len(changed)} of the files are there already with another text",
            place=str(folder),
            value=", ".join(map(str, sorted(changed))),
            fix="keep yours somewhere else, or write over them: --overwrite",
        )
    try:
        for path, text in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise PacificError(f"the documents cannot be written ({error.strerror})", place=str(folder)) from None


def _path(taken: Taken) -> Path:
    return Path(_FOLDERS.get(taken.kind, "namespaces")) / f"{taken.name}.yaml"


def _document(taken: Taken) -> str:
    comments = [f"# {line}\n" for remark in taken.remarks for line in wrap(remark, _WIDTH)]
    return "".join(comments) + yaml.safe_dump(taken.document, sort_keys=False, allow_unicode=True, width=_WIDTH)


def _left(found: Found) -> str:
    lines = [f"# Left on Supervisor {found.supervisor}", "", "What `pacific import` has not taken over, and why.", ""]
    lines += [f"- The Supervisor's {path}: no document says it." for path in found.inexpressible]
    for each in found.left:
        lines.append(f"- {each.what}: {each.reason}.")
        if each.command is not None:
            lines.append(f"  `{each.command}`")
    if not found.left and not found.inexpressible:
        lines.append("Nothing.")
    return "\n".join(lines) + "\n"


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return None
