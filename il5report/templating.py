"""How Jinja reads the templates: in every format, and for the text of the report."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Any

import jinja2

from il5report.errors import FaultsError, Finding
from il5report.resources import resource


class TemplateError(FaultsError):
    """A template that cannot be read or asks for something that does not exist: where, and what."""

    def __init__(self, message: str, place: str = "") -> None:
        super().__init__([Finding("template", message, place=place)])
        self.args = (f"{place}: {message}" if place else message,)


class LookupFault(Exception):
    """Raised by a function that a template calls: `fill` adds file and line."""


def templates() -> Path:
    """Folder of the templates, one folder per format and one per document."""
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
        Template missing or with a syntax error, or it uses an undefined name or looks up what is
        not there; says file and line.
    """
    try:
        return environment.get_template(name).render(**values)
    except jinja2.TemplateSyntaxError as fault:
        place = f"{fault.name}, line {fault.lineno}"
        raise TemplateError(fault.message or "", place) from fault
    except jinja2.TemplateNotFound as fault:
        raise TemplateError(f"no such template ({fault})", name) from fault
    except (jinja2.UndefinedError, LookupFault) as fault:
        frames = traceback.extract_tb(fault.__traceback__)
        last = [f for f in frames if Path(f.filename).suffix not in {".py", ".pyx"}][-1]
        place = f"{Path(last.filename).name}, line {last.lineno}"
        raise TemplateError(str(fault), place) from fault


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
