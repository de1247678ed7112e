"""Agreement of two assessors: pairs of responses, share of equal ones, kappa."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from il5report.analyse.agreement import Kappa, kappa
from il5report.ard import Rows, Scope, Stat, counted, stats_of
from il5report.conditions import Comparison, Condition, both, equals, of_dataset
from il5report.display.model import Row
from il5report.display.view import View, fixed_of, percent_value, table, whole
from il5report.output import Column, Context, Needs, Output, Shown
from il5report.outputs.counting import METHOD, add_column_sizes, one_per_subject
from il5report.plan.base import Model, Text, Where


class Options(Model):
    """`first` and `second`: the one record of each assessor per subject, with their names;
    `levels`: values of AVALC, best first, with labels."""

    dataset: Text = "ADRS"
    first: Where
    first_label: Text = "Investigator"
    second: Where
    second_label: Text = "Review"
    levels: dict[str, str]


ALL_AGREE = "every pair agrees: no variance"


def needs(ctx: Context) -> Needs:
    options = ctx.options(Options)
    conditions = [(options.dataset, options.first), (options.dataset, options.second)]
    return Needs({options.dataset: ["USUBJID", "AVALC"]}, conditions)


def _pairs(ctx: Context, options: Options) -> pl.DataFrame:
    """USUBJID, FIRST, SECOND of the subjects whom both have assessed."""
    found = []
    for name, where in (("FIRST", options.first), ("SECOND", options.second)):
        records = ctx.records(options.dataset, where, keep=("AVALC",))
        one_per_subject(ctx, records, options.dataset)
        found.append(records.select("USUBJID", pl.col("AVALC").alias(name)).drop_nulls())
    return found[0].join(found[1], on="USUBJID", how="inner")


def analyse(ctx: Context, rows: Rows) -> None:
    options = ctx.options(Options)
    add_column_sizes(ctx, rows)
    pairs = _pairs(ctx, options)
    held = {*pairs["FIRST"], *pairs["SECOND"]}
    levels = [*options.levels, *sorted(held - set(options.levels))]
    shown = set(pairs.select("FIRST", "SECOND").rows())
    for column in ctx.columns:
        mine = pairs.join(ctx.in_column(column), on="USUBJID", how="semi")
        both_of = mine.select("FIRST", "SECOND").rows()
        for first in levels:
            for second in levels:
                if (first, second) in shown:
                    n = both_of.count((first, second))
                    scope = _scope(options, first, second, column)
                    rows.add(scope, METHOD, counted(n, mine.height))
        counts = [[both_of.count((a, b)) for b in levels] for a in levels]
        found = kappa(counts, conf_level=ctx.plan.conventions.conf_level)
        scope = Scope(
            "agreement", options.dataset, options.first, column.where,
            of=given(options), of_dataset=options.dataset, column=column.label,
        )  # fmt: skip
        rows.add(scope, "Cohen's kappa", _stats(found))


def _stats(found: Kappa) -> list[Stat]:
    """An interval of width 0 would promise what no sample can: none where every pair agrees."""
    stats = stats_of(found, ("N", "agreement", "kappa", "lower", "upper"))
    if found.agreement != 1:
        return stats
    limits = ("lower", "upper")
    return [s._replace(value=None, reason=ALL_AGREE) if s.name in limits else s for s in stats]


def given(options: Options) -> Condition:
    """A response by the first assessor."""
    return both(options.first, Comparison("AVALC", "NE", ()))


def _scope(options: Options, first: str, second: str, column: Column) -> Scope:
    """A pair: the record of the first, without another response of the second."""
    other = both(options.second, Comparison("AVALC", "NE", (second,)))
    return Scope(
        "pair", options.dataset, both(options.first, equals("AVALC", first)),
        column.where, of_dataset(other, options.dataset), of=given(options),
        of_dataset=options.dataset, column=column.label, group=first, variable="AVALC",
        level=second,
    )  # fmt: skip


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(Options), View(ard)
    columns = [c.label for c in ctx.columns]
    places = [view.at("agreement", c) for c in columns]
    shares = {"agreement": percent_value, "N": whole}
    kappas = dict.fromkeys(("kappa", "lower", "upper"), fixed_of(2))
    rows = [
        Row("Same response, % of N", tuple(p.cell("{agreement} of {N}", shares) for p in places)),
        Row(
            f"Kappa ({ctx.words['conf']} CI)",
            tuple(p.cell("{kappa} ({lower}, {upper})", kappas) for p in places),
        ),
        *_pair_rows(view, columns, options),
    ]
    return Shown(table(view.column_heads(columns), rows))


def _pair_rows(view: View, columns: Sequence[str], options: Options) -> list[Row]:
    """Under each response of the first assessor those of the second."""
    rows: list[Row] = []
    pairs = view.only("pair").select("group", "level").unique(maintain_order=True).rows()
    for first, second in pairs:
        head = f"{options.first_label}: {options.levels.get(first, first)}"
        if not rows or (first, second) == next(p for p in pairs if p[0] == first):
            rows.append(Row(head, kind="heading"))
        cells = tuple(
            view.at("pair", c, group=first, variable="AVALC", level=second).n_percent()
            for c in columns
        )
        label = f"{options.second_label}: {options.levels.get(second, second)}"
        rows.append(Row(label, cells, indent=1))
    return rows


OUTPUT = Output(
    kind="table",
    title="Agreement of investigator and independent review",
    analysis_set="SAF",
    needs=needs,
    options=Options,
    analyse=analyse,
    display=display,
    footnotes=(
        "Subjects whom both have assessed; pairs that nobody has are not shown. Cohen's kappa with "
        "a {conf} normal interval.",
    ),
)
