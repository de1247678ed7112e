"""Conditions on records, such as ``SAFFL == "Y" and AETOXGRN >= 3``.

A condition is parsed into a tree by Python's own grammar (only comparisons, ``in``, ``and``,
``or``, ``not`` and literals are let through; nothing is ever executed), evaluated by polars,
printed back as canonical text, and exported as an ARS where-clause.

Missing values: every condition is true or false, never unknown. A missing value satisfies
``VAR == missing``, ``!=`` and ``not in`` and nothing else, and ``not`` is the exact complement.
"""

from __future__ import annotations

import ast
import datetime as dt
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache, reduce
from typing import Any, Literal, TypeAlias

import polars as pl

Comparator: TypeAlias = Literal["EQ", "NE", "GT", "GE", "LT", "LE", "IN", "NOTIN"]
Value: TypeAlias = str | float
SIGNS: Mapping[Comparator, str] = {
    "EQ": "==", "NE": "!=", "GT": ">", "GE": ">=", "LT": "<", "LE": "<=", "IN": "in",
    "NOTIN": "not in",
}  # fmt: skip
_COMPARATORS: Mapping[type[ast.cmpop], Comparator] = {
    ast.Eq: "EQ", ast.NotEq: "NE", ast.Gt: "GT", ast.GtE: "GE", ast.Lt: "LT", ast.LtE: "LE",
    ast.In: "IN", ast.NotIn: "NOTIN",
}  # fmt: skip
MISSING = "missing"


@dataclass(frozen=True)
class Comparison:
    """``dataset.variable comparator values``; no values means missing; no dataset means the
    data set that the condition is applied to."""

    variable: str
    comparator: Comparator
    values: tuple[Value, ...]
    dataset: str = ""

    def __str__(self) -> str:
        name = f"{self.dataset}.{self.variable}" if self.dataset else self.variable
        if self.comparator in ("IN", "NOTIN"):
            right = "[" + ", ".join(map(quote, self.values)) + "]"
        else:
            right = quote(self.values[0]) if self.values else MISSING
        return f"{name} {SIGNS[self.comparator]} {right}"


@dataclass(frozen=True)
class Compound:
    """``AND`` and ``OR`` of two or more conditions, ``NOT`` of one."""

    operator: Literal["AND", "OR", "NOT"]
    parts: tuple[Condition, ...]

    def __str__(self) -> str:
        texts = [f"({p})" if isinstance(p, Compound) else str(p) for p in self.parts]
        if self.operator == "NOT":
            return f"not {texts[0]}" if isinstance(self.parts[0], Compound) else f"not ({texts[0]})"
        return f" {self.operator.lower()} ".join(texts)


Condition: TypeAlias = Comparison | Compound


