"""One task after another, or several at once in other processes."""

import signal
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from typing import TypeVar

from anacrusis.compose.errors import DataError

Progress = Callable[[str, int, int], None]
"""Called with what is being done, tasks done and tasks in all."""
_AHEAD = 16
"""Tasks that wait for each process: none is idle while one before it takes long."""

Task = TypeVar("Task")
Result = TypeVar("Result")


def over_all(
    work: Callable[[Task], Result],
    tasks: Sequence[Task],
    label: str,
    workers: int = 1,
    progress: Progress | None = None,
    done: int = 0,
) -> list[Result]:
    """Apply `work` to every task; the results in the order of the tasks.

    workers: processes; with 1 the work is done here. done: tasks that were done before, counted as
    progress. On an error or Ctrl-C the tasks that wait are dropped. Raises `DataError` where a
    process is killed.
    """
    found: list[Result] = []

    def take(result: Result) -> None:
        found.append(result)
        if progress:
            progress(label, done + len(found), done + len(tasks))

    if progress:
        progress(label, done, done + len(tasks))
    if workers <= 1 or len(tasks) <= 1:
        for task in tasks:
            take(work(task))
        return found
    pool = ProcessPoolExecutor(min(workers, len(tasks)), initializer=_end_on_interrupt)
    try:
        waiting = iter(tasks)
        running: deque[Future[Result]] = deque(
            pool.submit(work, task) for task in islice(waiting, _AHEAD * workers)
        )
        while running:
            take(running.popleft().result())
            running.extend(pool.submit(work, task) for task in islice(waiting, 1))
    except BrokenProcessPool as error:
        raise DataError(
            f"a process was killed while {len(tasks)} tasks were done ({label}), perhaps for want "
            "of memory; run it again with fewer workers (--workers 1): what was done is kept"
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)
    return found


def _end_on_interrupt() -> None:
    """Let Ctrl-C, which reaches every process of a terminal, end this one at once and silently."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
