"""Where work is done; that it gives the same is tested with the report."""

from __future__ import annotations

import pytest

from il5report import workers


def test_a_fault_elsewhere_ends_the_run() -> None:
    with pytest.raises(ValueError, match="invalid literal"), workers.workers() as executor:
        executor.submit(int, "x").result()


def test_one_core_does_it_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers.os, "cpu_count", lambda: 1)
    with workers.workers() as executor:
        assert executor is workers.HERE
        assert executor.submit(divmod, 7, 2).result() == (3, 1)