def quote(value: Value) -> str:
    """A literal as the grammar reads it back: text in double quotes, numbers shortest."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def quoted(column: str) -> pl.Expr:
    """`quote` for a whole text column."""
    text = pl.col(column).cast(pl.String)
    for plain, escape in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\r", "\\r")):
        text = text.str.replace_all(plain, escape, literal=True)
    return pl.concat_str(pl.lit('"'), text, pl.lit('"')).alias(column)


@cache
def parse(text: str) -> Condition:
    """Read a condition.

    Raises
    ------
    ValueError
        Saying what is not understood and at which character.
    """
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except SyntaxError as error:
        raise ValueError(f"not a condition: {text!r}, character {error.offset}") from None
    return _condition(tree, text)


def all_of(*conditions: Condition | None) -> Condition | None:
    """The conjunction of those given, flattened; None where there is none (all records)."""
    parts: list[Condition] = []
    for condition in conditions:
        if isinstance(condition, Compound) and condition.operator == "AND":
            parts.extend(condition.parts)
        elif condition is not None:
            parts.append(condition)
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else Compound("AND", tuple(parts))


def both(first: Condition, second: Condition) -> Condition:
    """The conjunction of two conditions."""
    joint = all_of(first, second)
    return first if joint is None else joint


def joined(text: str, also: Condition | None) -> str:
    """The text of the conjunction of a conjunction (empty: none) that is text and a condition."""
    if also is None or not text:
        return text if also is None else str(also)
    inner = isinstance(also, Compound) and also.operator != "AND"
    return f"{text} and ({also})" if inner else f"{text} and {also}"


@lru_cache(maxsize=2**12)
def of_dataset(condition: Condition, dataset: str) -> Condition:
    """The condition with `dataset` named in every comparison that names none."""
    if isinstance(condition, Comparison):
        return replace(condition, dataset=condition.dataset or dataset)
    return replace(condition, parts=tuple(of_dataset(p, dataset) for p in condition.parts))


def equals(variable: str, value: Value | None) -> Comparison:
    """``variable == value``; None is missing."""
    return Comparison(variable, "EQ", () if value is None else (value,))


def comparisons(condition: Condition | None) -> Iterator[Comparison]:
    """Every comparison in the tree, left to right."""
    if isinstance(condition, Comparison):
        yield condition
    elif condition is not None:
        for part in condition.parts:
            yield from comparisons(part)


def faults(condition: Condition, schema: Mapping[str, pl.DataType]) -> list[tuple[str, str]]:
    """Where the condition cannot be applied to these variables: (variable, what is wrong)."""
    found = []
    for c in comparisons(condition):
        kind = schema.get(c.variable)
        if kind is None:
            found.append((c.variable, "is not in the data"))
            continue
        for value in c.values:
            if isinstance(value, str) != (not kind.is_numeric()):
                wanted = "a number" if kind.is_numeric() else "text"
                found.append((c.variable, f"is compared with {quote(value)}; it holds {wanted}"))
            elif kind.is_temporal() and not _is_date(str(value)):
                found.append((c.variable, f"is a date; {quote(value)} is not an ISO 8601 date"))
    return found


def expression(condition: Condition | None, schema: Mapping[str, pl.DataType]) -> pl.Expr:
    """The condition for polars: a boolean, never null. None selects every record."""
    if condition is None:
        return pl.lit(True)
    if isinstance(condition, Compound):
        parts = [expression(part, schema) for part in condition.parts]
        if condition.operator == "NOT":
            return ~parts[0]
        return reduce(lambda a, b: a & b if condition.operator == "AND" else a | b, parts)
    return _comparison_expression(condition, schema[condition.variable])


def to_ars(condition: Condition, dataset: str, *, level: int = 1, order: int = 1) -> dict[str, Any]:
    """ARS v1.0 where-clause; `dataset` for the comparisons that name none."""
    place = {"level": level, "order": order}
    if isinstance(condition, Comparison):
        return place | {
            "condition": {
                "dataset": condition.dataset or dataset,
                "variable": condition.variable,
                "comparator": condition.comparator,
                "value": [v if isinstance(v, str) else quote(v) for v in condition.values],
            }
        }
    clauses = [
        to_ars(part, dataset, level=level + 1, order=i) for i, part in enumerate(condition.parts, 1)
    ]
    return place | {
        "compoundExpression": {"logicalOperator": condition.operator, "whereClauses": clauses}
    }


def _comparison_expression(c: Comparison, kind: pl.DataType) -> pl.Expr:
    column = pl.col(c.variable)
    values = [literal(value, kind) for value in c.values]
    if c.comparator in ("IN", "NOTIN"):
        inside = column.is_in(values).fill_null(False) if values else pl.lit(False)
        return inside if c.comparator == "IN" else ~inside
    if not values:
        return column.is_null() if c.comparator == "EQ" else column.is_not_null()
    value = pl.lit(values[0])
    match c.comparator:
        case "EQ":
            return column.eq(value).fill_null(False)
        case "NE":
            return column.ne(value).fill_null(True)
        case "GT":
            return column.gt(value).fill_null(False)
        case "GE":
            return column.ge(value).fill_null(False)
        case "LT":
            return column.lt(value).fill_null(False)
        case _:
            return column.le(value).fill_null(False)


def literal(value: Value, kind: pl.DataType) -> Value | dt.date | dt.datetime:
    """A value of a condition as polars compares it with a variable of this type."""
    if isinstance(value, str) and kind == pl.Date:
        return dt.date.fromisoformat(value)
    if isinstance(value, str) and isinstance(kind, pl.Datetime):
        return dt.datetime.fromisoformat(value)
    return value


def _is_date(text: str) -> bool:
    try:
        dt.datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _condition(node: ast.expr, text: str) -> Condition:
    if isinstance(node, ast.BoolOp):
        parts = tuple(_condition(value, text) for value in node.values)
        return Compound("AND" if isinstance(node.op, ast.And) else "OR", parts)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return Compound("NOT", (_condition(node.operand, text),))
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        return _comparison(node, text)
    raise _refusal('a comparison such as SAFFL == "Y" is expected', node, text)


def _comparison(node: ast.Compare, text: str) -> Comparison:
    comparator = _COMPARATORS.get(type(node.ops[0]))
    if comparator is None:
        raise _refusal("comparators are ==, !=, <, <=, >, >=, in, not in", node, text)
    dataset, variable = _name(node.left, text)
    right = node.comparators[0]
    if comparator in ("IN", "NOTIN"):
        if not isinstance(right, ast.List | ast.Tuple):
            raise _refusal("'in' needs a list in brackets", right, text)
        values = tuple(_value(item, text) for item in right.elts)
    elif isinstance(right, ast.Name) and right.id == MISSING:
        if comparator not in ("EQ", "NE"):
            raise _refusal("missing goes with == or !=", right, text)
        values = ()
    else:
        values = (_value(right, text),)
    return Comparison(variable, comparator, values, dataset)


def _name(node: ast.expr, text: str) -> tuple[str, str]:
    if isinstance(node, ast.Name) and node.id != MISSING:
        return "", node.id
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return node.value.id, node.attr
    raise _refusal("a variable is expected on the left", node, text)


def _value(node: ast.expr, text: str) -> Value:
    sign = 1.0
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        node, sign = node.operand, -1.0
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str) and sign > 0:
            return node.value
        if isinstance(node.value, int | float) and not isinstance(node.value, bool):
            return sign * float(node.value)
    raise _refusal("text in quotes or a number is expected", node, text)


def _refusal(why: str, node: ast.expr, text: str) -> ValueError:
    return ValueError(f"{why}: {text!r}, character {node.col_offset + 1}")
