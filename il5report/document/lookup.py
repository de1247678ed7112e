"""Numbers for sentences: each is looked up in the ARD and carries its rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import polars as pl

from il5report.display.model import Display, Run
from il5report.display.rounding import fixed, p_value, significant
from il5report.display.view import NE, Numbers, View, percent_value, unit_text
from il5report.document.counts import Count, Value
from il5report.document.english import small
from il5report.document.material import Material
from il5report.errors import nearest
from il5report.output import Column, Context
from il5report.templating import LookupFault

Show = Callable[[float], str]
PLACES = ("group", "variable", "level", "paramcd", "visit")


class AbsentError(LookupFault):
    """A sentence uses a display (or its total column) that the plan does not have."""


class Lookup:
    """The displays of the report and their numbers, by id."""

    def __init__(self, material: Material) -> None:
        self._made = {
            ctx.id: (ctx, display)
            for ctx, display in zip(material.contexts, material.displays, strict=True)
        }
        self._ard = material.ard
        self._views: dict[str, View] = {}

    def shown(self, key: str) -> bool:
        """Whether the plan has the display."""
        return key in self._made

    def below(self, number: str) -> list[str]:
        """The tables and figures under a heading of the plan, in order; none without it."""
        return [
            key
            for key, (ctx, display) in self._made.items()
            if number in ctx.plan.sections
            and f"{display.number}.".startswith(f"{number}.")
            and display.kind != "listing"
        ]

    def display(self, key: str) -> Display:
        return self._entry(key)[1]

    def context(self, key: str) -> Context:
        return self._entry(key)[0]

    def title(self, key: str) -> str:
        """The display's title as it stands inside a sentence."""
        return small(self.display(key).title)

    def set_of(self, key: str) -> str:
        """The label of the display's analysis set."""
        return self.context(key).analysis_set.label

    def column(self, key: str) -> str:
        """The column of all subjects: the total, or the only one."""
        columns = self.context(key).columns
        if len(columns) > 1 and columns[-1].where is not None:
            raise AbsentError(f"{key} has no column of all subjects")
        return columns[-1].label

    def parts(self, key: str) -> tuple[Column, ...]:
        """The columns beside the total."""
        return tuple(c for c in self.context(key).columns if c.where is not None)

    def view(self, key: str) -> View:
        if key not in self._views:
            self._entry(key)
            self._views[key] = View(self._ard.filter(pl.col("output") == key))
        return self._views[key]

    def has(self, key: str, analysis: str, stat: str = "", **place: Any) -> bool:
        """Whether the display is there and has numbers (this one) at the place."""
        if not self.shown(key):
            return False
        found = self._at(key, analysis, place)
        return bool(found) and (not stat or stat in found.stats)

    def size(self, key: str) -> Count:
        """The subjects of the display's set."""
        numbers = self.numbers(key, "columns")
        return Count(Numbers({"n": numbers.stats["N"]}), self.context(key).analysis_set.label)

    def count(self, key: str, analysis: str, **place: Any) -> Count:
        """The subjects counted at a place, in the column of all subjects."""
        group = place.get("group") or ""
        label = place.get("level") or group
        return Count(self.numbers(key, analysis, **place), label, group if group != label else "")

    def counts(self, key: str, analysis: str, **place: Any) -> list[Count]:
        """Every count of an analysis in the column of all subjects, in the display's order."""
        found = self.view(key).only(analysis, column=self.column(key), **place)
        places = found.filter(pl.col("stat_name") == "n").select(PLACES).unique(maintain_order=True)
        return [self.count(key, analysis, **row) for row in places.to_dicts()]

    def by_column(self, key: str, analysis: str, **place: Any) -> list[tuple[str, Count]]:
        """The count at a place in each column beside the total."""
        return [
            (c.label, Count(self.numbers(key, analysis, column=c.label, **place), c.label))
            for c in self.parts(key)
        ]

    def value(self, key: str, analysis: str, stat: str, show: str | int, **place: Any) -> Value:
        """One number; `show`: ``percent``, ``p``, ``time``, or decimals (significant: ``"3s"``)."""
        numbers = self.numbers(key, analysis, **place)
        if stat not in numbers.stats:
            known = nearest(stat, sorted(numbers.stats))
            raise LookupFault(f"{key}: no statistic {stat!r} at {analysis!r}{known}")
        value, reason, row = numbers.stats[stat]
        unit = self.view(key).ard.filter(pl.col("row") == row)["unit"][0]
        shown = NE if value is None else self._show(key, show)(value)
        return Value(Run(shown, (row,)), value, reason, unit_text(unit))

    def interval(self, key: str, analysis: str, show: str | int, **place: Any) -> tuple[Run, ...]:
        """``95% CI 36.1% to 80.9%``; a limit that is not estimable is NE."""
        low, high = (
            self.value(key, analysis, stat, show, **place).text for stat in ("lower", "upper")
        )
        conf = self.context(key).words["conf"]
        if low.text == high.text == NE:
            return (Run(f"{conf} CI not estimable", (*low.refs, *high.refs)),)
        sign = "%" if show == "percent" else ""
        texts = [run.text if run.text == NE else f"{run.text}{sign}" for run in (low, high)]
        return (
            Run(f"{conf} CI "),
            Run(texts[0], low.refs), Run(" to "), Run(texts[1], high.refs),
        )  # fmt: skip

    def characteristic(self, key: str, variable: str) -> Any:
        """What the plan says of a variable that the display describes: its label and digits."""
        found = [c for c in self.options(key).characteristics if c.variable == variable]
        if not found:
            raise LookupFault(f"{key} does not describe {variable!r}")
        return found[0]

    def label(self, key: str, level: str) -> str:
        """The plan's words for a level."""
        return next(
            (
                str(known[level])
                for name in ("levels", "at_least")
                for known in [getattr(self.options(key), name, {})]
                if level in known
            ),
            level,
        )

    def unit(self, key: str) -> str:
        """The unit in which the display prints times."""
        return str(getattr(self.options(key), "unit", "days"))

    def days(self, key: str, time: float) -> float:
        """A time of the plan, in the display's unit, as the ARD has it: in days."""
        per = self.context(key).plan.conventions.days_per_month
        return time * per if self.unit(key) == "months" else time

    def options(self, key: str) -> Any:
        """What the plan says of the display."""
        ctx = self.context(key)
        return ctx.options(ctx.output.options)

    def numbers(self, key: str, analysis: str, **place: Any) -> Numbers:
        """The numbers at a place; a fault of the template where there are none."""
        found = self._at(key, analysis, place)
        if not found:
            said = ", ".join(f"{name}={value!r}" for name, value in place.items())
            rows = self.view(key).ard
            known = rows["analysis"].unique(maintain_order=True).to_list()
            hint = nearest(analysis, known)
            if analysis in known:
                mine = rows.filter(pl.col("analysis") == analysis)
                name = next((n for n in PLACES if n in place), "level")
                hint = nearest(str(place.get(name, "")), mine[name].unique().sort().to_list())
            raise LookupFault(f"{key} has no number at {analysis!r} {said}{hint}")
        return found

    def _at(self, key: str, analysis: str, place: Mapping[str, Any]) -> Numbers:
        """The numbers at exactly this place, else at the only one that is so far like it."""
        where = {"column": self.column(key), **place}
        found = self.view(key).at(analysis, **where)
        if found:
            return found
        like = self.view(key).only(analysis, **where).select("column", *PLACES, "time").unique()
        if like.height != 1:
            return found
        return self.view(key).at(analysis, **like.to_dicts()[0])

    def _entry(self, key: str) -> tuple[Context, Display]:
        if key not in self._made:
            raise AbsentError(f"the plan has no display {key!r}")
        return self._made[key]

    def _show(self, key: str, show: str | int) -> Show:
        if isinstance(show, int):
            return lambda value: fixed(value, show)
        if show == "time":
            return self._time(key)
        if show == "percent":
            return percent_value
        if show == "p":
            return p_value
        digits = int(show.removesuffix("s"))
        return lambda value: significant(value, digits)

    def _time(self, key: str) -> Show:
        digits = int(getattr(self.options(key), "digits", 0))
        days = self.context(key).plan.conventions.days_per_month
        per = days if self.unit(key) == "months" else 1.0
        return lambda value: fixed(value / per, digits)
