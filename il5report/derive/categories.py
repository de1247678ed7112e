"""Categories that the plan declares: the first level whose condition holds."""

from __future__ import annotations

import polars as pl

from il5report import conditions
from il5report.derive.domains import Domains
from il5report.plan.subject import Category


def with_category(
    frame: pl.DataFrame, domains: Domains, dataset: str, name: str, category: Category
) -> pl.DataFrame:
    """Add the variable `name`, and its numeric twin where the plan names one.

    A condition that cannot be evaluated is reported, and the variable is then missing.
    """
    where = category.levels
    if not domains.is_applicable(f"category {name}", dataset, frame.schema, where.values()):
        return frame.with_columns(pl.lit(None, pl.String).alias(name))
    text: pl.Expr = pl.lit(category.otherwise or None, pl.String)
    number: pl.Expr = pl.lit(float(len(where) + 1) if category.otherwise else None, pl.Float64)
    for i, (level, condition) in reversed(list(enumerate(where.items(), 1))):
        holds = conditions.expression(condition, frame.schema)
        text = pl.when(holds).then(pl.lit(level)).otherwise(text)
        number = pl.when(holds).then(pl.lit(float(i))).otherwise(number)
    made = [text.alias(name)] + ([number.alias(category.number)] if category.number else [])
    return frame.with_columns(made)
