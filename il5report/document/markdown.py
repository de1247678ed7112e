"""A small part of Markdown as blocks: paragraphs, headings, lists, tables, emphasis, links to the
report's own displays and sections (``[](#t_crs)``). Everything else, HTML and TeX too, is text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Literal, TypeAlias

from il5report.display.model import Block, Cell, Head, Items, Paragraph, Row, Run, Table
from il5report.errors import nearest

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

RULES = ("table", "list", "heading", "emphasis", "escape", "link", "newline")
MARK = "\ue000{}\ue001"
_MARK = re.compile("\ue000(\\d+)\ue001")
_SPACES = re.compile(r"[ \t\n]+")
Style: TypeAlias = Literal["plain", "strong", "emphasis"]


class MarkdownError(Exception):
    """Text that uses what this part of Markdown does not have; `line` counts from 1."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True)
class Source:
    """Markdown and what its marks stand for.

    Attributes
    ----------
    text : str
    targets : Mapping
        What a link may lead to, with the text of a link that has none of its own.
    runs : sequence of runs
        What stands at ``MARK.format(i)`` inside a paragraph.
    inserted : Mapping of int to blocks
        The same for a paragraph that is a mark alone.
    """

    text: str
    targets: Mapping[str, str] = field(default_factory=dict)
    runs: Sequence[tuple[Run, ...]] = ()
    inserted: Mapping[int, Sequence[Block]] = field(default_factory=dict)


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("zero").enable(list(RULES))


def blocks(source: Source) -> list[Block]:
    """The text as blocks.

    Raises
    ------
    MarkdownError
        A link that leads nowhere, or a list inside a list.
    """
    return list(_blocks(iter(_parser().parse(source.text)), source))


def _blocks(tokens: Iterator[Token], source: Source) -> Iterator[Block]:
    for token in tokens:
        if token.type in ("paragraph_open", "heading_open"):
            yield from _paragraph(next(tokens), token.type == "heading_open", source)
        elif token.type in ("bullet_list_open", "ordered_list_open"):
            yield _items(tokens, token, source)
        elif token.type == "table_open":
            yield _table(tokens, source)


def _paragraph(token: Token, heading: bool, source: Source) -> Iterator[Block]:
    alone = _MARK.fullmatch(token.content.strip())
    if alone and int(alone[1]) in source.inserted:
        yield from source.inserted[int(alone[1])]
        return
    runs = _runs(token, source)
    if runs:
        yield Paragraph(runs, "heading" if heading else "text")


def _items(tokens: Iterator[Token], opening: Token, source: Source) -> Items:
    closing = opening.type.replace("open", "close")
    items: list[tuple[Run, ...]] = []
    for token in tokens:
        if token.type == closing:
            break
        if token.type == "list_item_open":
            items.append(())
        elif token.type == "inline":
            items[-1] = (*items[-1], *((Run(" "),) if items[-1] else ()), *_runs(token, source))
        elif token.type.endswith("_list_open") or token.type == "table_open":
            raise MarkdownError("a list or table inside a list is not supported", _line(token))
    return Items(tuple(filter(None, items)), opening.type.startswith("ordered"))


def _table(tokens: Iterator[Token], source: Source) -> Table:
    rows: list[list[Cell]] = []
    for token in tokens:
        if token.type == "table_close":
            break
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            runs = _runs(token, source)
            refs = tuple(ref for run in runs for ref in run.refs)
            rows[-1].append(Cell("".join(run.text for run in runs), refs=refs))
    heads = tuple(Head(cell.text) for cell in rows[0])
    return Table(heads, tuple(Row(first.text, tuple(rest)) for first, *rest in rows[1:]))


def _runs(token: Token, source: Source) -> tuple[Run, ...]:
    """The runs of a paragraph, white space collapsed, none at its ends."""
    runs: list[Run] = []
    styles: list[Style] = ["plain"]
    target = ""
    for child in token.children or ():
        if child.type in ("strong_open", "em_open"):
            styles.append("strong" if child.type == "strong_open" else "emphasis")
        elif child.type in ("strong_close", "em_close"):
            styles.pop()
        elif child.type == "link_open":
            target = _target(str(child.attrGet("href")), source.targets, _line(token))
            runs.append(Run("", (), target, styles[-1]))
        elif child.type == "link_close":
            if not runs[-1].text:
                runs[-1] = replace(runs[-1], text=source.targets[target])
            target = ""
        else:
            text = " " if child.type.endswith("break") else child.content
            runs += _marked(text, Run("", (), target, styles[-1]), source)
    return _trimmed(runs)


def _marked(text: str, like: Run, source: Source) -> Iterator[Run]:
    """The text with what its marks stand for, in the style that stands around it."""
    for i, piece in enumerate(_MARK.split(text)):
        if i % 2 == 0:
            yield replace(like, text=piece)
            continue
        for run in source.runs[int(piece)]:
            style = like.style if run.style == "plain" else run.style
            yield replace(run, style=style, target=run.target or like.target)


def _trimmed(runs: Sequence[Run]) -> tuple[Run, ...]:
    """Neighbours that differ in nothing but text as one; single spaces."""
    found: list[Run] = []
    for run in runs:
        last = found[-1] if found else Run(" ")
        text = _SPACES.sub(" ", run.text)
        if last.text.endswith(" "):
            text = text.lstrip(" ")
        if not text:
            continue
        if found and not run.refs and not last.refs and replace(run, text="") == replace(
            last, text=""
        ):  # fmt: skip
            found[-1] = replace(last, text=last.text + text)
        else:
            found.append(replace(run, text=text))
    if found and found[-1].text.endswith(" "):
        found[-1] = replace(found[-1], text=found[-1].text.rstrip(" "))
    return tuple(run for run in found if run.text)


def _target(href: str, targets: Mapping[str, str], line: int) -> str:
    name = href.removeprefix("#")
    if not href.startswith("#") or name not in targets:
        hint = nearest(name, sorted(targets))
        raise MarkdownError(f"a link leads to {href!r}, which is not in the report{hint}", line)
    return name


def _line(token: Token) -> int:
    return token.map[0] + 1 if token.map else 1
