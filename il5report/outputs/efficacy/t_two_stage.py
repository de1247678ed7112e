"""A two-stage design: its rule, where the trial stands, and inference that respects the early
stop."""

from __future__ import annotations

from typing import Literal

import polars as pl

from il5report.analyse.design import two_stage_characteristics
from il5report.analyse.two_stage import TwoStageInference, two_stage_inference
from il5report.ard import Rows, Scope, Stat, stats_of
from il5report.display.model import Cell, Row
from il5report.display.rounding import p_value
from il5report.display.view import Numbers, View, fixed_of, percent_value, table, whole
from il5report.output import Column, Context, Needs, Output, Shown
from il5report.outputs import designs
from il5report.outputs.cells import cells
from il5report.outputs.counting import add_column_sizes
from il5report.plan.base import Model

UpperLimit = Literal["koyama_chen", "clinfun"]
CONVENTIONS: dict[UpperLimit, str] = {
    "koyama_chen": "Koyama and Chen",
    "clinfun": "upper limit as R clinfun",
}
ESTIMATES = {"mle": "Naive proportion", "umvue": "Unbiased estimate"}


class Rule(Model):
    """Stop with `r1` or fewer responses of `n1`; reject with more than `r` of `n`."""

    r1: int
    n1: int
    r: int
    n: int


class Options(designs.ResponseOptions):
    """The design, and the rates under the null and the alternative hypothesis."""

    p0: float
    p1: float
    design: Rule


def needs(ctx: Context) -> Needs:
    return designs.needs(ctx.options(Options))


def analyse(ctx: Context, rows: Rows) -> None:
    options = ctx.options(Options)
    d = options.design
    add_column_sizes(ctx, rows)
    for column in ctx.columns:
        rule = Scope("rule", "ADSL", groups=column.where, column=column.label)
        numbers = [
            Stat(name, f"{name} of the design", getattr(d, name)) for name in Rule.model_fields
        ]
        rows.add(rule, "design of the plan", numbers)
        for name, p in (("null", options.p0), ("alternative", options.p1)):
            found = two_stage_characteristics(d.r1, d.n1, d.r, d.n, p)
            place = Scope("rule", "ADSL", groups=column.where, column=column.label, level=name)
            rows.add(place, "exact binomial", stats_of(found))
        early = designs.first(ctx, options, column, d.n1)
        every = designs.first(ctx, options, column, ctx.subjects.height)
        for name, group in (("stage 1", early), ("all", every)):
            place = Scope(name, "ADSL", groups=column.where, column=column.label)
            designs.add_responded(rows, options, place, group)
        _inference(ctx, rows, column, (early, every))


def _inference(
    ctx: Context, rows: Rows, column: Column, seen: tuple[designs.Responded, designs.Responded]
) -> None:
    """Estimates and intervals once the trial has ended by its rule."""
    options = ctx.options(Options)
    early, every = seen
    why = _not_ended(options.design, early, every)
    design = (options.design.r1, options.design.n1, options.design.n)
    for convention, said in CONVENTIONS.items():
        found: TwoStageInference = two_stage_inference(
            min(every.n, options.design.n), design, p0=options.p0,
            conf_level=ctx.plan.conventions.conf_level, convention=convention,
        )  # fmt: skip
        first = convention == "koyama_chen"
        names = ("mle", "umvue", "p_value", "lower", "upper") if first else ("lower", "upper")
        stats = stats_of(found, names)
        if why:
            stats = [s._replace(value=None, reason=why) for s in stats]
        scope = Scope(
            "inference", options.dataset, options.response, column.where, column=column.label,
            level=convention,
        )  # fmt: skip
        rows.add(scope, f"two-stage inference, {said}", stats)


