"""Bayesian stopping boundaries for toxicity, and where the trial stands against them."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from il5report.analyse.boundaries import Boundary, boundary_characteristics
from il5report.analyse.monitoring import posterior
from il5report.ard import Rows, Scope, counted, stats_of
from il5report.display.model import Cell, Row
from il5report.display.view import View, percent_value, table, whole
from il5report.output import Context, Output, Shown
from il5report.outputs.counting import METHOD, add_column_sizes
from il5report.outputs.stopping import (
    StoppingOptions,
    StoppingRule,
    add_boundary,
    boundary_of,
    needs,
    note,
)


def analyse(ctx: Context, rows: Rows) -> None:
    options = ctx.options(StoppingOptions)
    add_column_sizes(ctx, rows)
    for rule in options.rules:
        boundary = boundary_of(options, rule)
        found = ctx.records(rule.dataset, rule.event, keep=("USUBJID",))
        method = f"beta({rule.prior[0]:g}, {rule.prior[1]:g}) prior"
        for column in ctx.columns:
            subjects = ctx.in_column(column)
            n, size = subjects.join(found, on="USUBJID", how="semi").height, subjects.height
            scope = Scope(
                "observed", rule.dataset, rule.event, column.where, column=column.label,
                group=rule.label,
            )  # fmt: skip
            rows.add(scope, METHOD, counted(n, size))
            after = posterior(n, size, threshold=rule.limit, prior=rule.prior)
            rows.add(scope, method, stats_of(after, ("exceeds",)))
            add_boundary(rows, rule, boundary, column.label)
            _chances(rows, options, rule, boundary, column.label)


def _chances(
    rows: Rows, options: StoppingOptions, rule: StoppingRule, boundary: Boundary, column: str
) -> None:
    """The chance to stop at true rates."""
    for rate in options.rates:
        found = boundary_characteristics(boundary, rate)
        place = Scope("chance", "ADSL", column=column, group=rule.label, level=f"{rate:g}")
        rows.add(place, "toxicity boundary", stats_of(found, ("stop", "expected_N")))


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(StoppingOptions), View(ard)
    names, rows = [c.label for c in ctx.columns], list[Row]()
    for rule in options.rules:
        rows.append(Row(rule.label, kind="heading"))
        rows += _standing(options, rule, view, names)
        rows.append(Row("Number of subjects, and of events that stop", kind="heading", indent=1))
        rows += [_run(view, rule, run, names) for run in _runs(options, rule, view, names[0])]
        if options.rates:
            rows.append(Row("True rate: chance to stop, %; expected N", kind="heading", indent=1))
        for rate in options.rates:
            found = (view.at("chance", c, group=rule.label, level=f"{rate:g}") for c in names)
            show = {"stop": percent_value, "expected_N": whole}
            cells = tuple(f.cell("{stop}; {expected_N}", show) for f in found)
            rows.append(Row(f"{percent_value(rate)}%", cells, indent=2))
    return Shown(table(view.column_heads(names), rows), tuple(map(note, options.rules)))


def _standing(
    options: StoppingOptions, rule: StoppingRule, view: View, names: list[str]
) -> Iterator[Row]:
    """Where the trial stands now."""
    seen = [view.at("observed", c, group=rule.label) for c in names]
    yield Row("Subjects with event, n/N", tuple(s.n_of_total() for s in seen), indent=1)
    label = f"Probability that the rate exceeds {percent_value(rule.limit)}%, %"
    show = {"exceeds": percent_value}
    yield Row(label, tuple(s.cell("{exceeds}", show) for s in seen), indent=1)
    cells = []
    for name, s in zip(names, seen, strict=True):
        at = view.at("boundary", name, group=rule.label, level=str(s.count("N")))
        limit = at.value("count") if at else None
        text = "Crossed" if limit is not None and s.count("n") >= limit else "Not crossed"
        refs = (*s.refs("n", "N"), *(at.refs("count") if at else ()))
        cells.append(Cell(text if at else "No look at this number", refs=refs))
    yield Row("Boundary", tuple(cells), indent=1)


def _runs(options: StoppingOptions, rule: StoppingRule, view: View, name: str) -> list[list[int]]:
    """Numbers of subjects in a row that the same number of events stops."""
    runs: list[list[int]] = []
    last: object = ()
    for size in range(rule.first, options.max_N + 1):
        count = view.at("boundary", name, group=rule.label, level=str(size)).value("count")
        if count == last:
            runs[-1].append(size)
        else:
            runs.append([size])
        last = count
    return runs


def _run(view: View, rule: StoppingRule, run: list[int], names: list[str]) -> Row:
    cells = []
    for name in names:
        found = [view.at("boundary", name, group=rule.label, level=str(size)) for size in run]
        count = found[0].value("count")
        refs = tuple(ref for f in found for ref in f.refs("count"))
        cells.append(Cell("None" if count is None else f"{whole(count)} or more", refs=refs))
    label = str(run[0]) if len(run) == 1 else f"{run[0]} to {run[-1]}"
    return Row(label, tuple(cells), indent=2)


OUTPUT = Output(
    kind="table",
    title="Stopping boundaries for toxicity",
    analysis_set="DLT",
    needs=needs,
    options=StoppingOptions,
    analyse=analyse,
    display=display,
)
