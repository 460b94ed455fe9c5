"""Documents that would become one object: each would change it in turn, and the removal of one deletes the other's."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from pacific_infra.documents import Document
from pacific_infra.documents.capabilities import NAME, PULUMI, DeclaredObject
from pacific_infra.documents.source import Path, dotted
from pacific_infra.errors import PacificError

SHOWN = 5
"""Objects in one message; of more the number is said."""
_Declared = tuple[Document, DeclaredObject]


def collision_errors(declared: Iterable[_Declared]) -> Iterator[PacificError]:
    """One error for each two fields of documents that give objects of one identity."""
    first: dict[tuple[str, ...], _Declared] = {}
    pairs: dict[tuple[str, Path, str, Path], list[tuple[_Declared, _Declared]]] = defaultdict(list)
    for later in declared:
        document, declaration = later
        earlier = first.setdefault(declaration.identity, later)
        if earlier is later or (declaration.content is not None and declaration.content == earlier[1].content):
            continue
        earlier_path, path = _fields(earlier, later)
        pairs[document.id, path, earlier[0].id, earlier_path].append((earlier, later))
    for (_, path, _, earlier_path), objects in pairs.items():
        yield _error(objects, earlier_path, path)


def _fields(earlier: _Declared, later: _Declared) -> tuple[Path, Path]:
    """The fields that decide: the names of the documents where these are alike, since all else begins with them."""
    same = earlier[0].id != later[0].id and earlier[0].name == later[0].name
    if same and earlier[1].manifest is None and later[1].manifest is None:
        return NAME, NAME
    return earlier[1].path, later[1].path


def _error(objects: list[tuple[_Declared, _Declared]], earlier_path: Path, path: Path) -> PacificError:
    objects = [pair for pair in objects if pair[1][1].group != PULUMI] or objects
    (earlier, earlier_object), (later, later_object) = objects[0]
    shown = [_text(first[1], second[1]) for first, second in objects[:SHOWN]]
    more = [f"and {len(objects) - SHOWN} more"] if len(objects) > SHOWN else []
    texts = ", ".join([*shown, *more])
    if earlier is later:
        problem = f"{later.id} declares one object twice: {texts}"
    else:
        problem = f"{earlier.id} and {later.id} declare one object: {texts}"
    other = f"{field_of(earlier_object, earlier_path)} at {earlier.place(earlier_path)}"
    fix = f"change {field_of(later_object, path)} here, or {other}"
    return PacificError(problem, place=later.place(path), fix=fix)


def _text(earlier: DeclaredObject, later: DeclaredObject) -> str:
    text = later.text
    if later.content is not None:
        text += f" of {earlier.content!r} and {later.content!r}"
    maker = later.maker or earlier.maker
    return f"{text} (made by {maker})" if maker else text


def field_of(declared: DeclaredObject, path: Path) -> str:
    """The field that gives the object its name, in words."""
    if declared.manifest is not None:
        return f"the manifest of {declared.kind} {declared.name}"
    return dotted(path)
