"""Cumulative incidence of an event in the presence of a competing one, by Aalen and Johansen."""

from __future__ import annotations

import polars as pl

from il5report.analyse.competing_risks import incidence_at
from il5report.ard import Rows, Scope, counted, stats_of
from il5report.conditions import Comparison, Condition, all_of, both, equals
from il5report.display.model import Row
from il5report.display.view import View, percent_value, table, whole
from il5report.output import Context, Needs, Output, Shown
from il5report.outputs import time_to_event as tte
from il5report.outputs.counting import METHOD

OUTCOMES: tuple[tuple[str, str, Condition], ...] = (
    ("event", "Subjects with event", equals("CNSR", 0)),
    ("competing", "Subjects with competing event", tte.COMPETING),
    (
        "censored",
        "Censored",
        both(Comparison("CNSR", "NE", (0.0,)), Comparison("COMPFL", "NE", ("Y",))),
    ),
)


def needs(ctx: Context) -> Needs:
    options = ctx.options(tte.EndpointOptions)
    names = tte.needs(ctx).variables[options.dataset]
    return Needs({options.dataset: [*names, "COMPFL", "EVNTDESC"]})


def analyse(ctx: Context, rows: Rows) -> None:
    options = ctx.options(tte.EndpointOptions)
    tte.add_sizes(ctx, rows, options)
    records = tte.endpoint(ctx, options, ("COMPFL", "EVNTDESC"))
    outcomes = [
        tte.Outcome(analysis, which, "EVNTDESC", tte.described([records], which, "EVNTDESC"))
        for analysis, _, which in OUTCOMES
    ]
    for arm in tte.competing_arms(ctx, records):
        for outcome in outcomes:
            _counts(rows, options, arm, outcome)
        for at in options.landmarks:
            days = tte.in_days(ctx, options, at)
            for cause, name in ((1, "incidence"), (2, "competing incidence")):
                found = incidence_at(arm.curves, days, cause=cause)
                names = ("n_risk", "incidence", "std_error", "lower", "upper")
                scope = tte.scope(options, arm, name, days)
                rows.add(scope, tte.competing_method(ctx), stats_of(found, names))


def _counts(
    rows: Rows, options: tte.EndpointOptions, arm: tte.CompetingArm, outcome: tte.Outcome
) -> None:
    """Subjects with the outcome, and with each of its descriptions that anybody has."""
    meet, total = arm.records.meet, len(arm.time)
    for level in ("", *outcome.described):
        of_level = equals(outcome.variable, level) if level else None
        which = all_of(outcome.which, of_level)
        scope = Scope(
            outcome.analysis, options.dataset, all_of(tte.parameter(options), which),
            arm.column.where, of=tte.parameter(options), of_dataset=options.dataset,
            column=arm.column.label, variable=outcome.variable if level else "", level=level,
            paramcd=options.paramcd,
        )  # fmt: skip
        n = int((arm.inside & meet(which)).sum())
        rows.add(scope, METHOD, counted(n, total))


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(tte.EndpointOptions), View(ard)
    columns, code = [c.label for c in ctx.columns], options.paramcd
    rows: list[Row] = []
    for analysis, label, _ in OUTCOMES:
        levels = view.only(analysis)["level"].unique(maintain_order=True)
        for level in levels:
            variable = "EVNTDESC" if level else ""
            places = (
                view.at(analysis, c, paramcd=code, variable=variable, level=level) for c in columns
            )
            cells = tuple(p.n_percent() for p in places)
            rows.append(Row(level or f"{label}, n (%)", cells, int(bool(level))))
    for analysis, label in (
        ("incidence", "Cumulative incidence"),
        ("competing incidence", "Cumulative incidence of the competing event"),
    ):
        rows.append(Row(f"{label}, % ({ctx.words['conf']} CI) [at risk]", kind="heading"))
        for at in options.landmarks:
            days = tte.in_days(ctx, options, at)
            found = (view.at(analysis, c, paramcd=code, time=days) for c in columns)
            shown = {
                "incidence": percent_value, "lower": percent_value, "upper": percent_value,
                "n_risk": whole,
            }  # fmt: skip
            pattern = "{incidence} ({lower}, {upper}) [{n_risk}]"
            cells = tuple(p.cell(pattern, shown) for p in found)
            rows.append(Row(f"At {tte.mark(at, options.unit)}", cells, indent=1))
    return Shown(table(view.column_heads(columns), rows), tte.who_note(options, ard))


OUTPUT = Output(
    kind="table",
    title="Cumulative incidence",
    analysis_set="SAF",
    needs=needs,
    options=tte.EndpointOptions,
    analyse=analyse,
    display=display,
    footnotes=(
        "Percentages of subjects are of the N in the head.",
        "Aalen-Johansen estimate; {conf} confidence intervals on the {km_ci} scale, Aalen's "
        "variance. One minus Kaplan-Meier is not shown: it overstates an incidence where another "
        "event competes. NE: not estimable. With fewer than {few} at risk an estimate is unstable.",
    ),
)
