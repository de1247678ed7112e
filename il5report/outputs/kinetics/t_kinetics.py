"""Kinetics parameters by assay: geometric and ordinary statistics, and those not estimable."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Literal

import polars as pl

from il5report.analyse.continuous import describe, geometric
from il5report.ard import Rows, Scope, Stat, stats_of
from il5report.conditions import Comparison, Condition, both, equals
from il5report.display.model import Row
from il5report.display.rounding import significant
from il5report.display.view import View, fixed_of, table, unit_text, whole
from il5report.errors import DataError, Finding, PlanError, nearest
from il5report.masks import Mask
from il5report.output import Context, Needs, Output, Shown
from il5report.outputs.counting import METHOD
from il5report.outputs.groups import Group, Grouping, add_sizes, conditions, groups, labels
from il5report.outputs.selection import Records, Selection
from il5report.plan.base import Model, Text, Where
from il5report.plan.words import filled


class Parameter(Model):
    """A parameter of ADPP. `scale`: ``geometric`` for concentrations and areas, which are skewed;
    ``ordinary`` for times. `digits`: significant digits (geometric) or decimals (ordinary).
    `unit`: ``{unit}`` in it is that of the block; that of the data where left out."""

    paramcd: Text
    label: str = ""
    unit: str = ""
    scale: Literal["geometric", "ordinary"] = "geometric"
    digits: int = 3


class Block(Model):
    """An assay: its records of ADPP, never pooled with those of another. `assay`: its key in the
    plan, which gives unit and limit of quantification; `unit` where it has none."""

    label: Text
    where: Where
    assay: str = ""
    unit: str = ""


class Flag(Model):
    """Records to be counted beside each parameter, such as values under steroids; `of`: beside
    these PARAMCD only."""

    label: Text
    where: Where
    of: tuple[Text, ...] = ()

    def about(self, parameter: Parameter) -> bool:
        return not self.of or parameter.paramcd in self.of


class Options(Model):
    """Blocks and parameters, in order; `by`: groups as columns in place of the plan's. `flags`:
    counted beside each parameter that has such records. `reason`: the variable that says why a
    value is missing, if there is one."""

    dataset: Text = "ADPP"
    by: Grouping | None = None
    blocks: tuple[Block, ...]
    parameters: tuple[Parameter, ...]
    flags: tuple[Flag, ...] = ()
    reason: str = "AREASN"


GEOMETRIC = ("n_zero", "mean", "cv")
ORDINARY = ("mean", "sd", "median", "minimum", "maximum")


def needs(ctx: Context) -> Needs:
    options = ctx.options(Options)
    unknown = [b.assay for b in options.blocks if b.assay and b.assay not in ctx.plan.assays]
    if unknown:
        raise PlanError(
            Finding(
                "plan.assay", f"{ctx.id}: {code} is no assay{nearest(code, list(ctx.plan.assays))}"
            )
            for code in unknown
        )
    names = ["USUBJID", "PARAMCD", "AVAL", "AVALU", *filter(None, [options.reason])]
    wheres = [*(b.where for b in options.blocks), *(f.where for f in options.flags)]
    conditioned = [(options.dataset, where) for where in wheres]
    return Needs({options.dataset: names}, [*conditioned, *conditions(options.by)])


def analyse(ctx: Context, rows: Rows) -> None:
    options = ctx.options(Options)
    columns = groups(ctx, options.by)
    add_sizes(rows, columns)
    records = Selection(ctx, needs(ctx))[options.dataset]
    for block in options.blocks:
        for parameter in options.parameters:
            where = both(block.where, equals("PARAMCD", parameter.paramcd))
            unit = _unit(ctx, block, parameter, where, records)
            for column in columns:
                _parameter(ctx, rows, block, parameter, column, where, records, unit)


def unit_of(ctx: Context, block: Block, parameter: Parameter) -> str:
    """The unit that the plan declares."""
    unit = ctx.plan.assays[block.assay].unit if block.assay else block.unit
    return filled(parameter.unit, {"unit": unit})


def _unit(
    ctx: Context, block: Block, parameter: Parameter, where: Condition, records: Records
) -> str:
    """The one unit of a parameter; values in different units, or in another than the plan says,
    are refused."""
    given = pl.Series(records.one_each(where))
    units = sorted(set(records.frame["AVALU"].filter(given)) - {None})
    declared = unit_of(ctx, block, parameter)
    dataset = ctx.options(Options).dataset
    if len(units) > 1 or (declared and units not in ([], [declared])):
        said = f", the plan says {declared}" if declared else ""
        message = f"more than one unit for {where}: {', '.join(units)}{said}"
        raise DataError([Finding("unit.mixed", message, dataset=dataset, variable="AVALU")])
    return declared or (units[0] if units else "")


def _parameter(  # noqa: PLR0913, PLR0917
    ctx: Context, rows: Rows, block: Block, parameter: Parameter, column: Group,
    where: Condition, records: Records, unit: str,
) -> None:  # fmt: skip
    """The numbers of one parameter in one column."""
    options, level = ctx.options(Options), ctx.plan.conventions.conf_level
    missing, present = Comparison("AVAL", "EQ", ()), Comparison("AVAL", "NE", ())
    meet = records.meet
    mine = meet(where) & records.of(column.subjects)
    values = records.frame["AVAL"].to_numpy()[mine & meet(present)]

    def scope(analysis: str, of: Condition, level: str = "") -> Scope:
        return Scope(
            analysis, options.dataset, of, column.groups, column.without, column=column.label,
            group=block.label, level=level, paramcd=parameter.paramcd,
        )  # fmt: skip

    without = mine & meet(missing)
    why = _why(records.frame, without, options.reason)
    number = Stat("n_ne", "Number not estimable", int(without.sum()), "subjects", "", why)
    rows.add(scope("not estimable", both(where, missing)), METHOD, [number])
    given, found = both(where, present), describe(values, conf_level=level)
    rows.add(scope("number", given), METHOD, stats_of(found, ("n",)))
    if parameter.scale == "geometric":
        of_logs = geometric(values, conf_level=level)
        rows.add(scope("geometric", given), "log scale", stats_of(of_logs, GEOMETRIC, unit))
    rows.add(scope("ordinary", given), "PCTLDEF 5", stats_of(found, ORDINARY, unit))
    for flag in filter(lambda flag: flag.about(parameter), options.flags):
        n = int((mine & meet(present) & meet(flag.where)).sum())
        stat = Stat("n", flag.label, n, "subjects")
        rows.add(scope("flagged", both(given, flag.where), flag.label), METHOD, [stat])


_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?")


def _why(records: pl.DataFrame, missing: Mask, variable: str) -> str:
    """The reasons for missing values, with their numbers."""
    if not variable or not missing.any():
        return ""
    alike: dict[str, list[str]] = {}
    for reason in records[variable].filter(pl.Series(missing)).sort():
        alike.setdefault(_NUMBER.sub("#", str(reason)), []).append(str(reason))
    return "; ".join(f"{_joint(reasons)} ({len(reasons)})" for reasons in alike.values())


def _joint(reasons: Sequence[str]) -> str:
    """Reasons that differ in numbers only, as one: each number, or from the lowest to the
    highest."""
    columns = zip(*map(_NUMBER.findall, reasons), strict=True)
    ranges = [sorted(set(column), key=float) for column in columns]
    said = iter([low[0] if len(low) == 1 else f"{low[0]} to {low[-1]}" for low in ranges])
    return _NUMBER.sub(lambda _: next(said), reasons[0])


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(Options), View(ard)
    columns = labels(ctx, options.by)
    rows, units = [], _units(view)
    for block in options.blocks:
        rows.append(Row(block.label, kind="heading"))
        for parameter in options.parameters:
            unit = units.get((block.label, parameter.paramcd), "")
            rows += _lines(view, columns, block.label, parameter, unit)
            for flag in filter(lambda flag: flag.about(parameter), options.flags):
                rows += _flagged(view, columns, flag, (block.label, parameter.paramcd))
    return Shown(
        table(view.column_heads(columns, "Parameter"), rows),
        (*_geometric(options), *_assays(ctx), *_reasons(ctx, ard)),
    )


def _geometric(options: Options) -> tuple[str, ...]:
    """What the geometric statistics are, where the table has any."""
    if all(p.scale != "geometric" for p in options.parameters):
        return ()
    return ("Geometric CV% = 100 sqrt(exp(v) - 1), v the variance of the logs.",)


def _units(view: View) -> dict[tuple[str, str], str]:
    """The unit of each parameter in each block, as printed."""
    found = view.only("ordinary")[["group", "paramcd", "unit"]].unique(maintain_order=True)
    return {(group, code): unit_text(unit) for group, code, unit in found.rows()}


def _lines(
    view: View, columns: list[str], block: str, parameter: Parameter, unit: str
) -> list[Row]:
    """The lines of one parameter in one block."""
    code, digits = parameter.paramcd, parameter.digits
    rows = [Row(f"{parameter.label or code}{f', {unit}' if unit else ''}", (), 1, "heading")]
    skewed = parameter.scale == "geometric"
    show = partial(significant, digits=digits) if skewed else fixed_of(digits)
    middle = show if skewed else fixed_of(digits + 1)
    lines: list[tuple[str, str, str, Mapping[str, Callable[[float], str]]]] = [
        ("n", "number", "{n}", {"n": whole}),
        ("Geometric mean (CV%)", "geometric", "{mean} ({cv})", {"mean": show, "cv": fixed_of(1)}),
        ("Zero, not in the geometric mean", "geometric", "{n_zero}", {"n_zero": whole}),
        (
            "Median (min, max)",
            "ordinary",
            "{median} ({minimum}, {maximum})",
            {"median": middle, "minimum": show, "maximum": show},
        ),
        ("Mean (SD)", "ordinary", "{mean} ({sd})", {"mean": show, "sd": show}),
        ("Not estimable", "not estimable", "{n_ne}", {"n_ne": whole}),
    ]
    if not skewed:  # times: median and range
        lines = [line for line in lines if line[1] != "geometric" and line[0] != "Mean (SD)"]
    for name, analysis, pattern, shown in lines:
        places = (view.at(analysis, c, group=block, paramcd=code) for c in columns)
        rows.append(Row(name, tuple(p.cell(pattern, shown) for p in places), indent=2))
    return rows


def _flagged(view: View, columns: list[str], flag: Flag, at: tuple[str, str]) -> list[Row]:
    """How many values the flag marks, where it marks any."""
    group, code = at
    places = [view.at("flagged", c, group=group, level=flag.label, paramcd=code) for c in columns]
    if not any(p.count("n") for p in places):
        return []
    return [Row(flag.label, tuple(p.count_alone() for p in places), indent=2)]


def _assays(ctx: Context) -> tuple[str, ...]:
    """Method and limit of quantification of each assay of the plan."""
    said = []
    for block in ctx.options(Options).blocks:
        if block.assay:
            assay = ctx.plan.assays[block.assay]
            by, unit = assay.method or "assay", unit_text(assay.unit)
            said.append(f"{block.label}: {by}, limit of quantification {assay.lloq:g} {unit}.")
    return tuple(said)


def _reasons(ctx: Context, ard: pl.DataFrame) -> tuple[str, ...]:
    """Why values are not estimable, block by block: of all subjects in the total, else group by
    group. Parameters with the same reasons are named together."""
    options, columns = ctx.options(Options), labels(ctx, ctx.options(Options).by)
    names = {p.paramcd: p.label or p.paramcd for p in options.parameters}
    missing = ard.filter((pl.col("stat_name") == "n_ne") & (pl.col("warning") != ""))
    why_of: dict[tuple[str, str], dict[str, list[str]]] = {}
    for column, group, code, why in missing[["column", "group", "paramcd", "warning"]].rows():
        here = why_of.setdefault((column, group), {})
        here.setdefault(why, []).append(names[code])
    said = []
    for column in columns if options.by else columns[-1:]:
        among = f"{column}, " if options.by else ""
        for block in options.blocks:
            if same := why_of.get((column, block.label)):
                each = (f"{', '.join(which)}: {why}." for why, which in same.items())
                said.append(f"Not estimable (subjects), {among}{block.label}. {' '.join(each)}")
    return tuple(said)


OUTPUT = Output(
    kind="table",
    title="Cellular kinetics parameters",
    analysis_set="CK",
    needs=needs,
    options=Options,
    analyse=analyse,
    display=display,
    footnotes=(
        "{kinetics_rules}",
        "Assays are never pooled. A subject whose values are all below the limit of quantification "
        "has Cmax 0, is counted, and is not part of the geometric mean.",
    ),
)
