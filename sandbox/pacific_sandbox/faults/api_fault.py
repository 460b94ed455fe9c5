"""One declared fault of an API: which requests it meets, and what happens to them. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from fnmatch import fnmatchcase
from typing import Any, Final, Self

from pacific_infra.errors import PacificError

APIS: Final[Mapping[str, str]] = {
    "rest": "vCenter's REST API",
    "soap": "vCenter's SOAP API; the path of a request is /sdk/OPERATION, for example /sdk/CreateVM_Task",
    "kubernetes": "the Kubernetes API of the Supervisors, through their address",
}
EFFECTS: Final[Mapping[str, str]] = {
    "slow": "answered after a while",
    "fail": "refused with a status, not carried out",
    "limit": "refused with 429 and Retry-After, not carried out",
    "hang": "never answered, not carried out",
    "lose": "carried out, but the connection is closed instead of an answer",
}
_WORDS: Final[Mapping[str, str]] = {
    "slow": "slow by {value} s",
    "fail": "fails with {value}",
    "limit": "429, Retry-After {value}",
    "hang": "hangs",
    "lose": "answer lost after the commit",
}


@dataclass(frozen=True)
class _Range:
    label: str
    least: float
    most: float

    def allows(self, value: float | None) -> bool:
        return value is not None and self.least <= value <= self.most

    def __str__(self) -> str:
        return f"{self.label}, {self.least:g} to {self.most:g}"


_VALUES: Final[Mapping[str, _Range]] = {
    "slow": _Range("seconds", 0.001, 3600),
    "fail": _Range("a status", 400, 599),
    "limit": _Range("seconds of Retry-After", 0, 3600),
}


@dataclass(frozen=True)
class ApiRequest:
    """What a fault sees of a request."""

    api: str
    method: str
    path: str
    """Without the query."""


@dataclass(frozen=True)
class ApiFault:
    """A fault, in force until it is cleared or has been applied ``count`` times. Raises PacificError for bad values."""

    id: str
    api: str
    effect: str
    method: str = "*"
    path: str = "*"
    """A pattern of ``fnmatch``: ``*`` stands for anything, slashes too."""
    value: float | None = None
    """For ``slow`` and ``limit``: seconds, how late and of Retry-After. For ``fail``: the status."""
    count: int | None = None
    probability: float = 1.0
    """How probable it is for each request that it matches."""
    seed: int = 0
    """The same seed and the same requests: the same ones are met."""

    def __post_init__(self) -> None:
        problem = self._problem()
        if problem is not None:
            message, value, allowed = problem
            raise PacificError(message, place=f"fault {self.id}", value=value, allowed=allowed)

    @classmethod
    def from_json(cls, value: Any) -> Self:
        """Read a declaration back. Raises PacificError."""
        names = {field.name: field for field in fields(cls)}
        if not isinstance(value, dict) or not value.keys() <= names.keys():
            raise PacificError("not a fault of an API", value=value, allowed=list(names))
        try:
            return cls(**value)
        except TypeError as error:
            raise PacificError("not a fault of an API", value=value, fix=str(error)) from None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def meets(self, request: ApiRequest) -> bool:
        """Whether ``request`` is one of those that this fault is for."""
        return self.api == request.api and self.method in ("*", request.method) and fnmatchcase(request.path, self.path)

    @property
    def status(self) -> int:
        """The status code of the answer of ``fail``."""
        return round(self.value or 0)

    def text(self) -> str:
        """In words, for people."""
        effect = _WORDS[self.effect].format(value=f"{self.value or 0:g}")
        often = f", {self.probability:.0%} of them (seed {self.seed})" if self.probability < 1 else ""
        times = f", {self.count} times" if self.count is not None else ""
        return f"{self.api} {self.method} {self.path}: {effect}{often}{times}"

    def _problem(self) -> tuple[str, Any, Any] | None:
        if self.effect not in EFFECTS:
            return "no such effect", self.effect, list(EFFECTS)
        value = _VALUES.get(self.effect)
        checks = (
            (self.api in APIS, "no such API", self.api, list(APIS)),
            (
                self.method == "*" or (self.method.isalpha() and self.method.isupper()),
                "not a method",
                self.method,
                "GET, POST, PUT, PATCH, DELETE or *",
            ),
            (self.path.startswith(("/", "*")), "not a pattern of a path", self.path, "/... or *..."),
            (value is not None or self.value is None, f"{self.effect} takes no value", self.value, None),
            (value is None or value.allows(self.value), f"{self.effect} needs a value", self.value, str(value)),
            (self.count is None or self.count > 0, "not a count", self.count, "1 or more"),
            (0 < self.probability <= 1, "not a probability", self.probability, "more than 0, up to 1"),
        )
        return next(((message, value, allowed) for holds, message, value, allowed in checks if not holds), None)
