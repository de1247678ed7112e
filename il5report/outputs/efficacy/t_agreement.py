"""Agreement of two assessors: pairs of responses, share of equal ones, kappa."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from il5report.analyse.agreement import Kappa, kappa
from il5report.ard import Rows, Scope, Stat, counted, stats_of
from il5report.conditions import Comparison, Condition, both, equals, of_dataset
from il5report.display.model import Row
from il5report.display.view import Numbers, View, fixed_of, percent_value, table, whole
from il5report.output import Column, Context, Needs, Output, Shown
from il5report.outputs.cells import cells
from il5report.outputs.counting import METHOD, add_column_sizes, one_per_subject
from il5report.plan.base import Model, Text, Where


class Options(Model):
    """`first` and `second`: the one record of each assessor per subject, with their names;
    `levels`: values of AVALC, best first, with labels. `agreement` false: two findings on
    different scales, of which only the pairs are shown."""

    dataset: Text = "ADRS"
    first: Where
    first_label: Text = "Investigator"
    second: Where
    second_label: Text = "Review"
    levels: dict[str, str]
    agreement: bool = True


ALL_AGREE = "every pair agrees: no variance"
KAPPA = "Cohen's kappa with a {} normal interval, cut at -1 and 1."


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
    who = Comparison("USUBJID", "IN", tuple(pairs["USUBJID"].sort()))
    for column in ctx.columns:
        mine = pairs.join(ctx.in_column(column), on="USUBJID", how="semi")
        both_of = mine.select("FIRST", "SECOND").rows()
        for first in levels:
            for second in levels:
                if (first, second) in shown:
                    n = both_of.count((first, second))
                    scope = _scope(options, (first, second), column, who)
                    rows.add(scope, METHOD, counted(n, mine.height))
        counts = [[both_of.count((a, b)) for b in levels] for a in levels]
        found = kappa(counts, conf_level=ctx.plan.conventions.conf_level)
        scope = Scope(
            "agreement", options.dataset, options.first, column.where,
            of=both(options.first, who), of_dataset=options.dataset, column=column.label,
        )  # fmt: skip
        stats = _stats(found) if options.agreement else stats_of(found, ("N",))
        rows.add(scope, "Cohen's kappa" if options.agreement else METHOD, stats)


def _stats(found: Kappa) -> list[Stat]:
    """An interval of width 0 would promise what no sample can: none where every pair agrees."""
    stats = stats_of(found, ("N", "agreement", "kappa", "lower", "upper"))
    return [_limit(s, found) if s.name in ("lower", "upper") else s for s in stats]


def _limit(stat: Stat, found: Kappa) -> Stat:
    if found.agreement == 1:
        return stat._replace(value=None, reason=ALL_AGREE)
    return stat if stat.value is None else stat._replace(value=min(max(stat.value, -1.0), 1.0))


def _scope(options: Options, pair: tuple[str, str], column: Column, who: Condition) -> Scope:
    """A pair: the record of the first, without another response of the second, of those whom
    both have assessed."""
    first, second = pair
    other = both(options.second, Comparison("AVALC", "NE", (second,)))
    of = both(options.first, who)
    return Scope(
        "pair", options.dataset, both(of, equals("AVALC", first)), column.where,
        of_dataset(other, options.dataset), of=of, of_dataset=options.dataset,
        column=column.label, group=first, variable="AVALC", level=second,
    )  # fmt: skip


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(Options), View(ard)
    columns = [c.label for c in ctx.columns]
    places = [view.at("agreement", c) for c in columns]
    if options.agreement:
        head = _agreement_rows(ctx, places)
    else:
        head = [Row("Subjects with both findings", cells(places, "{N}", {"N": whole}))]
    rows = [*head, *_pair_rows(view, columns, options)]
    note = (KAPPA.format(ctx.words["conf"]),) if options.agreement else ()
    return Shown(table(view.column_heads(columns), rows), note)


def _agreement_rows(ctx: Context, places: Sequence[Numbers]) -> list[Row]:
    """How often the two say the same."""
    shares = {"agreement": percent_value, "N": whole}
    kappas = dict.fromkeys(("kappa", "lower", "upper"), fixed_of(2))
    label = f"Kappa ({ctx.words['conf']} CI)"
    return [
        Row("Same response, % of N", cells(places, "{agreement} of {N}", shares)),
        Row(label, cells(places, "{kappa} ({lower}, {upper})", kappas)),
    ]


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
        "Subjects with both findings, of whom the percentages are; pairs that nobody has are not "
        "shown.",
    ),
)
