"""A page of HTML taken apart with the standard library."""

from __future__ import annotations

from html.parser import HTMLParser

VOID = {"meta", "link", "br", "hr", "img", "input"}


class Page(HTMLParser):
    """Elements, ids and table cells of a page; refuses markup that does not nest.

    Attributes
    ----------
    elements : list of (tag, attributes)
    texts : list of str
        Cells of the rows of displays, in the order of reading.
    """

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []
        self.open: list[tuple[str, dict[str, str]]] = []
        self.feed(text)
        self.close()
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.elements.append((tag, attributes))
        if tag in VOID:
            return
        self.open.append((tag, attributes))
        if tag in {"td", "th"} and self._in_rows():
            self.texts.append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open[-1][0] == tag, f"</{tag}> closes {self.open[-1:]}"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        if self._in_rows() and any(tag in {"td", "th"} for tag, _ in self.open):
            self.texts[-1] += data

    def _in_rows(self) -> bool:
        """Inside the body of a display's table, and not in the line that says it is empty."""
        classes = {
            name for _, attributes in self.open for name in attributes.get("class", "").split()
        }
        tags = {tag for tag, _ in self.open}
        return "display" in classes and "tbody" in tags and "nothing" not in classes

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]
