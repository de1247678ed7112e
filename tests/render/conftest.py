"""The two sample documents in all formats, rendered once."""

from __future__ import annotations

from pathlib import Path

import pytest

from il5report.display.model import Document
from il5report.render.html import render_html
from il5report.render.latex import render_latex
from il5report.render.pdf import render_pdf
from tests.render import sample
from tests.render.reports import Report


def rendered(doc: Document, folder: Path) -> Report:
    for render in (render_html, render_latex, render_pdf):
        render(doc, folder)
    return Report(doc, folder)


@pytest.fixture(scope="session")
def usual(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """A report such as reports are."""
    return rendered(sample.document(70), tmp_path_factory.mktemp("usual"))


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """A report in which every text is hostile."""
    return rendered(sample.hostile(), tmp_path_factory.mktemp("hostile"))


@pytest.fixture(params=["usual", "hostile"])
def report(request: pytest.FixtureRequest) -> Report:
    """Each of the two."""
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Report)
    return found
