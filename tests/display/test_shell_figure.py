"""The mock shell of a figure keeps what the plan fixes and nothing of the data."""

from __future__ import annotations

import re

from il5report.display.plot import drawing, finished, house_style
from il5report.display.shell import masked
from il5report.display.shell_figure import emptied


def texts(svg: str) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


def test_axes_titles_and_legend_stay_and_the_data_go() -> None:
    with house_style("t"):
        made, axes = drawing(120, 80)
        axes.plot([1, 2, 3], [10, 17, 3], label="Dose level 1 (N=3)", color="#0072B2")
        axes.bar([1, 2], [5, 6], color="#D55E00")
        axes.scatter([1, 2], [3, 4], color="#009E73")
        axes.fill_between([1, 2], [3, 4], [5, 6], color="#56B4E9")
        axes.set_xlabel("Time, months")
        axes.set_ylabel("Copies/µg")
        axes.text(2, 5, "IL5-DEMO-01-007")
        axes.legend()
        figure = finished(made, "A line.", (1, 2))
    shell = emptied(figure, masked)
    shown = texts(shell.svg)
    assert {"Time, months", "Copies/µg", "Dose level 1 (N=xx)", "xxx"} <= set(shown)
    assert not [text for text in shown if re.search(r"\d", text.replace("Dose level 1", ""))]
    assert any(re.fullmatch(r"xx(\.x+)?", text) for text in shown), "numbers of the ticks"
    drawn = figure.svg.lower()
    for colour in ("#d55e00", "#009e73", "#56b4e9"):
        assert colour in drawn and colour not in shell.svg.lower()
    assert shell.svg.lower().count("#0072b2") == 1, "the legend keeps its line"
    sides = "stroke: #444444; stroke-width: 0.6; stroke-linejoin: miter"
    assert shell.svg.count(sides) == figure.svg.count(sides) == 2
    assert (shell.width_mm, shell.height_mm) == (figure.width_mm, figure.height_mm)
    assert not shell.refs and not shell.marks


def test_a_scheme_without_axes_keeps_its_boxes() -> None:
    with house_style("t"):
        made, axes = drawing(120, 80)
        axes.set_axis_off()
        for x, text in ((0.2, "Enrolled\nn = 23"), (0.8, "Screen failure: n = 3\nCriterion 1: 2")):
            axes.text(x, 0.5, text, bbox={"boxstyle": "round"})
        figure = finished(made, "A flow.", ())
    shell = emptied(figure, masked)
    assert shell.svg.count("<path") == figure.svg.count("<path")
    assert texts(shell.svg) == ["Enrolled", "n = xx", "Screen failure: n = xx", "Criterion 1: xx"]
