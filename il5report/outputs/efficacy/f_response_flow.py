"""Response from visit to visit: how many subjects are in each state, and where they go next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, NamedTuple

import polars as pl

from il5report.ard import Rows, Scope, counted
from il5report.conditions import Comparison, both, equals
from il5report.display.axes import legend
from il5report.display.marks import Said, name_points
from il5report.display.plot import (
    RESPONSES,
    WIDTH,
    drawing,
    finished,
    house_style,
    ink,
    nothing,
)
from il5report.display.view import View
from il5report.errors import DataError, Finding, PlanError, some_subjects
from il5report.output import Column, Context, Needs, Output, Shown
from il5report.outputs.counting import METHOD, add_column_sizes, one_per_subject
from il5report.plan.base import Model, Text, Where


class State(Model):
    """A state with its responses (values of AVALC)."""

    label: Text
    codes: tuple[Text, ...]


class Ended(Model):
    """The state of subjects without a response whose `date` in ADSL is not after the visit's
    window."""

    label: Text
    date: Text


class Options(Model):
    """`assessed`: the assessments of ADRS, one per subject and visit; `visits` (AVISIT) of the
    plan; `states` from the best on, then `ended` in the order looked at, then `other`."""

    dataset: Text = "ADRS"
    assessed: Where
    visits: tuple[Text, ...]
    states: tuple[State, ...]
    ended: tuple[Ended, ...] = ()
    other: Text = "Not assessed"

    def labels(self) -> list[str]:
        """All states, from top to bottom."""
        return [s.label for s in self.states] + [self.other] + [e.label for e in self.ended]


def needs(ctx: Context) -> Needs:
    options = ctx.options(Options)
    unknown = [v for v in options.visits if v not in {visit.label for visit in ctx.plan.visits}]
    if unknown:
        message = f"{ctx.id}: not a visit of the plan: {', '.join(unknown)}"
        raise PlanError([Finding("plan.visit", message)])
    names = {
        "ADSL": ["USUBJID", "TRTSDT", *(e.date for e in options.ended)],
        options.dataset: ["USUBJID", "AVISIT", "AVALC"],
    }
    return Needs(names, [(options.dataset, options.assessed)])


def analyse(ctx: Context, rows: Rows) -> None:
    options = ctx.options(Options)
    add_column_sizes(ctx, rows)
    states = [_states(ctx, options, visit) for visit in options.visits]
    for column in ctx.columns:
        within = ctx.in_column(column)["USUBJID"].sort().to_list()
        for visit, of_subject in zip(options.visits, states, strict=True):
            for label in options.labels():
                who = [s for s in within if of_subject[s] == label]
                _add(rows, column, Scope("state", "ADSL", visit=visit, level=label), who, within)
        for (_, before), (visit, after) in pairwise(zip(options.visits, states, strict=True)):
            for start in options.labels():
                for end in options.labels():
                    who = [s for s in within if (before[s], after[s]) == (start, end)]
                    place = Scope("flow", "ADSL", visit=visit, group=start, level=end)
                    if who:
                        _add(rows, column, place, who, within)


def _add(
    rows: Rows, column: Column, place: Scope, who: Sequence[str], within: Sequence[str]
) -> None:
    """n, N and n/N, with the subjects by name: a state is no condition on a single record."""
    named = Comparison("USUBJID", "IN", tuple(who))
    scope = replace(place, subset=named, groups=column.where, column=column.label)
    rows.add(scope, METHOD, counted(len(who), len(within)))


def _states(ctx: Context, options: Options, visit: str) -> Mapping[str, str]:
    """The state of each subject at a visit."""
    where = both(options.assessed, equals("AVISIT", visit))
    records = ctx.records(options.dataset, where, keep=("AVALC",))
    one_per_subject(ctx, records, options.dataset)
    of_code = {code: s.label for s in options.states for code in s.codes}
    response = dict(records.select("USUBJID", "AVALC").iter_rows())
    _all_known(ctx, records, of_code)
    last = next(v.window[1] for v in ctx.plan.visits if v.label == visit)
    found = {}
    dates = dict.fromkeys(("USUBJID", "TRTSDT", *(e.date for e in options.ended)))
    for row in ctx.subjects[list(dates)].iter_rows(named=True):
        code = response.get(row["USUBJID"])
        ends = [
            e.label for e in options.ended
            if row[e.date] is not None and (row[e.date] - row["TRTSDT"]).days <= last
        ]  # fmt: skip
        found[row["USUBJID"]] = of_code[code] if code else [*ends, options.other][0]
    return found


def _all_known(ctx: Context, records: pl.DataFrame, of_code: Mapping[str, str]) -> None:
    """Refuse a response that is in no state."""
    other = records.filter(~pl.col("AVALC").is_in(list(of_code)))
    if other.height:
        values = ", ".join(map(repr, other["AVALC"].unique().sort()))
        message = f"{ctx.id}: responses that no state of the plan holds: {values}"
        raise DataError(
            [
                Finding(
                    "output.state", message, dataset="ADRS", variable="AVALC", count=other.height,
                    subjects=some_subjects(other["USUBJID"]),
                )
            ]
        )  # fmt: skip


class Band(NamedTuple):
    """Part of a bar: from `low` to `high`, in subjects."""

    low: float
    high: float


HALF, GAP = 0.11, 0.35
ABSENT = ("#DADADA", "#222222", "#8A8A8A", "#B0B0B0")


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(Options), View(ard)
    column = ctx.columns[-1].label
    labels = options.labels()
    kinds = len(options.states)
    shades = [
        RESPONSES[i % len(RESPONSES)] if i < kinds else ABSENT[(i - kinds) % len(ABSENT)]
        for i in range(len(labels))
    ]
    colours = dict(zip(labels, shades, strict=True))
    counts = {
        visit: {s: view.at("state", column, visit=visit, level=s).count("n") for s in labels}
        for visit in options.visits
    }
    words, refs = _words(options, counts), ard["row"].to_list()
    if not view.at("columns", column).count("N"):
        return Shown(nothing(ctx.id, words, refs))
    with house_style(ctx.id):
        made, axes = drawing(WIDTH, 125)
        bars = [_stacked(counts[visit]) for visit in options.visits]
        for at, visit in enumerate(options.visits):
            _bar(axes, (at, visit), bars[at], counts[visit], colours)
            if at:
                flows = _flows(view, column, visit, labels)
                _ribbons(axes, at, bars[at - 1], bars[at], flows, colours)
        axes.set_xticks(range(len(options.visits)), options.visits)
        axes.set_xlim(-0.3, len(options.visits) - 0.7)
        axes.set_yticks([])
        axes.tick_params(axis="x", length=0)
        for side in ("left", "bottom"):
            axes.spines[side].set_visible(False)
        seen = [s for s in labels if any(of_visit[s] for of_visit in counts.values())]
        legend(made, _keys({label: colours[label] for label in seen}), WIDTH)
        return Shown(finished(made, words, refs))


def _keys(colours: Mapping[str, str]) -> list[Any]:
    """The legend: the states that anybody is in."""
    from matplotlib.patches import Patch

    return [Patch(color=colour, label=label) for label, colour in colours.items()]


def _stacked(counts: Mapping[str, int]) -> dict[str, Band]:
    """The bar of a visit from the top down, with a gap between states."""
    bands, top = {}, 0.0
    for label, n in counts.items():
        bands[label] = Band(top - n, top)
        top -= n + (GAP if n else 0)
    return bands


def _bar(
    axes: Any, place: tuple[int, str], bands: Mapping[str, Band], counts: Mapping[str, int],
    colours: Mapping[str, str],
) -> None:  # fmt: skip
    """The states of a visit with their numbers."""
    at, visit = place
    for label, n in counts.items():
        if n:
            low, high = bands[label]
            made = axes.bar(at, high - low, 2 * HALF, bottom=low, color=colours[label], linewidth=0)
            name_points(made, [Said(f"{visit}: {label}, n = {n}")])
            axes.text(
                at, (low + high) / 2, str(n), ha="center", va="center", fontsize=7,
                color=ink(colours[label]),
            )  # fmt: skip


def _flows(
    view: View, column: str, visit: str, labels: Sequence[str]
) -> list[tuple[str, str, int]]:
    """Where subjects come from and go to, in the order of the bars."""
    found = []
    for start in labels:
        for end in labels:
            numbers = view.at("flow", column, visit=visit, group=start, level=end)
            if numbers:
                found.append((start, end, numbers.count("n")))
    return found


def _ribbons(
    axes: Any, at: int, left: Mapping[str, Band], right: Mapping[str, Band],
    flows: Sequence[tuple[str, str, int]], colours: Mapping[str, str],
) -> None:  # fmt: skip
    """A ribbon for each flow into a visit, in the colour of where it comes from."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    leaves = {label: band.high for label, band in left.items()}
    enters = {label: band.high for label, band in right.items()}
    x0, x1 = at - 1 + HALF, at - HALF
    middle = (x0 + x1) / 2
    curve = [Path.CURVE4] * 3
    for start, end, n in flows:
        y0, y1 = leaves[start], enters[end]
        leaves[start], enters[end] = y0 - n, y1 - n
        points = [
            (x0, y0), (middle, y0), (middle, y1), (x1, y1),
            (x1, y1 - n), (middle, y1 - n), (middle, y0 - n), (x0, y0 - n), (x0, y0),
        ]  # fmt: skip
        codes = [Path.MOVETO, *curve, Path.LINETO, *curve, Path.CLOSEPOLY]
        shape = Path(points, codes)
        axes.add_patch(PathPatch(shape, facecolor=colours[start], alpha=0.35, linewidth=0))


def _words(options: Options, counts: Mapping[str, Mapping[str, int]]) -> str:
    """The states of each visit in numbers."""
    said = []
    for visit, of_visit in counts.items():
        seen = ", ".join(f"{label} {n}" for label, n in of_visit.items() if n)
        said.append(f"{visit}: {seen or 'no subject'}.")
    return f"Response from visit to visit. {' '.join(said)}"


OUTPUT = Output(
    kind="figure",
    title="Response from visit to visit",
    analysis_set="SAF",
    needs=needs,
    options=Options,
    analyse=analyse,
    display=display,
    footnotes=(
        "Bars: subjects in each state at the visit. Ribbons: where the subjects of a state are at "
        "the next visit, in the colour of the state they come from. "
        "{infusion_day}",
    ),
)
