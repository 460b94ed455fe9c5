"""The one error that the product raises on purpose: it names the place, the value, what is allowed and the fix."""

import re
from collections.abc import Sequence

_PASSWORD = re.compile(
    # Of a database also where it is not written as a URL has to be.
    r"(\b(?:postgres|postgresql)://[^\s/:@'\"]*):[^\s'\"]*@|(\b[a-z][a-z0-9+.-]*://[^\s/:@'\"]*):[^\s/'\"]*@"
)
_ARGUMENT = re.compile(r"([?&](?:ssl)?password=)[^&\s'\"]+")
"""A password in a URL: before the host, and as an argument."""


def without_passwords(text: str) -> str:
    """``text`` with the password of each URL in it replaced: what the engine says of a backend has the whole URL."""
    return _ARGUMENT.sub(r"\1***", _PASSWORD.sub(r"\1\2:***@", text))


class PacificError(Exception):
    """A problem that the user can fix.

    ``problem`` is one clause, lower case, without a period. ``place`` is ``file:line`` or a property path, ``value``
    the value received, ``allowed`` what would be valid, ``fix`` what to change or the command that helps. Its text is
    ``place: problem: got 'value'; allowed: a, b; fix: ...``, without the parts that are absent. Passwords in URLs are
    not shown.
    """

    def __init__(
        self,
        problem: str,
        *,
        place: str | None = None,
        value: object = None,
        allowed: str | Sequence[str] | None = None,
        fix: str | None = None,
    ) -> None:
        self.problem = without_passwords(problem)
        self.place = place and without_passwords(place)
        self.value = without_passwords(value) if isinstance(value, str) else value
        self.allowed = allowed if allowed is None or isinstance(allowed, str) else ", ".join(allowed)
        self.fix = fix and without_passwords(fix)
        super().__init__(self._text())

    def _text(self) -> str:
        text = f"{self.place}: {self.problem}" if self.place else self.problem
        details = []
        if self.value is not None:
            shown = str(self.value).lower() if isinstance(self.value, bool) else repr(self.value)
            details.append(f"got {shown}")
        if self.allowed:
            details.append(f"allowed: {self.allowed}")
        if self.fix:
            details.append(f"fix: {self.fix}")
        return f"{text}: {'; '.join(details)}" if details else text


class PacificErrors(PacificError):
    """Several problems reported together, one line each, so that the user can fix them all at once."""

    def __init__(self, errors: Sequence[PacificError]) -> None:
        self.errors = tuple(errors)
        super().__init__("\n".join(str(error) for error in errors))
