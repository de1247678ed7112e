"""Box plots of kinetics parameters by group, every subject as a point, on a logarithmic axis."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from il5report.analyse.continuous import describe
from il5report.ard import Rows, Scope, Stat, stats_of
from il5report.conditions import Comparison, both, equals
from il5report.display.plot import MARKERS, TOTAL, colour, drawing, finished, house_style
from il5report.display.view import View
from il5report.output import Context, Needs, Output, Shown
from il5report.outputs.counting import one_per_subject
from il5report.outputs.groups import Group, Grouping, add_sizes, conditions, groups, labels
from il5report.plan.base import Model, Text, Where


class Options(Model):
    """`where` and `paramcd`: the parameter of one assay; `by`: groups in place of the columns."""

    dataset: Text = "ADPP"
    where: Where
    paramcd: Text
    label: Text
    by: Grouping | None = None


ABOVE = Comparison("AVAL", "GT", (0.0,))
BOX = ("q1", "median", "q3", "minimum", "maximum")


def needs(ctx: Context) -> Needs:
    options = ctx.options(Options)
    names = {options.dataset: ["USUBJID", "PARAMCD", "AVAL", "AVALU"]}
    return Needs(names, [(options.dataset, options.where), *conditions(options.by)])


def analyse(ctx: Context, rows: Rows) -> None:
    options, columns = ctx.options(Options), groups(ctx, ctx.options(Options).by)
    add_sizes(rows, columns)
    of_parameter = both(options.where, equals("PARAMCD", options.paramcd))
    where, none = both(of_parameter, ABOVE), both(of_parameter, equals("AVAL", 0))
    records = ctx.records(options.dataset, where).sort("USUBJID")
    zeros = ctx.records(options.dataset, none)
    one_per_subject(ctx, pl.concat([records, zeros]), options.dataset)
    unit = next(iter(records["AVALU"]), "") or ""
    level = ctx.plan.conventions.conf_level

    def scope(analysis: str, group: Group, subject: str = "") -> Scope:
        own = both(where, equals("USUBJID", subject)) if subject else where
        return Scope(
            analysis, options.dataset, own, group.groups, group.without, column=group.label,
            group=subject,
        )  # fmt: skip

    for group in columns:
        mine = records.join(group.subjects, on="USUBJID", how="semi", maintain_order="left")
        found = describe(mine["AVAL"].to_numpy(), conf_level=level)
        rows.add(scope("box", group), "PCTLDEF 5", stats_of(found, ("n", *BOX), unit))
        zero = zeros.join(group.subjects, on="USUBJID", how="semi").height
        number = Stat("n_zero", "Number of values 0, not drawn", zero, "subjects")
        rows.add(replace(scope("box", group), subset=none), "count of subjects", [number])
        for subject, value in mine.select("USUBJID", "AVAL").rows():
            point = Stat("value", options.label, value, unit)
            rows.add(scope("point", group, subject), "observed value", [point])


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(Options), View(ard)
    columns = labels(ctx, options.by)
    has_total = options.by is None and len(columns) > 1 and ctx.columns[-1].where is None
    unit = next((u for u in ard["unit"] if u not in ("", "subjects")), "")
    with house_style(ctx.id):
        made, axes = drawing(130, 95)
        said, heads = [], []
        for at, column in enumerate(columns):
            box = view.at("box", column)
            zero = f", {box.count('n_zero')} zero" if box.count("n_zero") else ""
            said.append(f"{column}: {box.count('n')}{zero}.")
            heads.append(f"{column}\nn={box.count('n')}{zero}")
            _box(axes, at, {name: box.value(name) for name in BOX})
            values = view.only("point", column=column)["stat"].to_numpy()
            # three places side by side, so that neighbours can be told apart
            places = at + 0.09 * (np.arange(len(values)) % 3 - 1)
            axes.plot(
                places, np.sort(values), linestyle="", marker=MARKERS[at % len(MARKERS)],
                markersize=4, color=colour(at, len(columns), has_total), alpha=0.9,
            )  # fmt: skip
        axes.set_yscale("log")
        axes.set_xticks(range(len(columns)), heads)
        axes.set_xlim(-0.6, len(columns) - 0.4)
        axes.set_ylabel(f"{options.label}{f', {unit}' if unit else ''}")
        words = f"Box plots: {options.label}. Subjects with a value above 0: {' '.join(said)}"
        return Shown(finished(made, words, ard["row"].to_list()))


def _box(axes: Any, at: float, box: dict[str, float | None]) -> None:
    """Box from quartile to quartile, whiskers to the extremes; nothing where there is no value."""
    low, q1, middle, q3, high = (box[n] for n in ("minimum", "q1", "median", "q3", "maximum"))
    stats = {"whislo": low, "q1": q1, "med": middle, "q3": q3, "whishi": high}
    if middle is not None:
        axes.bxp(
            [stats], positions=[at], widths=0.55, showfliers=False, manage_ticks=False,
            medianprops={"color": TOTAL, "linewidth": 1.8}, boxprops={"linewidth": 0.9},
            whiskerprops={"linewidth": 0.9}, capprops={"linewidth": 0.9},
        )  # fmt: skip


OUTPUT = Output(
    kind="figure",
    individual=True,
    title="Box plots of a kinetics parameter",
    analysis_set="CK",
    needs=needs,
    options=Options,
    analyse=analyse,
    display=display,
    footnotes=(
        "Box: quartiles and median; whiskers: lowest and highest value; points: subjects. A value "
        "of 0 cannot be drawn on a logarithmic axis and is left out.",
    ),
)
