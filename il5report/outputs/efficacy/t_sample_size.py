"""Sample size: what the planned number of subjects can decide, for several null rates."""

from __future__ import annotations

import polars as pl
from pydantic import model_validator

from il5report.analyse.design import single_stage, single_stage_size
from il5report.ard import Rows, Scope, stats_of
from il5report.display.model import Head, Row
from il5report.display.view import View, percent_value, table, whole
from il5report.output import Context, Needs, Output, Shown
from il5report.outputs.counting import add_column_sizes
from il5report.plan.base import Model


class Options(Model):
    """`N` planned subjects, one-sided `alpha`, `power` wanted; rates under the null hypotheses
    (`p0`) and true rates (`p1`)."""

    N: int
    alpha: float
    power: float
    p0: tuple[float, ...]
    p1: tuple[float, ...]

    @model_validator(mode="after")
    def _above(self) -> Options:
        if max(self.p0) >= min(self.p1):
            raise ValueError("every rate of p1 must be above every rate of p0")
        return self


def needs(ctx: Context) -> Needs:
    return Needs({"ADSL": ["USUBJID"]})


def analyse(ctx: Context, rows: Rows) -> None:
    options = ctx.options(Options)
    add_column_sizes(ctx, rows)
    for column in ctx.columns:
        for p0 in options.p0:
            for p1 in options.p1:
                place = Scope(
                    "design", "ADSL", groups=column.where, column=column.label, group=f"{p0:g}",
                    level=f"{p1:g}",
                )  # fmt: skip
                found = single_stage(options.N, p0, p1, alpha=options.alpha)
                least = single_stage_size(p0, p1, alpha=options.alpha, beta=1 - options.power)
                stats = stats_of(found, ("reject_at", "alpha", "power"))
                smallest = [s._replace(name="least") for s in stats_of(least, ("N",))]
                rows.add(place, "exact one-sided binomial test", [*stats, *smallest])


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(Options), View(ard)
    columns = [c.label for c in ctx.columns]
    top = f"{max(options.p1):g}"
    bands = [(c, p0) for c in columns for p0 in options.p0]
    tests = [view.at("design", c, group=f"{p0:g}", level=top) for c, p0 in bands]
    rows = [
        Row(
            f"Responses of {options.N} that reject",
            tuple(t.cell("{reject_at} or more", {"reject_at": whole}) for t in tests),
        ),
        Row(
            "Exact one-sided type I error, %",
            tuple(t.cell("{alpha}", {"alpha": percent_value}) for t in tests),
        ),
    ]
    for name, label, shown in (
        ("power", f"Exact power with {options.N} subjects, %", percent_value),
        ("least", f"Fewest subjects for a power of {percent_value(options.power)}%", whole),
    ):
        rows.append(Row(label, kind="heading"))
        for p1 in options.p1:
            places = (view.at("design", c, group=f"{p0:g}", level=f"{p1:g}") for c, p0 in bands)
            cells = tuple(p.cell(f"{{{name}}}", {name: shown}) for p in places)
            rows.append(Row(f"True rate {percent_value(p1)}%", cells, 1))
    sizes = {c: view.at("columns", c).count("N") for c in columns}
    heads = [
        Head(f"Null rate {percent_value(p0)}%", span=f"{c} (N={sizes[c]})", align="center")
        for c, p0 in bands
    ]
    return Shown(table([Head(""), *heads], rows))


OUTPUT = Output(
    kind="table",
    title="Sample size",
    analysis_set="SAF",
    needs=needs,
    options=Options,
    analyse=analyse,
    display=display,
    footnotes=(
        "Exact one-sided binomial test. Exact power does not rise evenly with the number of "
        "subjects; the fewest subjects are the first number that reaches it.",
    ),
)
