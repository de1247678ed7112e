"""Dose proportionality: slope of log parameter on log dose, by column."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from il5report.analyse.power_model import PowerModel, power_model
from il5report.ard import Rows, Scope, stats_of
from il5report.conditions import Comparison, Condition, both, equals
from il5report.display.model import Row
from il5report.display.view import View, fixed_of, table, whole
from il5report.errors import DataError, Finding, some_subjects
from il5report.output import Column, Context, Needs, Output, Shown
from il5report.outputs.counting import add_column_sizes, one_per_subject
from il5report.outputs.kinetics.t_exposure_response import Exposure
from il5report.plan.base import Model, Text

ABOVE = Comparison("AVAL", "GT", (0.0,))


class Options(Model):
    """`dose`: a number of ADSL above 0, in `unit`; `parameters` of ADPP. `level`: of the interval
    that stands beside the plan's."""

    dataset: Text = "ADPP"
    dose: Text
    unit: Text
    parameters: tuple[Exposure, ...]
    level: float = 0.9


def needs(ctx: Context) -> Needs:
    options = ctx.options(Options)
    names = {
        options.dataset: ["USUBJID", "PARAMCD", "AVAL", "AVALU"],
        "ADSL": ["USUBJID", options.dose],
    }
    return Needs(names, [(options.dataset, p.where) for p in options.parameters])


def known(parameter: Exposure) -> Condition:
    """The records of a parameter that is estimable."""
    where = both(parameter.where, equals("PARAMCD", parameter.paramcd))
    return both(where, Comparison("AVAL", "NE", ()))


def values(ctx: Context, parameter: Exposure) -> pl.DataFrame:
    """USUBJID, DOSE, AVAL and AVALU of the set's subjects.

    Raises
    ------
    DataError
        A subject without a dose above 0, or with two values.
    """
    options = ctx.options(Options)
    keep = ("USUBJID", options.dose, "AVAL", "AVALU")
    found = ctx.records(options.dataset, known(parameter), keep=keep).sort("USUBJID")
    one_per_subject(ctx, found, options.dataset)
    found = found.select("USUBJID", pl.col(options.dose).alias("DOSE"), "AVAL", "AVALU")
    without = found.filter(~(pl.col("DOSE") > 0).fill_null(False))["USUBJID"]
    if without.len():
        message = f"{ctx.id} needs a dose above 0 of every subject with a value"
        raise DataError(
            [
                Finding(
                    "output.dose", message, dataset="ADSL", variable=options.dose,
                    count=without.len(), subjects=some_subjects(without),
                )
            ]
        )  # fmt: skip
    return found


def fitted(
    ctx: Context, found: pl.DataFrame, column: Column, level: float
) -> tuple[pl.DataFrame, PowerModel]:
    """The values of a column, and the model."""
    mine = found.join(ctx.in_column(column), on="USUBJID", how="semi", maintain_order="left")
    return mine, power_model(mine["DOSE"].to_numpy(), mine["AVAL"].to_numpy(), conf_level=level)


def analyse(ctx: Context, rows: Rows) -> None:
    options = ctx.options(Options)
    add_column_sizes(ctx, rows)
    for parameter in options.parameters:
        where, found = known(parameter), values(ctx, parameter)
        for column in ctx.columns:
            for analysis, level in _levels(ctx, options).items():
                _, model = fitted(ctx, found, column, level)
                scope = Scope(
                    analysis, options.dataset, both(where, ABOVE), column.where,
                    column=column.label, level=parameter.label, paramcd=parameter.paramcd,
                )  # fmt: skip
                rows.add(scope, "power model", stats_of(model, ("slope", "lower", "upper")))
            _counts(rows, scope, where, model)


def _levels(ctx: Context, options: Options) -> dict[str, float]:
    """The two intervals."""
    return {"slope": options.level, "slope, level of the plan": ctx.plan.conventions.conf_level}


def _counts(rows: Rows, place: Scope, where: Condition, model: PowerModel) -> None:
    number = replace(place, analysis="counts")
    rows.add(number, "power model", stats_of(model, ("n", "n_doses", "r2")))
    zero = replace(number, subset=both(where, equals("AVAL", 0)))
    rows.add(zero, "power model", stats_of(model, ("n_zero",)))


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(Options), View(ard)
    columns, rows = [c.label for c in ctx.columns], []
    for parameter in options.parameters:
        rows += _lines(ctx, view, columns, parameter)
    heads = view.column_heads(columns, "Parameter")
    return Shown(table(heads, rows), (f"Dose: {options.dose}, {options.unit}.",))


def _lines(ctx: Context, view: View, columns: list[str], parameter: Exposure) -> list[Row]:
    options, two = ctx.options(Options), fixed_of(2)
    rows = [Row(parameter.label, kind="heading")]
    name, code = parameter.label, parameter.paramcd
    counts = [view.at("counts", c, level=name, paramcd=code) for c in columns]
    shown = dict.fromkeys(("n", "n_doses"), whole)
    cells = tuple(p.cell("{n} ({n_doses})", shown) for p in counts)
    rows.append(Row("Values above 0 (different doses)", cells, 1))
    rows.append(Row("Values of 0, left out", tuple(p.cell("{n_zero}", {"n_zero": whole})
                                                   for p in counts), 1))  # fmt: skip
    for analysis, level in _levels(ctx, options).items():
        places = (view.at(analysis, c, level=name, paramcd=code) for c in columns)
        limits = dict.fromkeys(("slope", "lower", "upper"), two)
        label = f"Slope ({fixed_of(0)(100 * level)}% confidence interval)"
        rows.append(
            Row(label, tuple(p.cell("{slope} ({lower}, {upper})", limits) for p in places), 1)
        )
    rows.append(Row("R²", tuple(p.cell("{r2}", {"r2": two}) for p in counts), 1))
    return rows


OUTPUT = Output(
    kind="table",
    title="Dose proportionality",
    analysis_set="CK",
    needs=needs,
    options=Options,
    analyse=analyse,
    display=display,
    footnotes=(
        "Least squares of log parameter on log dose (power model); a slope of 1 is proportional, "
        "0 no relation. Values of 0 have no logarithm. Exploratory: few subjects, a narrow range "
        "of doses, and cells that multiply after infusion; an interval that holds 1 shows nothing.",
    ),
)
