"""Where work is done that needs no data: figures drawn and the PDF made while the rest goes on."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
MOST = 3


class Here(Executor):
    """Does the work at once, in this process."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        done: Future[T] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


HERE = Here()


def others() -> int:
    """How many processes there are beside this one."""
    return min((os.cpu_count() or 1) - 1, MOST)


@contextmanager
def workers() -> Iterator[Executor]:
    """Processes on the machine's other cores; without other cores, this process.

    The results are the same either way. What is not begun is dropped when an error ends the run.
    """
    collect_seldom()
    cores = os.cpu_count() or 1
    if cores < 2:
        yield HERE
        return
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    # spawned, not forked: the threads of polars do not survive a fork
    made = ProcessPoolExecutor(others(), mp_context=get_context("spawn"))
    try:
        made.submit(_ready)  # imports run while the data are read
        yield made
    finally:
        made.shutdown(cancel_futures=True)


def collect_seldom() -> None:
    """Most of what a report makes lives to its end; looking for garbage takes long."""
    gc.set_threshold(50_000, 50, 50)


def _ready() -> None:
    """Load what drawing and the second computation of survival need."""
    collect_seldom()
    import lifelines  # noqa: F401
    import matplotlib.figure  # noqa: F401

    import il5report.display.plot
    import il5report.output  # noqa: F401
