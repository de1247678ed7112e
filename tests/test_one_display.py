"""Numbers made later and displays made elsewhere are those made at once."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from concurrent.futures import Executor, Future
from functools import partial
from typing import Any

import pytest

from il5report.ard import Rows, Scope, Stat
from il5report.one_display import Making, analysed, numbered, place_of, shown_by
from il5report.report import Checked, shown


class Elsewhere(Executor):
    """Sends what it is given as another process would get it, and does it when told to."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Future[Any], bytes]] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.waiting.append((future, pickle.dumps(partial(fn, *args, **kwargs))))
        return future

    def work(self) -> None:
        """Everything that waits."""
        for future, sent in self.waiting:
            if future.set_running_or_notify_cancel():
                future.set_result(pickle.loads(sent)())
        self.waiting.clear()


def made(scope: Scope, *values: float) -> tuple[Scope, str, list[Stat]]:
    return scope, "by hand", [Stat(f"s{v:g}", f"S{v:g}", v) for v in values]


def test_later_numbers_stand_where_they_were_added() -> None:
    rows = Rows()
    rows.add(*made(Scope("first", "ADSL"), 1.0))
    rows.add_later(2, partial(made, Scope("second", "ADSL"), 2.0, 3.0))
    rows.add(*made(Scope("third", "ADSL"), 4.0))
    assert rows.slow
    assert len(rows) == 4
    frame = rows.frame()
    assert frame["stat"].to_list() == [1.0, 2.0, 3.0, 4.0]
    assert frame["analysis"].to_list() == ["first", "second", "second", "third"]
    assert not Rows().slow
    assert Rows().frame().height == 0


def test_not_as_many_as_was_said() -> None:
    rows = Rows()
    rows.add_later(1, partial(made, Scope("a", "ADSL"), 1.0, 2.0))
    with pytest.raises(AssertionError, match="not as many"):
        rows.frame()


@pytest.mark.parametrize(
    "key", ["f_os", "t_os", "t_cox_os", "f_crs_duration", "t_demography", "l_deaths"]
)
def test_made_elsewhere_is_made_here(demo_checked: Checked, key: str) -> None:
    ctx = next(c for c in demo_checked.contexts if c.id == key)
    ard = numbered(analysed(ctx), place_of(ctx, 7))
    here = shown_by(ctx, ard)
    executor = Elsewhere()
    rows = analysed(ctx)
    making = Making(ctx, rows, 7, executor)
    assert len(rows) == ard.height
    assert bool(executor.waiting) == (rows.slow or ctx.output.kind == "figure")
    while executor.waiting:
        executor.work()
        making.go_on()
    found, display = making.result()
    assert found.equals(ard)
    assert display == here


def test_what_nobody_begins_is_drawn_here(demo_checked: Checked) -> None:
    ctx = next(c for c in demo_checked.contexts if c.id == "f_crs_days")
    executor = Elsewhere()
    making = Making(ctx, analysed(ctx), 1, executor)
    making.hurry()
    executor.work()
    ard, display = making.result()
    assert display == shown_by(ctx, ard)


def test_rows_are_numbered_through_whatever_is_late(demo_checked: Checked) -> None:
    wanted = ("t_demography", "f_os", "t_os", "t_ae_overview")
    contexts = [c for c in demo_checked.contexts if c.id in wanted]
    ard, displays = shown(contexts)
    assert ard["row"].to_list() == list(range(1, ard.height + 1))
    assert ard["output"].unique(maintain_order=True).to_list() == [c.id for c in contexts]
    assert len(displays) == 4
