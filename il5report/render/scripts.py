"""Data as scripts: a page opened from a folder may load a script, but may not fetch a file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from il5report.render.text import clean, name

Part: TypeAlias = tuple[str, Mapping[str, Any]]


def write_scripts(parts: Iterable[Part], assets: Path) -> None:
    """Write each part, named ``folder/key``, to ``assets/folder/key.js``.

    The script hands its data over to the page's ``il5report.add``.
    """
    for key, data in parts:
        folder, _, last = key.partition("/")
        (assets / folder).mkdir(exist_ok=True)
        path = assets / folder / f"{name(last)}.js"
        path.write_text(script(f"{folder}/{name(last)}", data), encoding="utf-8", newline="\n")


def script(key: str, data: Mapping[str, Any]) -> str:
    """One call with the data; texts as `clean` leaves them."""
    text = json.dumps(_cleaned(data), ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    return f"il5report.add({json.dumps(key)},{text});\n"


def _cleaned(value: Any) -> Any:
    match value:
        case str():
            return clean(value)
        case dict():
            return {key: _cleaned(item) for key, item in value.items()}
        case list() | tuple() if any(isinstance(v, str | list | tuple | dict) for v in value[:1]):
            return [_cleaned(item) for item in value]
    return value
