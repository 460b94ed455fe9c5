"""The one error that the product raises on purpose: it names the place, the value, what is allowed and the fix."""

from collections.abc import Sequence


class PacificError(Exception):
    """A problem that the user can mend.

    ``what`` is one clause, lower case, without a period. ``place`` is ``file:line`` or a property path, ``value`` the
    value given, ``allowed`` what would be right, ``fix`` what to change or the command that helps. Its text is
    ``place: what: got 'value'; allowed: a, b; fix: ...`` with the absent parts left out.
    """

    def __init__(
        self,
        what: str,
        *,
        place: str | None = None,
        value: object = None,
        allowed: str | Sequence[str] | None = None,
        fix: str | None = None,
    ) -> None:
        self.what = what
        self.place = place
        self.value = value
        self.allowed = allowed if allowed is None or isinstance(allowed, str) else ", ".join(allowed)
        self.fix = fix
        super().__init__(self._text())

    def _text(self) -> str:
        text = f"{self.place}: {self.what}" if self.place else self.what
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
    """Several problems found in one go, so that the user mends them all at once; one line each."""

    def __init__(self, errors: Sequence[PacificError]) -> None:
        self.errors = tuple(errors)
        super().__init__("\n".join(str(error) for error in errors))
