"""The house rules, read from the sources: imports point one way, no clock, nothing swallowed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

PACKAGE = ROOT / "il5report"
SOURCES = sorted(PACKAGE.rglob("*.py"))

# What a room may import from the package; a room not named here may not be imported either.
ALLOWED = {
    "errors": set(),
    "conditions": set(),
    "resources": set(),
    "analyse": {"analyse"},
    "data": {"data", "errors"},
    "plan": {"plan", "conditions", "errors"},
    "derive": {"derive", "analyse", "conditions", "data", "errors", "masks", "plan"},
    "masks": {"conditions"},
    "records": {"conditions", "data", "masks"},
    "trace": {"conditions", "data", "masks", "records"},
    "ard": {"analyse", "conditions", "data", "trace"},
    "display": {"display"},
    "disclosure": {"disclosure", "ard", "data", "display", "errors", "outputs", "plan"},
    "provenance": {"ard", "conditions", "data", "plan", "trace"},
    "output": {"ard", "conditions", "data", "display", "masks", "plan", "records"},
    "outputs": {
        "outputs", "output", "analyse", "ard", "conditions", "display", "errors", "masks", "plan",
    },
    "templating": {"errors", "resources"},
    "render": {"render", "display", "resources", "templating"},
    "check": {"conditions", "data", "errors", "output", "plan"},
    "document": {
        "document", "conditions", "data", "derive", "display", "errors", "output", "plan",
        "templating",
    },
    "examined": {"data", "display", "document", "errors", "files", "plan", "render", "report"},
    "quality": {"display", "outputs"},
    "example": {
        "check", "conditions", "data", "derive", "errors", "output", "plan",
    },
    "shells": {"display", "document", "example", "files", "output", "plan", "render", "report",
               "workers"},
    "files": {"__init__"},
    "report": {
        "ard", "check", "data", "derive", "disclosure", "display", "document", "errors", "files",
        "one_display", "output", "outputs", "plan", "provenance", "quality", "records",
        "render", "resources", "workers",
    },
    "workers": {"display", "output"},
    "one_display": {"ard", "conditions", "output", "workers"},
    "cli": {"data", "errors", "examined", "plan", "report", "resources", "workers", "shells"},
    "__main__": {"cli"},
    "__init__": set(),
}  # fmt: skip
HEAVY = {"lifelines", "pandas", "matplotlib", "scipy.stats", "typst", "pikepdf", "pyreadstat"}


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """Modules imported, and whether at the top of the module."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    at_top = {id(node) for node in tree.body}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [a.name for a in node.names] if node.module == "il5report" else []
            for name in names or [""]:
                yield f"{node.module}.{name}".rstrip("."), id(node) in at_top
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, id(node) in at_top


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_imports_point_one_way(path: Path) -> None:
    for module, _ in imports(path):
        if module.startswith("il5report."):
            target = module.split(".")[1]
            if target.startswith("__version"):
                target = "__init__"
            assert target in ALLOWED[room(path)], f"{path.name} imports {module}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_heavy_packages_are_imported_where_used(path: Path) -> None:
    for module, at_top in imports(path):
        heavy = any(module == name or module.startswith(f"{name}.") for name in HEAVY)
        assert not (heavy and at_top), f"{path.name} imports {module} when it is loaded"


def test_analysis_sees_no_frame_and_display_no_method() -> None:
    for path in SOURCES:
        modules = {module.split(".")[0] for module, _ in imports(path)}
        if room(path) == "analyse":
            assert "polars" not in modules, path.name
        if room(path) in {"display", "render"}:
            assert "scipy" not in modules


def test_no_clock_and_no_unseeded_randomness() -> None:
    forbidden = re.compile(
        r"\b(datetime\.now|date\.today|utcnow|time\.time|np\.random\.(?!default_rng|Generator|SeedSequence)"
        r"|default_rng\(\)|random\.random)"
    )
    for path in SOURCES:
        assert not forbidden.search(path.read_text(encoding="utf-8")), path.name


def test_nothing_is_executed_and_nothing_swallowed() -> None:
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in {"eval", "exec", "compile"}, path.name
            if isinstance(node, ast.ExceptHandler):
                assert node.type is not None, f"{path.name}: bare except"
                named = ast.unparse(node.type)
                assert named not in {"Exception", "BaseException"}, f"{path.name}: except {named}"


def test_every_output_is_one_file_that_declares_one_output() -> None:
    for path in sorted((PACKAGE / "outputs").glob("*/*.py")):
        if path.name != "__init__.py":
            assert re.match(r"[tfl]_[a-z0-9_]+\.py", path.name)
            assert path.read_text(encoding="utf-8").count("\nOUTPUT = Output(") == 1


def test_the_code_names_no_study() -> None:
    words = (
        "xanomeline",
        "pharmaverse",
        "cdiscpilot",
        "tocilizumab and",
        "TXB2025023",
        "NCT07257640",
    )
    for path in SOURCES:
        if room(path) == "data" and "demo" in path.parts:
            continue
        text = path.read_text(encoding="utf-8").lower()
        assert not [w for w in words if w.lower() in text], path.name


def test_modules_are_small() -> None:
    lengths = {p: len(p.read_text(encoding="utf-8").splitlines()) for p in SOURCES}
    assert {p.name: n for p, n in lengths.items() if n > 300} == {}


def test_nothing_names_a_machine() -> None:
    forbidden = re.compile(r"(?<![\w.])/(home|root|work|Users)/\w|https?://\S+/simple")
    for path in [
        *ROOT.glob("*.*"),
        *SOURCES,
        *(ROOT / "templates").rglob("*.*"),
        ROOT / "Makefile",
    ]:
        if path.is_file() and path.name != ".git":  # of git, where this is a worktree
            assert not forbidden.search(path.read_text(encoding="utf-8")), path.name
