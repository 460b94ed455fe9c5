"""A value that is known only while a program runs, in the place of a field of a model: no rule says anything of it."""

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, TypeVar

Result = TypeVar("Result")


class Unknown:
    """Stands for ``value`` while the rules of a model run.

    It is given, but equal to nothing, above and below nothing, and holds nothing: what a rule would say of it, it does
    not say. Its attributes are unknown too.
    """

    def __init__(self, value: object) -> None:
        self.value = value

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *_arguments: object, **_keywords: object) -> "Unknown":
        return self

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __bool__(self) -> bool:
        return True

    def __hash__(self) -> int:
        return id(self)

    def _is_not(self, _other: object) -> bool:
        return False

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _is_not

    def _unknown(self, *_others: object) -> "Unknown":
        return self

    __add__ = __radd__ = __mod__ = __rmod__ = __sub__ = __rsub__ = _unknown


def unknown_of_unknown(function: Callable[[str], Result]) -> Callable[[str], Result]:
    """``function``, which of an unknown text gives what is unknown too."""

    @wraps(function)
    def known(text: str) -> Any:
        return text if isinstance(text, Unknown) else function(text)

    return known
