"""Response at each visit: of the subjects assessed there, and of all subjects."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from il5report.ard import Rows, Scope, counted
from il5report.conditions import both, equals, of_dataset
from il5report.display.model import Row
from il5report.display.view import View, table
from il5report.output import Context, Needs, Output, Shown
from il5report.outputs.counting import METHOD, add_column_sizes, column_sizes
from il5report.outputs.efficacy.t_response_rate import add_rate, limits, ratio
from il5report.outputs.selection import Selection
from il5report.plan.base import Model, Text, Where


class Options(Model):
    """`assessed`: the evaluable assessments of ADRS; `response` within them; `visits` (AVISIT).
    `none`: what is said where no assessment at all is a response. `of_all`: also of all subjects,
    where who is not assessed counts as without response; else those not assessed are counted, and
    `assessed_word` is what is done with the others."""

    dataset: Text = "ADRS"
    assessed: Where
    response: Where
    visits: tuple[str, ...]
    none: str = ""
    of_all: bool = True
    assessed_word: Text = "assessed"


ASSESSED, ALL, NOT = "of assessed", "of all", "not assessed"


def needs(ctx: Context) -> Needs:
    options = ctx.options(Options)
    conditions = [(options.dataset, options.assessed), (options.dataset, options.response)]
    return Needs({options.dataset: ["USUBJID", "AVISIT"]}, conditions)


def analyse(ctx: Context, rows: Rows) -> None:
    options = ctx.options(Options)
    add_column_sizes(ctx, rows)
    selection, sizes = Selection(ctx, needs(ctx)), column_sizes(ctx)
    having = selection[options.dataset].subjects
    for visit in options.visits:
        of = both(options.assessed, equals("AVISIT", visit))
        where = both(both(options.assessed, options.response), equals("AVISIT", visit))
        counts = selection.counts(having(where)), selection.counts(having(of))
        for column, n, seen in zip(ctx.columns, *counts, strict=True):
            everyone = sizes[column.label]
            scope = Scope(
                ASSESSED, options.dataset, where, column.where, of=of, of_dataset=options.dataset,
                column=column.label, variable="AVISIT", level=visit,
            )  # fmt: skip
            add_rate(ctx, rows, scope, n, seen)
            if options.of_all:
                of_all = replace(scope, analysis=ALL, of=None, of_dataset="ADSL")
                add_rate(ctx, rows, of_all, n, everyone)
                continue
            rest = Scope(
                NOT, "ADSL", None, column.where, of_dataset(of, options.dataset),
                column=column.label, variable="AVISIT", level=visit,
            )  # fmt: skip
            rows.add(rest, METHOD, counted(everyone - seen, everyone))


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(Options), View(ard)
    columns = [c.label for c in ctx.columns]
    rows = []
    for visit in options.visits:
        rows.append(Row(visit.capitalize() if visit.isupper() else visit, kind="heading"))
        rows += _lines(view, columns, ASSESSED, f"Of those {options.assessed_word}", visit)
        if options.of_all:
            rows += _lines(view, columns, ALL, "Of all subjects", visit)
            continue
        places = (view.at(NOT, c, variable="AVISIT", level=visit) for c in columns)
        label = f"Not {options.assessed_word}, n (%)"
        rows.append(Row(label, tuple(p.n_percent() for p in places), indent=1))
    heads = view.column_heads(columns, "Visit, n/N (%)")
    found = view.only(ASSESSED, stat_name="n")["stat"].sum()
    none = (options.none,) if options.none and not found else ()
    return Shown(table(heads, rows), (_denominators(options), *none))


def _denominators(options: Options) -> str:
    word = options.assessed_word
    who = "All: every subject" if options.of_all else f"Not {word}: all others"
    return (
        f"{word.capitalize()}: with an evaluable result of the visit. {who} of the column, also "
        "those who died or left before the visit or had not reached it at the data cut-off."
    )


def _lines(view: View, columns: list[str], analysis: str, label: str, visit: str) -> list[Row]:
    """The rate and its interval, column by column."""
    places = [view.at(analysis, c, variable="AVISIT", level=visit) for c in columns]
    rate = Row(label, tuple(map(ratio, places)), indent=1)
    return [rate, Row("Confidence interval, %", tuple(map(limits, places)), indent=2)]


OUTPUT = Output(
    kind="table",
    title="Response by visit",
    analysis_set="SAF",
    needs=needs,
    options=Options,
    analyse=analyse,
    display=display,
    footnotes=("Interval: two-sided {conf}, {proportion_ci}. {infusion_day}",),
)
