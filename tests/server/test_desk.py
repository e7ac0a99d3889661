"""The desk's thread: that it ends as it should. What it serves is tested with its doors."""

from collections.abc import Callable
from time import sleep

from tremble.server.desk import Desk


class Interrupted(Desk):
    """A desk whose thread is woken, and has done what there is, just before each of our tasks."""

    def later(self, task: Callable[[], None]) -> None:
        super().later(lambda: None)
        sleep(0.05)
        super().later(task)


def test_thread_that_is_awake_at_the_end() -> None:
    """Closing passes on the last tasks, also while the thread looks around for another reason."""
    done: list[int] = []
    desk = Interrupted(lambda: None)
    desk.start([])
    desk.later(lambda: done.append(1))

    desk.close()

    assert done == [1]
