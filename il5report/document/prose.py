"""The text of a section: a template of ``templates/csr`` (Jinja over Markdown) with its numbers
looked up in the ARD. What a template prints is text with its rows, never markup."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from jinja2 import Undefined, nodes
from jinja2.ext import Extension
from markupsafe import Markup

from il5report.display.model import Block, Display, Paragraph, Run, Table
from il5report.document.counts import Value
from il5report.document.english import capital, inside, plural, small, spelled
from il5report.document.lookup import AbsentError, Lookup
from il5report.document.markdown import MARK, MarkdownError, Source, blocks
from il5report.plan import Plan
from il5report.templating import LookupFault, TemplateError, environment, fill

Make = Callable[[], Sequence[Block]]
GAP = "\ue002"  # stands for a blank line until the tags around it are gone
EMPTY = re.compile(r"\n\s*\n")
_TAGS = re.compile(r"\s*(\{%((?!%\}).)*%\}\s*)+")


class SentenceTag(Extension):
    """``{% sentence %}...{% endsentence %}``: left out where the plan lacks a display it uses.

    Only a blank line of the template ends a paragraph: a line that turns out empty does not, a line
    of tags leaves no trace, and a line of text may end with a tag.
    """

    tags = {"sentence"}  # noqa: RUF012 - as the base class declares it

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        return "\n".join(map(_line, source.split("\n")))

    def parse(self, parser: Any) -> nodes.Node:
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endsentence",), drop_needle=True)
        call = self.call_method("said", [])
        return nodes.CallBlock(call, [], [], body).set_lineno(line)

    def said(self, caller: Callable[[], str]) -> str:
        try:
            return caller() + Markup(" ")
        except AbsentError:
            return Markup("")


def _line(line: str) -> str:
    """A line of a template, so that Jinja keeps what its layout means."""
    if not line.strip():
        return GAP
    return f"{line} " if line.endswith("%}") and not _TAGS.fullmatch(line) else line


@dataclass(frozen=True)
class Text:
    """Plain text that a template prints, of the plan: not parsed, and no number of the results."""

    text: str


@dataclass
class _Store:
    """What was printed so far, by the number of its mark."""

    runs: list[tuple[Run, ...]]
    inserted: dict[int, Sequence[Block]]
    places: int = 0

    def mark(self, runs: Iterable[Run] = (), inserted: Sequence[Block] | None = None) -> Markup:
        self.runs.append(tuple(runs))
        mark = MARK.format(len(self.runs) - 1)
        if inserted is not None:
            self.inserted[len(self.runs) - 1] = inserted
            mark = f"{GAP}{mark}{GAP}"
        return Markup(mark)


class Prose:
    """The templates of one document, with what they may call.

    Parameters
    ----------
    folder : str
        Below ``templates``.
    plan : Plan
    lookup : Lookup
        The displays and their numbers.
    insertions : Mapping
        What ``insert(name)`` puts in place of its paragraph.
    targets : Mapping
        What links may lead to, and their text.
    """

    def __init__(
        self,
        folder: str,
        plan: Plan,
        lookup: Lookup,
        insertions: Mapping[str, Make],
        targets: Mapping[str, str],
    ) -> None:
        self._plan, self._lookup = plan, lookup
        self._insertions, self._targets = insertions, targets
        self._store = _Store([], {})
        self._own: Sequence[Block] = ()
        self._named: set[str] = set()
        self._in_text: dict[str, int] = {}
        self._chapter = ""
        self._env = environment(
            folder, autoescape=True, finalize=self._printed, extensions=[SentenceTag]
        )
        self._env.globals.update(self._globals())
        self._env.filters.update(
            small=small, capital=_capital, inside=inside, planned=lambda n: Text(f"{n:g}")
        )

    def has(self, number: str) -> bool:
        """Whether a section has a template."""
        return f"{number}.md" in self._env.list_templates()

    def section(self, number: str, own: Sequence[Block] = ()) -> list[Block]:
        """The blocks of a section; `own` is the writer's text: in place of the marked place, or
        after the text of the template."""
        self._store, self._own = _Store([], {}), own
        self._named = set()
        self._chapter = number.split(".", 1)[0]
        name = f"{number}.md"
        text = fill(self._env, name, plan=self._plan, number=number)
        text = EMPTY.sub("\n", text).replace(GAP, "\n\n")
        source = Source(text, self._targets, self._store.runs, self._store.inserted)
        try:
            made = blocks(source)
        except MarkdownError as fault:
            raise TemplateError(str(fault), name) from fault
        return [*made, *(() if self._store.places else own)]

    def _globals(self) -> Mapping[str, Any]:
        lookup = self._lookup
        names = (
            "shown", "below", "has", "title", "size", "count", "counts", "by_column",
            "value", "interval", "unit", "days", "options", "label", "set_of", "characteristic",
        )  # fmt: skip
        return {
            **{name: getattr(lookup, name) for name in names},
            "ref": self._ref,
            "by": self._by,
            "unnamed": self._unnamed,
            "of_kind": self._of_kind,
            "insert": self._insert,
            "in_text": self._in_text_copy,
            "place": self._place,
            "joined": self._joined,
            "columns_said": self._columns_said,
            "plural": plural,
            "spelled": spelled,
            "words": self._words(),
            "few_at_risk": self._plan.conventions.few_at_risk,
        }

    def _words(self) -> Mapping[str, str]:
        c = self._plan.conventions
        return {"conf": f"{100 * c.conf_level:g}%", "ae_grading": self._plan.grading.ae}

    def _printed(self, value: object) -> Markup:
        """What a template prints becomes a mark; its text is never read as Markdown."""
        if isinstance(value, Markup):
            return value
        if isinstance(value, Undefined):
            return Markup(str(value))  # raises: names that do not exist are errors
        if isinstance(value, Value):
            return self._store.mark((value.text,))
        if isinstance(value, Run):
            return self._store.mark((value,))
        if isinstance(value, tuple) and all(isinstance(run, Run) for run in value):
            return self._store.mark(value)
        if isinstance(value, Text | str):
            text = value.text if isinstance(value, Text) else value
            return self._store.mark((Run(text),))
        raise LookupFault(
            f"{value!r} ({type(value).__name__}) is no text: a number of the results is printed "
            "with its rows, one of the plan through the filter planned"
        )

    def _ref(self, key: str) -> Run:
        display = self._lookup.display(key)
        self._named.add(key)
        return Run(named(display), target=key)

    def _by(self, key: str) -> Text:
        """``By dose level``, where that is what the columns beside the total are."""
        labels = {column.label for column in self._lookup.parts(key)}
        return Text("By dose level" if labels <= self._plan.treatments.keys() else "By column")

    def _unnamed(self, *numbers: str) -> list[str]:
        """The displays under headings that the section has not referred to yet."""
        found = (key for number in numbers for key in self._lookup.below(number))
        return [key for key in found if key not in self._named]

    def _of_kind(self, keys: Iterable[str], kind: str) -> list[Run]:
        """The numbers alone of the displays of a kind."""
        displays = {key: self._lookup.display(key) for key in keys}
        return [Run(d.number, target=key) for key, d in displays.items() if d.kind == kind]

    def _insert(self, name: str) -> Markup:
        if name not in self._insertions:
            raise LookupFault(f"there is nothing named {name!r} to insert")
        return self._store.mark(inserted=self._insertions[name]())

    def _place(self, text: str) -> Markup:
        """A place for the writer, who may have filled it."""
        self._store.places += 1
        first = self._store.places == 1
        if self._own:
            return self._store.mark(inserted=self._own if first else ())
        return self._store.mark(inserted=(Paragraph((Run(text),), "place"),))

    def _in_text_copy(self, key: str) -> Markup:
        """The display's table once more in the text, under a number of the chapter."""
        original = self._lookup.display(key)
        if not isinstance(original.body, Table):
            raise LookupFault(f"{key} is no table")
        self._in_text[self._chapter] = self._in_text.get(self._chapter, 0) + 1
        copy = replace(
            original,
            id=f"text-{original.id}",
            number=f"{self._chapter}-{self._in_text[self._chapter]}",
            footnotes=(), source="", in_text=True,
        )  # fmt: skip
        source = Run(f"Source: {named(original)}", target=original.id)
        notes = Paragraph((source, Run(", with its footnotes.")))
        return self._store.mark(inserted=(copy, notes))

    def _joined(self, parts: Iterable[object], last: str = "and") -> Markup:
        """``a, b and c`` of things that can be printed."""
        made = [self._printed(part) for part in parts]
        if len(made) < 2:
            return Markup("").join(made)
        return Markup(", ").join(made[:-1]) + Markup(f" {last} ") + made[-1]

    def _columns_said(self, key: str, analysis: str, **place: Any) -> Markup:
        """``1/3 (Dose level 1) and 2/6 (Dose level 2)``, of the columns with anybody."""
        found = self._lookup.by_column(key, analysis, **place)
        parts = [
            self._printed(count.ratio) + Markup(" (") + self._printed(label) + Markup(")")
            for label, count in found
            if count.total
        ]
        return self._joined(parts)


def named(display: Display) -> str:
    """``Table 14.3.1.6``."""
    return f"{display.kind.capitalize()} {display.number}"


def _capital(value: object) -> object:
    return (
        replace(value, text=capital(value.text)) if isinstance(value, Run) else capital(str(value))
    )
