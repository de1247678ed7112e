"""One file per table, figure or listing: who is counted, which method, which rows, which order.

A file ``t_*.py``, ``f_*.py`` or ``l_*.py`` in a folder below this one declares one `OUTPUT`; its
name is the output's id. There is no other list of outputs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path

from il5report.output import Output


def names() -> dict[str, str]:
    """Every output's id, with the module that declares it."""
    here = Path(__file__).parent
    return {
        path.stem: f"{__name__}.{path.parent.name}.{path.stem}"
        for path in sorted(here.glob("*/[tfl]_*.py"))
    }


@cache
def load(name: str) -> Output:
    """The declaration of an output; KeyError for an unknown id."""
    output: Output = import_module(names()[name]).OUTPUT
    return output


class Catalogue(Mapping[str, Output]):
    """All outputs by id, each imported when asked for."""

    def __init__(self) -> None:
        self._names = names()

    def __getitem__(self, name: str) -> Output:
        if name not in self._names:
            raise KeyError(name)
        return load(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)
