"""Interim looks: predictive probability that the completed trial is a success, by prior."""

from __future__ import annotations

import polars as pl

from il5report.analyse.monitoring import predictive_probability
from il5report.ard import Rows, Scope, stats_of
from il5report.display.model import Row
from il5report.display.view import View, percent_value, table, whole
from il5report.output import Context, Needs, Output, Shown
from il5report.outputs import designs
from il5report.outputs.counting import add_column_sizes

NOT_REACHED = "the look is not reached"


class Options(designs.ResponseOptions):
    """Success: with `N` subjects the posterior probability of a rate above `p0` is greater than
    `theta`. `looks`: numbers of subjects, in the order of entry."""

    N: int
    p0: float
    theta: float
    looks: tuple[int, ...]
    priors: tuple[designs.Prior, ...]


def needs(ctx: Context) -> Needs:
    return designs.needs(ctx.options(Options))


def analyse(ctx: Context, rows: Rows) -> None:
    options = ctx.options(Options)
    add_column_sizes(ctx, rows)
    for column in ctx.columns:
        for look in options.looks:
            seen = designs.first(ctx, options, column, look)
            place = Scope("look", "ADSL", groups=column.where, column=column.label, level=str(look))
            designs.add_responded(rows, options, place, seen)
            for prior in options.priors:
                found = predictive_probability(
                    seen.n, seen.total, max_N=options.N, p0=options.p0, theta=options.theta,
                    prior=(prior.a, prior.b),
                )  # fmt: skip
                stats = stats_of(found, ("posterior", "probability", "responses_needed"))
                if seen.total < look:
                    stats = [
                        s if s.name == "responses_needed" else
                        s._replace(value=None, reason=NOT_REACHED) for s in stats
                    ]  # fmt: skip
                scope = Scope(
                    "interim", options.dataset, options.response, column.where,
                    column=column.label, group=prior.label, level=str(look),
                )  # fmt: skip
                rows.add(scope, f"beta({prior.a:g}, {prior.b:g}) prior", stats)


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(Options), View(ard)
    columns, null = [c.label for c in ctx.columns], percent_value(options.p0)
    rows = [Row(f"Responses of {options.N} that are a success", kind="heading")]
    first = str(options.looks[0])
    for prior in options.priors:
        places = (view.at("interim", c, group=prior.label, level=first) for c in columns)
        shown = {"responses_needed": whole}
        cells = tuple(p.cell("{responses_needed} or more", shown) for p in places)
        rows.append(Row(prior.said, cells, 1))
    for look in options.looks:
        seen = (view.at("look", c, level=str(look)) for c in columns)
        rows.append(
            Row(f"First {look} subjects: responses, n/N", tuple(s.n_of_total() for s in seen))
        )
        for name, label in (
            ("posterior", f"Posterior probability of a rate above {null}%, %"),
            ("probability", f"Predictive probability of success with {options.N}, %"),
        ):
            rows.append(Row(label, kind="heading", indent=1))
            for prior in options.priors:
                places = (
                    view.at("interim", c, group=prior.label, level=str(look)) for c in columns
                )
                cells = tuple(p.cell(f"{{{name}}}", {name: percent_value}) for p in places)
                rows.append(Row(prior.said, cells, 2))
    note = (
        f"Success: with {options.N} subjects, a posterior probability above "
        f"{percent_value(options.theta)}% of a rate above {null}%."
    )
    return Shown(table(view.column_heads(columns), rows), (note,))


OUTPUT = Output(
    kind="table",
    title="Interim looks",
    analysis_set="SAF",
    needs=needs,
    options=Options,
    analyse=analyse,
    display=display,
    footnotes=("Subjects in the order of infusion. NE: the look is not reached.",),
)