def _not_ended(design: Rule, early: designs.Responded, every: designs.Responded) -> str:
    """Why inference by the design is not possible; empty where it is."""
    if every.total < design.n1:
        return "the trial is in stage 1"
    if early.n <= design.r1:
        return "" if every.total == design.n1 else "the trial went on although stage 1 says stop"
    if every.total < design.n:
        return "the trial is in stage 2"
    return "" if every.total == design.n else "the trial has more subjects than the design"


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(Options), View(ard)
    columns = [c.label for c in ctx.columns]
    null, alternative = (f"{percent_value(p)}%" for p in (options.p0, options.p1))
    rules = [view.at("rule", c) for c in columns]
    stop = {"r1": whole, "n1": whole}
    reject = {"r": whole, "n": whole}
    rows = [
        Row("Design", kind="heading"),
        Row("Stop after stage 1", cells(rules, "{r1} or fewer of {n1}", stop), 1),
        Row(f"Reject a rate of {null} or less", cells(rules, "more than {r} of {n}", reject), 1),
    ]
    for level, name, label in (
        ("null", "reject", "Exact one-sided type I error, %"),
        ("alternative", "reject", f"Exact power at a true rate of {alternative}, %"),
        ("null", "stop_early", f"Probability to stop early at {null}, %"),
        ("alternative", "stop_early", f"Probability to stop early at {alternative}, %"),
    ):
        places = [view.at("rule", c, level=level) for c in columns]
        rows.append(Row(label, cells(places, f"{{{name}}}", {name: percent_value}), 1))
    places = [view.at("rule", c, level="null") for c in columns]
    shown = {"expected_n": fixed_of(1)}
    rows.append(
        Row(f"Expected number of subjects at {null}", cells(places, "{expected_n}", shown), 1)
    )
    return Shown(table(view.column_heads(columns), [*rows, *_results(ctx, view, columns)]))


def _results(ctx: Context, view: View, columns: list[str]) -> list[Row]:
    """Responses of each stage and what follows from them."""
    options, conf = ctx.options(Options), ctx.words["conf"]
    early = [view.at("stage 1", c) for c in columns]
    every = [view.at("all", c) for c in columns]
    rows = [
        Row("Trial", kind="heading"),
        Row("Responses in stage 1, n/N", tuple(s.n_of_total() for s in early), 1),
        Row(
            "After stage 1",
            tuple(Cell(_decision(options.design, s), refs=s.refs("n", "N")) for s in early), 1,
        ),
        Row("Responses so far, n/N", tuple(s.n_of_total() for s in every), 1),
        Row("Inference that respects the early stop", kind="heading"),
    ]  # fmt: skip
    places = [view.at("inference", c, level="koyama_chen") for c in columns]
    for name, label in ESTIMATES.items():
        rows.append(Row(f"{label}, %", cells(places, f"{{{name}}}", {name: percent_value}), 1))
    limits = dict.fromkeys(("lower", "upper"), percent_value)
    rows.append(Row("One-sided p-value", cells(places, "{p_value}", {"p_value": p_value}), 1))
    for convention, said in CONVENTIONS.items():
        places = [view.at("inference", c, level=convention) for c in columns]
        label = f"{conf} confidence interval, {said}, %"
        rows.append(Row(label, cells(places, "({lower}, {upper})", limits), 1))
    return rows


def _decision(design: Rule, seen: Numbers) -> str:
    """Go on as soon as enough have responded, stop as soon as they cannot any more."""
    n, left = seen.count("n"), design.n1 - seen.count("N")
    missing = design.r1 + 1 - n
    if missing <= 0:
        return "Go on"
    if missing > left:
        return "Stop"
    return f"Open: {missing} of the next {left} must respond"


OUTPUT = Output(
    kind="table",
    title="Two-stage design",
    analysis_set="SAF",
    needs=needs,
    options=Options,
    analyse=analyse,
    display=display,
    footnotes=(
        "Stage 1: the first subjects by date of infusion. The naive proportion and its exact "
        "interval ignore the early stop and are biased; unbiased estimate by Jung and Kim, "
        "p-value and interval by Koyama and Chen, with the upper limit by two conventions. They "
        "exist once the trial has ended by its rule (NE before).",
    ),
)
