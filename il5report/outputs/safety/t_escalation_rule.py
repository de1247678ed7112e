"""The decision table of the rule of escalation, with where each dose level stands."""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

from il5report.ard import Rows, Scope, Stat, counted
from il5report.display.model import Cell, Head, Row
from il5report.display.view import View, table
from il5report.output import Column, Context, Needs, Output, Shown, columns
from il5report.outputs.counting import METHOD, add_column_sizes
from il5report.outputs.designs import EventOptions
from il5report.outputs.escalation import (
    CODES,
    DEESCALATE,
    ELIMINATE,
    ESCALATE,
    NAMES,
    STAY,
    EscalationRule,
    Limits,
)

STANDING = "Dose levels here, with toxicity"
NOBODY = "no number of toxicities calls for it at this number of subjects"


class Options(EventOptions):
    """The display has one column; `levels`: the columns of the plan that are the dose levels."""

    rule: EscalationRule
    levels: str = "default"


class Standing(NamedTuple):
    """A dose level: subjects with a toxicity, of those evaluable."""

    label: str
    n: int
    N: int
    refs: tuple[int, ...]


def needs(ctx: Context) -> Needs:
    return ctx.options(Options).needs


def _levels(ctx: Context) -> list[Column]:
    """The dose levels, without a total."""
    made = columns(ctx.plan.columns[ctx.options(Options).levels])
    return [c for c in made if c.where is not None]


def analyse(ctx: Context, rows: Rows) -> None:
    options = ctx.options(Options)
    add_column_sizes(ctx, rows)
    for column in ctx.columns:
        for level in _levels(ctx):
            scope, n, total = options.had(ctx, "standing", column, level)
            rows.add(scope, METHOD, counted(n, total))
        for at in options.rule.limits():
            scope = Scope("rule", "ADSL", column=column.label, level=str(at.N))
            rows.add(scope, options.rule.method, _stats(options.rule, at))


def _stats(rule: EscalationRule, at: Limits) -> list[Stat]:
    stats = [
        Stat("escalate", "Largest number of toxicities to escalate", at.escalate),
        Stat("deescalate", "Smallest number of toxicities to de-escalate", at.deescalate),
    ]
    if ELIMINATE in NAMES[rule.kind]:
        reason = "" if at.eliminate is not None else NOBODY
        label = "Smallest number of toxicities to eliminate the dose"
        stats.append(Stat("eliminate", label, at.eliminate, "", reason))
    return stats


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(Options), View(ard)
    whole, rule = ctx.columns[-1].label, options.rule
    names, standing = NAMES[rule.kind], _standing(ctx, view, whole)
    bands = [*(names[name] for name in CODES if name in names), STANDING]
    span = f"{whole} (N={view.at('columns', whole).count('N')})"
    heads = [Head("Evaluable at the dose"), *(Head(b, span=span, align="center") for b in bands)]
    rows = [Row(str(at.N), _cells(view, whole, rule, at, standing)) for at in rule.limits()]
    sizes = {at.N for at in rule.limits()}
    beside = [f"{s.label} ({s.n}/{s.N})" for s in standing if s.N and s.N not in sizes]
    notes = (f"Evaluable subjects at no number of the table: {', '.join(beside)}.",)
    return Shown(table(heads, rows), notes if beside else ())


def _standing(ctx: Context, view: View, whole: str) -> list[Standing]:
    found = [(c.label, view.at("standing", whole, level=c.label)) for c in _levels(ctx)]
    return [Standing(label, s.count("n"), s.count("N"), s.refs("n", "N")) for label, s in found]


def _cells(
    view: View, whole: str, rule: EscalationRule, at: Limits, standing: list[Standing]
) -> tuple[Cell, ...]:
    """What each decision takes at this number of subjects, and who is there."""
    numbers = view.at("rule", whole, level=str(at.N))
    between = range(at.escalate + 1, at.deescalate)
    texts = {
        ESCALATE: _up_to(at.escalate),
        STAY: _span(between),
        DEESCALATE: f"{at.deescalate} or more",
        ELIMINATE: "None" if at.eliminate is None else f"{at.eliminate} or more",
    }
    refs = {
        ESCALATE: numbers.refs("escalate"),
        STAY: numbers.refs("escalate", "deescalate"),
        DEESCALATE: numbers.refs("deescalate"),
    }
    names = [name for name in CODES if name in NAMES[rule.kind]]
    cells = [Cell(texts[n], refs=refs.get(n) or numbers.refs("eliminate")) for n in names]
    here = [s for s in standing if s.N == at.N]
    said = "; ".join(f"{s.label}: {s.n}" for s in here)
    return (*cells, Cell(said, refs=tuple(r for s in here for r in s.refs)))


def _up_to(most: int) -> str:
    return "0" if most == 0 else f"0 to {most}"


def _span(counts: range) -> str:
    if not counts:
        return "None"
    return str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"


OUTPUT = Output(
    kind="table",
    title="Rule of dose escalation, and where each dose level stands",
    analysis_set="DLT",
    needs=needs,
    options=Options,
    analyse=analyse,
    display=display,
    footnotes=(
        "Cells: number of subjects with a dose-limiting toxicity, by {dlt_source}, that calls for "
        "it. Above the highest planned dose level there is nothing to escalate to.",
    ),
)
