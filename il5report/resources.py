"""Where the templates and the default plan are: in the installed package, or in the repository."""

from __future__ import annotations

from pathlib import Path


def resource(name: str) -> Path:
    """A folder that travels inside the wheel and stands at the top of the repository."""
    package = Path(__file__).parent
    inside = package / name
    return inside if inside.is_dir() else package.parent / name


def default_plan() -> Path:
    """The plan that `extends: default` means."""
    return resource("analysis_plan")
