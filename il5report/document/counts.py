"""Numbers as words of a sentence: a count of subjects, a value or why there is none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from il5report.display.model import Run
from il5report.display.rounding import percent
from il5report.display.view import Numbers
from il5report.document.english import capital, inside, plural, spelled


@dataclass(frozen=True)
class Count:
    """Subjects counted in a display, in one column: `n` of `total`; `group` is what the line stands
    under."""

    numbers: Numbers
    label: str
    group: str = ""

    @cached_property
    def n(self) -> int:
        return self.numbers.count("n")

    @cached_property
    def total(self) -> int:
        return self.numbers.count("N") if "N" in self.numbers.stats else 0

    def __bool__(self) -> bool:
        return self.n > 0

    @property
    def all(self) -> bool:
        """Whether everybody, and more than one, is counted."""
        return self.n == self.total > 1

    @property
    def subjects(self) -> Run:
        """``no subject``, ``one subject (5.0%)``, ``12 subjects (60.0%)``, ``all 20 subjects``."""
        return self._subjects(inside)

    @property
    def Subjects(self) -> Run:
        """The same at the beginning of a sentence, the number in words."""
        run = self._subjects(spelled)
        return Run(capital(run.text), run.refs)

    def _subjects(self, word: Callable[[int], str]) -> Run:
        if not self.n:
            return Run("no subject", self.numbers.refs("n"))
        every = "all " if self.all else ""
        share = "" if self.all or not self.total else f" ({self._percent()}%)"
        text = f"{every}{word(self.n)} {plural(self.n, 'subject')}{share}"
        return Run(text, self._refs)

    @property
    def of_total(self) -> Run:
        """``12 of 20 subjects (60.0%)``; ``none of 20 subjects``; ``no subject`` of nobody."""
        if not self.total:
            return self.subjects
        share = f" ({self._percent()}%)" if self.n else ""
        first = str(self.n) if self.n else "none"
        refs = self.numbers.refs("n", "N", "p")
        return Run(f"{first} of {self.total} {plural(self.total, 'subject')}{share}", refs)

    @property
    def Number(self) -> Run:
        """``Twenty-six subjects``, without a percentage."""
        text = f"{spelled(self.n)} {plural(self.n, 'subject')}" if self.n else "no subject"
        return Run(capital(text), self.numbers.refs("n"))

    @property
    def Nobody(self) -> Run:
        """``No subject``, where nobody could be counted."""
        return Run("No subject", self.numbers.refs("N"))

    @property
    def everybody(self) -> Run:
        """``20 subjects``: the denominator."""
        text = f"{inside(self.total)} {plural(self.total, 'subject')}"
        return Run(text, self.numbers.refs("N"))

    @property
    def ratio(self) -> Run:
        """``12/20``."""
        return Run(f"{self.n}/{self.total}", self.numbers.refs("n", "N"))

    @property
    def were(self) -> Run:
        """``was`` or ``were``: tells one from several, so it has the rows too."""
        return Run("was" if self.n < 2 else "were", self.numbers.refs("n"))

    def _percent(self) -> str:
        return "100" if self.n == self.total else percent(self.n, self.total)

    @property
    def _refs(self) -> tuple[int, ...]:
        return self.numbers.refs("n", "p") if "p" in self.numbers.stats else self.numbers.refs("n")


@dataclass(frozen=True)
class Value:
    """One number, or why there is none."""

    text: Run
    number: float | None
    reason: str
    unit: str

    @property
    def ne(self) -> bool:
        return self.number is None
