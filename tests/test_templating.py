from __future__ import annotations

from pathlib import Path

import pytest

from il5report import templating as env


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "html").mkdir()
    monkeypatch.setattr(env, "templates", lambda: tmp_path)
    return tmp_path / "html"


def test_templates_are_found() -> None:
    assert {p.name for p in env.templates().iterdir()} == {"csr", "html", "latex", "sap", "typst"}


@pytest.mark.parametrize(
    ("template", "place"),
    [
        ("a\n\n{{ nobody }}\n", "page.txt, line 3: 'nobody' is undefined"),
        ("{{ doc.nobody }}", "line 1: .*no attribute 'nobody'"),
        ("a\n{% include 'part.txt' %}", "part.txt, line 2: 'inner' is undefined"),
        ("a\n{% if %}", "page.txt, line 2: "),
        ("{% include 'absent.txt' %}", "page.txt: no such template .*absent.txt"),
    ],
)
def test_fault_in_a_template_names_file_and_line(folder: Path, template: str, place: str) -> None:
    (folder / "page.txt").write_text(template)
    (folder / "part.txt").write_text("\n{{ inner }}")
    with pytest.raises(env.TemplateError, match=place):
        env.fill(env.environment("html"), "page.txt", doc=1)
