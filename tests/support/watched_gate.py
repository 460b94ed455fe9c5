"""A gate of a run that says when the run has come to it."""

from threading import Event

from pacific_infra.record.gate import Gate


class WatchedGate(Gate):
    """Its event ``reached`` is set once somebody waits."""

    def __init__(self) -> None:
        super().__init__()
        self.reached = Event()

    def passes(self) -> bool:
        self.reached.set()
        return super().passes()
