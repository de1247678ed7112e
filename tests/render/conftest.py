"""The two sample documents in all formats, rendered once."""

from __future__ import annotations

import pytest

from il5report.render.html import render_html
from il5report.render.latex import render_latex
from il5report.render.pdf import render_pdf
from tests.render import sample
from tests.render.reports import Report


@pytest.fixture(scope="session", params=["sample", "hostile"])
def report(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Report:
    doc = sample.document(40) if request.param == "sample" else sample.hostile()
    folder = tmp_path_factory.mktemp(request.param)
    for render in (render_html, render_latex, render_pdf):
        render(doc, folder)
    return Report(doc, folder)
