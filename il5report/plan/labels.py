"""How coded values of the data are printed: the standard's terms in capitals, codes as words."""

from __future__ import annotations

from collections.abc import Mapping

from il5report.plan.base import Model


class Labels(Model):
    """`values`: of a variable, value to label. `sentence_case`: variables of fixed lists; a value
    in capitals without a label is printed as ``Not related`` for ``NOT RELATED``. Anything else,
    such as terms as reported or coded by a dictionary, is printed as it is in the data."""

    values: Mapping[str, Mapping[str, str]] = {}
    sentence_case: tuple[str, ...] = ()

    def of(self, variable: str, value: str) -> str:
        """The value as it is printed."""
        label = self.values.get(variable, {}).get(value)
        if label is not None:
            return label
        capitals = variable in self.sentence_case and value.isupper()
        return value.capitalize() if capitals else value
