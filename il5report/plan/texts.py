"""The writer's own text of the report's sections: ``text/<number>.md`` in the plan folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from il5report.errors import Finding, nearest

TEXT = "text"


def read_texts(folder: Path) -> tuple[dict[str, str], dict[str, bytes], list[Finding]]:
    """The texts of a plan folder.

    Parameters
    ----------
    folder : Path
        The plan folder; it need not hold any text.

    Returns
    -------
    dict of str
        Section number to its Markdown.
    dict of bytes
        File, relative to the plan folder, to its content.
    list of Finding
        Files that are no text of a section, or not UTF-8.
    """
    texts: dict[str, str] = {}
    contents: dict[str, bytes] = {}
    faults: list[Finding] = []
    for path in sorted((folder / TEXT).glob("*")):
        name = f"{TEXT}/{path.name}"
        if path.suffix != ".md":
            message = "the text of a section is a Markdown file named by its number (12.2.md)"
            faults.append(Finding("plan.file", message, place=name))
            continue
        contents[name] = path.read_bytes()
        try:
            texts[path.stem] = contents[name].decode("utf-8")
        except UnicodeDecodeError as error:
            message = f"not UTF-8 at byte {error.start}"
            faults.append(Finding("plan.encoding", message, place=name))
    return texts, contents, faults


def texts_of_no_section(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Texts for sections that the plan does not have: number and what is wrong."""
    known = [str(number) for number in data.get("sections") or {}]
    for number in map(str, data.get(TEXT) or {}):
        if number not in known:
            yield number, f"text for an unknown section {number!r}{nearest(number, known)}"
