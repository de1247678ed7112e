"""When adverse events begin and how long they last, by group or term; what is ongoing is counted,
never given an end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import polars as pl

from il5report.analyse.continuous import describe
from il5report.ard import Rows, Scope, Stat, counted, stats_of
from il5report.conditions import Comparison, Compound, Condition, all_of, both, equals
from il5report.display.model import Cell, Row
from il5report.display.view import Numbers, View, fixed_of, table, whole
from il5report.masks import Mask
from il5report.output import Column, Context, Needs, Output, Shown
from il5report.outputs.counting import METHOD, add_column_sizes, column_sizes
from il5report.outputs.selection import Records, Selection, by_column
from il5report.outputs.terms import TOLERANCE, UNCODED
from il5report.plan.base import Model, Text, Where


class Line(Model):
    """A group of events: the records of the subset that meet `where`."""

    label: Text
    where: Where | None = None


class Options(Model):
    """`subset`: the records of `dataset`; a block for each of `lines`, then for each value of
    `term` that reaches `at_least` of the subjects of any column, the most frequent first.

    `start`: study day of the start, counted from `origin`; `duration`: days, both ends included.
    `ongoing` and `fatal` are the events without an end of their own; the others ended, and
    `imputed` those with a date that is not as reported.
    """

    dataset: Text = "ADAE"
    subset: Where
    lines: tuple[Line, ...] = ()
    term: str = ""
    at_least: float = 0.0
    start: Text = "ASTDY"
    origin: Text = "infusion"
    duration: Text = "ADURN"
    ongoing: Where
    fatal: Where
    imputed: Where | None = None
    nobody: Text = "No subject had an adverse event of this kind."


class Block(NamedTuple):
    """A label and the condition of its events; `where` None: all of the subset."""

    label: str
    where: Condition | None


DESCRIBED = ("median", "minimum", "maximum")
ENDED, DURATION_UNKNOWN = "Ended, duration known", "Ended, duration unknown"
ONGOING, FATAL, IMPUTED = "Ongoing", "Fatal", "With an imputed date"


def needs(ctx: Context) -> Needs:
    options = ctx.options(Options)
    names = ["USUBJID", options.start, options.duration, *filter(None, [options.term])]
    wheres = [options.subset, options.ongoing, options.fatal, options.imputed]
    wheres += [line.where for line in options.lines]
    return Needs({options.dataset: names}, [(options.dataset, where) for where in wheres])


def analyse(ctx: Context, rows: Rows) -> None:
    options = ctx.options(Options)
    add_column_sizes(ctx, rows)
    records = Selection(ctx, needs(ctx))[options.dataset].within(options.subset)
    for block in _blocks(ctx, options, records.frame):
        of_block = records.meet(block.where)
        for column, inside in zip(ctx.columns, records.columns, strict=True):
            _block(ctx, rows, (block, column), (records, of_block & inside))


def _blocks(ctx: Context, options: Options, records: pl.DataFrame) -> list[Block]:
    """The groups of the plan, then the frequent terms."""
    blocks = [Block(line.label, line.where) for line in options.lines]
    if not options.term:
        return blocks
    pairs = records.select("USUBJID", options.term).unique()
    frequent: set[str | None] = set()
    for column, mine in by_column(ctx, pairs):
        least = options.at_least * column_sizes(ctx)[column.label] - TOLERANCE
        sizes = mine.group_by(options.term).len()
        frequent |= set(sizes.filter(pl.col("len") >= least)[options.term])
    order = pairs.group_by(options.term).len().sort(-pl.col("len").cast(pl.Int64), options.term)
    terms = [term for term in order[options.term] if term in frequent]
    return blocks + [Block(term or UNCODED, equals(options.term, term)) for term in terms]


def _block(
    ctx: Context, rows: Rows, at: tuple[Block, Column], events: tuple[Records, Mask]
) -> None:
    """Subjects, events, first onset, and the events by how they ended."""
    options, (block, column), (records, mine) = ctx.options(Options), at, events
    where, meet = all_of(options.subset, block.where), records.meet

    def scope(analysis: str, more: Condition | None = None, variable: str = "") -> Scope:
        return Scope(
            analysis, options.dataset, all_of(where, more), column.where, column=column.label,
            group=block.label, variable=variable,
        )  # fmt: skip

    total = column_sizes(ctx)[column.label]
    rows.add(scope("subjects"), METHOD, counted(records.number_of(mine), total))
    for kind, more in _kinds(options):
        stat = Stat("n_events", "Number of events", int((mine & meet(more)).sum()), "events")
        rows.add(scope(f"events|{kind}", more), "count of records", [stat])
    level = ctx.plan.conventions.conf_level
    known = Comparison(options.start, "NE", ())
    started = mine & meet(known)
    first = records.extreme("lowest", options.start, started)[records.subjects_of(started)]
    if ctx.plan.conventions.day_zero:
        first -= first > 0
    onset = describe(first, conf_level=level)
    rows.add(
        scope("onset", known, options.start),
        "first of each subject",
        stats_of(onset, ("n", *DESCRIBED)),
    )
    ended = next(more for kind, more in _kinds(options) if kind == ENDED)
    days = records.frame[options.duration].to_numpy()[mine & meet(ended)]
    lasted = describe(days, conf_level=level)
    rows.add(
        scope("duration", ended, options.duration), "each event once", stats_of(lasted, DESCRIBED)
    )


def _kinds(options: Options) -> list[tuple[str, Condition | None]]:
    """All events, and those of each outcome: every event has one."""
    fatal, not_fatal = options.fatal, _not(options.fatal)
    over = both(not_fatal, _not(options.ongoing))
    known = Comparison(options.duration, "NE", ())
    unknown = Comparison(options.duration, "EQ", ())
    kinds: list[tuple[str, Condition | None]] = [
        ("", None),
        (ENDED, both(over, known)),
        (DURATION_UNKNOWN, both(over, unknown)),
        (ONGOING, both(not_fatal, options.ongoing)),
        (FATAL, fatal),
    ]
    return kinds + ([(IMPUTED, options.imputed)] if options.imputed is not None else [])


def _not(condition: Condition) -> Condition:
    return Compound("NOT", (condition,))


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(Options), View(ard)
    columns = [c.label for c in ctx.columns]
    labels = view.only("subjects", column=columns[0], stat_name="n")["group"].to_list()
    rows: list[Row] = []
    for label in labels:
        rows.append(Row(label, kind="heading"))
        rows += _rows(ctx, view, columns, label)
    subjects = view.only("subjects", stat_name="n")["stat"].sum() if labels else 0
    notes = []
    if options.term and options.at_least:
        share = whole(100 * options.at_least)
        notes.append(f"Terms in at least {share}% of the subjects of any column.")
    heads = view.column_heads(columns)
    return Shown(table(heads, rows if subjects else (), options.nobody), tuple(notes))


def _rows(ctx: Context, view: View, columns: Sequence[str], label: str) -> list[Row]:
    options = ctx.options(Options)
    origin = f"days from {options.origin}"
    start = origin if ctx.plan.conventions.day_zero else "study day"

    def of(analysis: str, variable: str = "") -> list[Numbers]:
        return [view.at(analysis, c, group=label, variable=variable) for c in columns]

    def events(kind: str, text: str, indent: int) -> Row:
        found = of(f"events|{kind}")
        cells = tuple(p.cell("{n_events}", {"n_events": whole}) for p in found)
        return Row(text, cells, indent)

    rows = [
        Row("Subjects, n (%)", tuple(p.n_percent() for p in of("subjects")), 1),
        Row(
            f"First onset, {start}: median (min, max)",
            tuple(map(_described, of("onset", options.start))),
            1,
        ),
        events("", "Events, n", 1),
    ]
    for kind, _ in _kinds(options)[1:]:
        rows.append(events(kind, f"{kind}, n", 2))
        if kind == ENDED:
            cells = tuple(map(_described, of("duration", options.duration)))
            rows.append(Row("Duration, days: median (min, max)", cells, 3))
    return rows


def _described(numbers: Numbers) -> Cell:
    show = {"median": fixed_of(1), "minimum": whole, "maximum": whole}
    return numbers.cell("{median} ({minimum}, {maximum})", show)


OUTPUT = Output(
    kind="table",
    title="Onset and duration of adverse events",
    analysis_set="SAF",
    needs=needs,
    options=Options,
    analyse=analyse,
    display=display,
    footnotes=(
        "First onset: one value per subject. Duration: each event once, last day - first day + 1; "
        "only of events that ended otherwise than by death. An ongoing event is given no end. "
        "NE: not estimable. Percentages are of the N in the head.",
        "Adverse events graded by {ae_grading}.",
    ),
)
