"""The statistical methods and clinical rules in use, from their own metadata: the rule sets'
citations and marks, and of each statistical function what its docstring says."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from types import CodeType

import polars as pl

from il5report.derive.criteria import Criteria, Provenance
from il5report.derive.rule_sets import rule_sets
from il5report.display.model import Block, Items, Paragraph, Run
from il5report.document.english import capital, plural, spelled
from il5report.document.material import Material
from il5report.document.study import note, texts
from il5report.output import Context

ANALYSE, OUTPUTS = "il5report.analyse.", "il5report.outputs."
MARKS = {
    Provenance.READ: "Read in the source cited",
    Provenance.RECALLED: "Recalled, to be confirmed against the source",
    Provenance.COMPUTED: "Computed from other rules",
    Provenance.PROTOCOL: "Written by the study team in the plan",
}
_SECTION = re.compile(r"^(\w[\w ]*)\n-+\n(.*?)(?=^\w[\w ]*\n-+\n|\Z)", re.MULTILINE | re.DOTALL)


def rules(material: Material) -> tuple[Block, ...]:
    """The rule sets in short: name, version, source, how far they were checked."""
    found = rule_sets(material.plan)
    rows = [(c.name, c.version, c.citation, MARKS[c.provenance]) for c in found]
    table = texts(("Rule set", "Version", "Source", "Provenance"), rows)
    recalled = sum(c.provenance is Provenance.RECALLED for c in found)
    if not recalled:
        return table
    one = recalled == 1
    text = (
        f"{capital(spelled(recalled))} {plural(recalled, 'rule set')} "
        f"{'is' if one else 'are'} marked as recalled and must be confirmed against the source "
        f"before results that rest on {'it' if one else 'them'} are used."
    )
    return (*table, *note(text))


def rules_in_full(material: Material) -> tuple[Block, ...]:
    """What each rule set does, and what it decides where its source leaves a choice."""
    found: list[Block] = []
    for each in rule_sets(material.plan):
        found += _rule_set(each)
    return tuple(found)


def _rule_set(each: Criteria) -> Iterator[Block]:
    yield Paragraph((Run(f"{each.name}, {each.version}"),), "heading")
    mark = (
        Run(f"{MARKS[each.provenance]}.", style="strong")
        if each.provenance is Provenance.RECALLED
        else Run(f"{MARKS[each.provenance]}.")
    )
    yield Paragraph((Run(f"{each.text} "), Run(f"Source: {each.citation}. "), mark))
    if each.choices:
        yield Items(tuple((Run(choice),) for choice in each.choices))


def in_use(contexts: Sequence[Context]) -> dict[Callable[..., object], list[str]]:
    """The documented statistical functions that the displays call, with the displays' ids."""
    found: dict[Callable[..., object], list[str]] = {}
    for ctx in contexts:
        for function in _called(ctx.output.analyse, set()):
            if _part(function, "Source"):
                found.setdefault(function, []).append(ctx.id)
    return dict(sorted(found.items(), key=lambda item: (item[0].__module__, item[0].__name__)))


def _called(function: Callable[..., object], seen: set[object]) -> Iterator[Callable[..., object]]:
    """The functions of the statistics that a function of an output names, itself or through the
    functions of outputs that it names."""
    seen.add(function)
    for each in _named(function):
        if each not in seen:
            if each.__module__.startswith(ANALYSE):
                seen.add(each)
                yield each
            elif each.__module__.startswith(OUTPUTS):
                yield from _called(each, seen)


def _named(function: Callable[..., object]) -> Iterator[Callable[..., object]]:
    """Functions that a function's code names, as they are or in a module."""
    code, known = getattr(function, "__code__", None), getattr(function, "__globals__", {})
    names = list(dict.fromkeys(_names(code))) if code is not None else []
    for value in (known[name] for name in names if name in known):
        if inspect.ismodule(value) and f"{value.__name__}.".startswith((ANALYSE, OUTPUTS)):
            attributes = (getattr(value, name, None) for name in names)
            yield from filter(inspect.isfunction, attributes)
        elif inspect.isfunction(value):
            yield value


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _part(function: Callable[..., object], name: str) -> str:
    """A section of a docstring as one line of text."""
    doc = inspect.getdoc(function) or ""
    parts = dict(_SECTION.findall(doc))
    return _plain(parts.get(name, ""))


def _plain(text: str) -> str:
    return " ".join(text.replace("`", "").split())


def _first(function: Callable[..., object]) -> str:
    return _plain((inspect.getdoc(function) or "").split("\n\n", 1)[0])


def functions(material: Material) -> tuple[Block, ...]:
    """Each statistical method: what it computes, its source, the calls of R and SAS it equals."""
    used = in_use(material.contexts)
    numbers = {c.id: f"{c.output.kind.capitalize()} {c.entry.number}" for c in material.contexts}
    found: list[Block] = []
    for function, ids in used.items():
        where = [Run(numbers[ids[0]], target=ids[0])]
        more = len(ids) - 1
        where += [Run(f" and {more} more {plural(more, 'display')}")] if more else []
        found += [
            Paragraph((Run(_first(function)),), "heading"),
            Paragraph((Run("Used for "), *where, Run(f". Source: {_part(function, 'Source')}"))),
        ]
        ne = _part(function, "Not estimable")
        found += note(f"Not estimable: {ne}") if ne else ()
    return tuple(found)


def displays(material: Material) -> tuple[Block, ...]:
    """Every display: number, title, analysis set, estimand or what it is without one."""
    rows = [
        (
            f"{c.output.kind.capitalize()} {c.entry.number}",
            c.entry.title or c.output.title,
            c.analysis_set.label,
            " ".join(filter(None, (c.entry.estimand, c.entry.role and f"({c.entry.role})"))),
        )
        for c in material.contexts
    ]
    return texts(("Display", "Title", "Analysis set", "Estimand"), rows)


def named_methods(material: Material) -> tuple[Block, ...]:
    """The methods as the results name them, with the displays that use each."""
    if material.ard.is_empty():
        return ()
    order = [c.id for c in material.contexts]
    by_method = (
        material.ard.filter(pl.col("method") != "")
        .group_by("method", maintain_order=True)
        .agg(pl.col("output").unique(maintain_order=True).alias("outputs"), pl.len().alias("n"))
    )
    numbers = {c.id: f"{c.output.kind.capitalize()} {c.entry.number}" for c in material.contexts}
    rows = []
    for method, outputs, n in by_method.iter_rows():
        ids = sorted(outputs, key=order.index)
        more = f" and {len(ids) - 1} more" if len(ids) > 1 else ""
        rows.append((method, str(n), numbers[ids[0]] + more))
    return texts(("Method", "Results", "First in"), rows)
