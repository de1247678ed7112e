"""Lines of counts and values as the plan lists them: the shells of syndromes, events of interest,
exposure and conduct."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Literal, NamedTuple, Self

import polars as pl
from pydantic import model_validator

from il5report.analyse.continuous import describe
from il5report.analyse.proportion import binomial_ci
from il5report.ard import Rows, Scope, Stat, counted, stats_of
from il5report.conditions import Comparison, Condition, all_of
from il5report.display.model import Cell, Row
from il5report.display.view import Numbers, View, fixed_of, percent_value, table, whole
from il5report.errors import DataError, Finding, some_subjects
from il5report.masks import Mask
from il5report.output import Context, Needs, Output, Shown
from il5report.outputs.cells import of_part
from il5report.outputs.counting import METHOD, add_column_sizes
from il5report.outputs.selection import Records, Selection
from il5report.plan.base import Model, Text, Where
from il5report.plan.words import CI_NAMES


class Line(Model):
    """One line: the records of `dataset` (that of the options where left out) that meet `where`.

    Prints their subjects, `of` those with a record of `of_dataset` that meets it (all of the column
    where left out); with a confidence interval where `interval`; without a percentage where not
    `percent`. `events`: prints the number of records instead. `variable`: describes its values, at
    most one per subject or the one to `pick` of each, with `digits` decimals of the data.
    `heading`: only a label, for the lines under it.
    """

    label: Text
    heading: bool = False
    dataset: str = ""
    where: Where | None = None
    of: Where | None = None
    of_dataset: Text = "ADSL"
    interval: bool = False
    percent: bool = True
    events: bool = False
    variable: str = ""
    pick: Literal["", "lowest", "highest"] = ""
    digits: int = 0
    show: tuple[Literal["n", "mean", "median", "quartiles", "range"], ...] = (
        "n", "quartiles", "range",
    )  # fmt: skip
    indent: int = 0


class Block(Model):
    """All lines once more, of the records that meet `where` and the subjects that meet `of`
    (ADSL): a period, a site."""

    label: str = ""
    where: Where | None = None
    of: Where | None = None


class Options(Model):
    """The lines, in order, in each block. `nobody`: what is printed instead of all of them where
    the first counts no subject."""

    dataset: Text = "ADAE"
    lines: tuple[Line, ...]
    blocks: tuple[Block, ...] = (Block(),)
    nobody: str = ""

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        places = Counter((p.group, p.line.label) for p in _placed(self))
        twice = [label for (_, label), n in places.items() if n > 1]
        if twice:
            raise ValueError(f"lines with the same label under one heading: {', '.join(twice)}")
        return self


class Placed(NamedTuple):
    """A line in its block; `group` is the block and the heading it stands under."""

    line: Line
    block: Block
    group: str


SHOWN = {
    "n": ("n", "{n}", ("n",)),
    "mean": ("Mean (SD)", "{mean} ({sd})", ("mean", "sd")),
    "median": ("Median", "{median}", ("median",)),
    "quartiles": ("Median (Q1, Q3)", "{median} ({q1}, {q3})", ("median", "q1", "q3")),
    "range": ("Min, max", "{minimum}, {maximum}", ("minimum", "maximum")),
}
MORE_DIGITS = {"mean": 1, "sd": 2, "median": 1, "q1": 1, "q3": 1, "minimum": 0, "maximum": 0}
DESCRIBED = "descriptive statistics, percentiles PCTLDEF 5"
STATISTICS = ("n", *MORE_DIGITS)


def _placed(options: Options) -> Iterator[Placed]:
    """Every line that is not a heading."""
    for block in options.blocks:
        heading = ""
        for line in options.lines:
            if line.heading:
                heading = line.label
            else:
                yield Placed(line, block, "|".join(filter(None, (block.label, heading))))


def needs(ctx: Context) -> Needs:
    options = ctx.options(Options)
    variables: dict[str, list[str]] = {}
    conditions: list[tuple[str, Condition | None]] = []
    for line, block, _ in _placed(options):
        dataset = line.dataset or options.dataset
        variables.setdefault(dataset, ["USUBJID"]).extend(filter(None, [line.variable]))
        conditions += [(dataset, line.where), (dataset, block.where), ("ADSL", block.of)]
        conditions.append((line.of_dataset, line.of))
    return Needs(variables, conditions)


def analyse(ctx: Context, rows: Rows) -> None:
    options = ctx.options(Options)
    add_column_sizes(ctx, rows)
    selection = Selection(ctx, needs(ctx))
    for place in _placed(options):
        line, dataset = place.line, place.line.dataset or options.dataset
        where = all_of(place.block.where, line.where, place.block.of)
        if line.variable:
            _values(ctx, rows, place, (selection[dataset], dataset, where))
        elif line.events:
            _events(ctx, rows, place, (selection[dataset], dataset, where))
        else:
            _subjects(ctx, rows, place, selection, dataset, where)


def _subjects(
    ctx: Context, rows: Rows, place: Placed, selection: Selection, dataset: str,
    where: Condition | None,
) -> None:  # fmt: skip
    """Subjects with a record, of those in the denominator."""
    line = place.line
    if line.of_dataset == "ADSL":
        where = all_of(where, line.of)
    base = all_of(line.of, place.block.of)
    found = selection[dataset].subjects(where)
    among = selection[line.of_dataset].subjects(base)
    _within(ctx, place, found & ~among)
    conventions = ctx.plan.conventions
    counts = zip(ctx.columns, selection.counts(found), selection.counts(among), strict=True)
    for column, n, total in counts:
        scope = Scope(
            "subjects", dataset, where, column.where, of=base, of_dataset=line.of_dataset,
            column=column.label, group=place.group, level=line.label,
        )  # fmt: skip
        rows.add(scope, METHOD, counted(n, total))
        if line.interval:
            ci = binomial_ci(
                n, total, method=conventions.proportion_ci, conf_level=conventions.conf_level
            )
            name = CI_NAMES[conventions.proportion_ci]
            rows.add(scope, f"{name} interval", stats_of(ci, ("lower", "upper")))


def _within(ctx: Context, place: Placed, outside: Mask) -> None:
    """Refuse a line that counts subjects who are not in its denominator."""
    if outside.any():
        message = f"{ctx.id}: {place.line.label!r} counts subjects outside its denominator"
        who = ctx.subjects["USUBJID"].filter(pl.Series(outside))
        raise DataError(
            [
                Finding(
                    "output.denominator", message, dataset=place.line.of_dataset,
                    count=who.len(), subjects=some_subjects(who),
                )
            ]
        )  # fmt: skip


def _events(
    ctx: Context, rows: Rows, place: Placed, of: tuple[Records, str, Condition | None]
) -> None:
    records, dataset, where = of
    for column, n in zip(ctx.columns, records.counts(where), strict=True):
        scope = Scope(
            "events", dataset, where, column.where, column=column.label, group=place.group,
            level=place.line.label,
        )  # fmt: skip
        stat = Stat("n_events", "Number of events", n, "events")
        rows.add(scope, "count of records", [stat])


def _values(
    ctx: Context, rows: Rows, place: Placed, of: tuple[Records, str, Condition | None]
) -> None:
    """Statistics of the values, one of each subject."""
    line, (records, dataset, where) = place.line, of
    given = all_of(where, Comparison(line.variable, "NE", ()))
    chosen = records.meet(given) if line.pick else records.one_each(given)
    having = records.subjects(given)
    values = records.extreme(line.pick or "lowest", line.variable, chosen)
    for column, mine in zip(ctx.columns, ctx.members, strict=True):
        described = describe(values[mine & having], conf_level=ctx.plan.conventions.conf_level)
        scope = Scope(
            "values", dataset, given, column.where, column=column.label, group=place.group,
            variable=line.variable, level=line.label,
        )  # fmt: skip
        method = f"{line.pick} value of each subject, {DESCRIBED}" if line.pick else DESCRIBED
        rows.add(scope, method, stats_of(described, STATISTICS))


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(Options), View(ard)
    columns = [c.label for c in ctx.columns]
    rows: list[Row] = []
    for block in options.blocks:
        deeper = int(bool(block.label))
        if block.label:
            rows.append(Row(block.label, kind="heading"))
        placed = iter([p for p in _placed(options) if p.block is block])
        for line in options.lines:
            if line.heading:
                rows.append(Row(line.label, kind="heading", indent=line.indent + deeper))
            else:
                rows += _line(ctx, view, next(placed), deeper)
    heads = view.column_heads(columns, "Subjects, n (%), or as stated")
    nobody = options.nobody and _none(options, view, columns)
    return Shown(table(heads, () if nobody else rows, options.nobody))


def _none(options: Options, view: View, columns: list[str]) -> bool:
    """Whether the first line counts nobody."""
    first = next(_placed(options))
    places = (view.at("subjects", c, group=first.group, level=first.line.label) for c in columns)
    return not any(p.count("n") for p in places)


def _line(ctx: Context, view: View, place: Placed, deeper: int) -> list[Row]:
    line, columns = place.line, [c.label for c in ctx.columns]
    indent = line.indent + deeper
    if line.variable:
        return _described(view, place, columns, indent)
    analysis = "events" if line.events else "subjects"
    found = [view.at(analysis, c, group=place.group, level=line.label) for c in columns]
    if line.events:
        cells = tuple(p.cell("{n_events}", {"n_events": whole}) for p in found)
        return [Row(line.label, cells, indent)]
    part = line.of is not None or place.block.of is not None
    cells = tuple(_count(p, line.percent, part) for p in found)
    rows = [Row(line.label, cells, indent)]
    if line.interval:
        show = {"lower": percent_value, "upper": percent_value}
        limits = tuple(p.cell("({lower}, {upper})", show) for p in found)
        rows.append(Row(f"{ctx.words['conf']} confidence interval, %", limits, indent + 1))
    return rows


def _count(numbers: Numbers, percent: bool, part: bool) -> Cell:
    """The count, of a part of the column's subjects with their number."""
    if part:
        return of_part(numbers, percent)
    return numbers.n_percent() if percent else numbers.count_alone()


def _described(view: View, place: Placed, columns: list[str], indent: int) -> list[Row]:
    line, rows = place.line, [Row(place.line.label, kind="heading", indent=indent)]
    shown = {name: fixed_of(line.digits + more) for name, more in MORE_DIGITS.items()}
    for name in line.show:
        label, pattern, stats = SHOWN[name]
        show = {stat: shown.get(stat, whole) for stat in stats}
        found = (
            view.at("values", c, group=place.group, variable=line.variable, level=line.label)
            for c in columns
        )
        rows.append(Row(label, tuple(p.cell(pattern, show) for p in found), indent + 1))
    return rows


OUTPUT = Output(
    kind="table",
    title="Summary",
    analysis_set="SAF",
    needs=needs,
    options=Options,
    analyse=analyse,
    display=display,
    footnotes=(
        "A subject counts once per line. Percentages are of the N in the head unless the "
        "line gives another number, as n/N.",
    ),
)
