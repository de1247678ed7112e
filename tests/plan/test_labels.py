from __future__ import annotations

import pytest

from il5report.plan.labels import Labels

LABELS = Labels(
    values={"ETHNIC": {"NOT HISPANIC": "Not Hispanic"}, "CNSR": {"0": "N"}},
    sentence_case=("ETHNIC", "ADECOD"),
)


@pytest.mark.parametrize(
    ("variable", "value", "printed"),
    [
        ("ETHNIC", "NOT HISPANIC", "Not Hispanic"),
        ("ETHNIC", "UNKNOWN", "Unknown"),
        ("ADECOD", "LOST TO FOLLOW-UP", "Lost to follow-up"),
        ("ADECOD", "QT prolonged", "QT prolonged"),
        ("ADECOD", "<=450", "<=450"),
        ("ADECOD", "", ""),
        ("AETERM", "SEPSIS", "SEPSIS"),
        ("CNSR", "0", "N"),
        ("CNSR", "1", "1"),
    ],
)
def test_only_what_the_plan_names_changes(variable: str, value: str, printed: str) -> None:
    assert LABELS.of(variable, value) == printed
