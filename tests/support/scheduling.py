"""Which file a process of pytest-xdist takes next."""

from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController


class BothEnds(LoadFileScheduling):
    """Each file in one process, in the order of their names; the last process begins at the end of them.

    Tests of sandboxes come first and mostly wait. Unit tests come last and wait for nothing, so they use the computer
    meanwhile.
    """

    def _assign_work_unit(self, node: WorkerController) -> None:
        if node.gateway.id == f"gw{self.numnodes - 1}":
            self.workqueue.move_to_end(next(reversed(self.workqueue)), last=False)
        super()._assign_work_unit(node)

    def _reschedule(self, node: WorkerController) -> None:
        """Give it a file once it has nothing after the test that it runs; more in store would keep others idle."""
        if self._pending_of(self.assigned_work[node]) < 2:
            super()._reschedule(node)
