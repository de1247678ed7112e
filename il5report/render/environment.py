"""How Jinja reads the templates."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Any

import jinja2

from il5report.resources import resource


class TemplateError(Exception):
    """A template that cannot be read or names something that does not exist: file, line, name."""


def templates() -> Path:
    """Folder of the templates, one folder per format."""
    return resource("templates")


def fill(environment: jinja2.Environment, name: str, **values: object) -> str:
    """Text of template `name` with `values` in it.

    Parameters
    ----------
    environment : jinja2.Environment
        Of one format.
    name : str
        File name in the environment's folder.
    **values : object
        Names the template may use.

    Returns
    -------
    str

    Raises
    ------
    TemplateError
        Template missing or with a syntax error, or it uses an undefined name; says file and line.
    """
    try:
        return environment.get_template(name).render(**values)
    except jinja2.TemplateSyntaxError as fault:
        raise TemplateError(f"{fault.name}, line {fault.lineno}: {fault.message}") from fault
    except jinja2.TemplateNotFound as fault:
        raise TemplateError(f"{name}: no such template ({fault})") from fault
    except jinja2.UndefinedError as fault:
        frames = traceback.extract_tb(fault.__traceback__)
        place = [f for f in frames if Path(f.filename).suffix not in {".py", ".pyx"}][-1]
        raise TemplateError(f"{Path(place.filename).name}, line {place.lineno}: {fault}") from fault


def environment(folder: str, **options: Any) -> jinja2.Environment:
    """Jinja over ``templates/<folder>``; a name that does not exist is an error, never a blank."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(templates() / folder),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        **options,
    )
