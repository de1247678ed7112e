"""Reading ``term_lists.csv`` of a plan folder: standardised MedDRA queries and other lists."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping

from il5report.errors import Finding, nearest

FILE = "term_lists.csv"
COLUMNS = ("name", "scope", "term")
SCOPES = ("NARROW", "BROAD")


def read_term_lists(content: bytes) -> tuple[list[dict[str, str]], list[Finding]]:
    """The lines of the file, and every fault with its line.

    Parameters
    ----------
    content : bytes
        UTF-8 (a byte order mark is allowed), comma-separated, with a head: name, scope (NARROW or
        BROAD), term; the case of the head and of the scope does not matter.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return [], [Finding("plan.encoding", f"not UTF-8 at byte {error.start}", place=FILE)]
    lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        head = [name.strip().lower() for name in next(lines, [])]
        if sorted(head) != sorted(COLUMNS):
            message = f"the columns are {', '.join(COLUMNS)}, not {', '.join(head) or 'none'}"
            return [], [Finding("plan.term_list", message, place=f"{FILE}:1")]
        read = [(lines.line_num, [field.strip() for field in line]) for line in lines if any(line)]
    except csv.Error as error:
        return [], [Finding("plan.term_list", str(error), place=f"{FILE}:{lines.line_num}")]
    faults = [fault for number, line in read for fault in _faults(number, head, line)]
    entries = [dict(zip(head, line, strict=False)) for _, line in read]
    if faults:
        return [], faults
    return [entry | {"scope": entry["scope"].upper()} for entry in entries], []


def _faults(number: int, head: list[str], line: list[str]) -> Iterator[Finding]:
    place = f"{FILE}:{number}"
    if len(line) != len(head):
        yield Finding("plan.term_list", f"{len(line)} fields, not {len(head)}", place=place)
        return
    entry = dict(zip(head, line, strict=True))
    for name, value in entry.items():
        if not value:
            yield Finding("plan.term_list", f"no {name}", place=place)
    if entry["scope"] and entry["scope"].upper() not in SCOPES:
        message = f"scope {entry['scope']!r} is neither {' nor '.join(SCOPES)}"
        yield Finding("plan.term_list", message, place=place)


def unknown_lists(data: Mapping[str, object]) -> Iterator[Finding]:
    """Queries of the plan, as plain data, that name a list which the file does not have."""
    known = {entry["name"] for entry in _entries(data.get("term_lists"))}
    derivation = data.get("derivation")
    events = derivation.get("adverse_events") if isinstance(derivation, dict) else None
    queries = events.get("queries") if isinstance(events, dict) else None
    for variable, query in (queries or {}).items():
        name = query.get("term_list") if isinstance(query, dict) else None
        if name and name not in known:
            message = f"{variable}: no term list {name!r}{nearest(name, sorted(known))}"
            yield Finding("plan.term_list", message)


def _entries(lists: object) -> list[dict[str, str]]:
    return [entry for entry in lists if isinstance(entry, dict)] if isinstance(lists, list) else []
