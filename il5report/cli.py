"""The command ``il5report``. Nothing heavy is imported until a command runs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from il5report.errors import FaultsError, Finding
    from il5report.examined import Examined
    from il5report.plan.choices import Choices

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Clinical study reports for CAR-T trials: every number traceable to its records.",
)
Data = Annotated[Path, typer.Option(help="Folder with the study's data sets (SDTM or ADaM).")]
Plan = Annotated[
    Path | None, typer.Option(help="Folder with the analysis plan; the built-in one if left out.")
]
Only = Annotated[
    list[str] | None,
    typer.Option(help="A display's id, or a number: it and all below. May be repeated."),
]
CutOff = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], help="Cut the data at the end of this day instead."),
]
Preset = Annotated[
    str, typer.Option(help="A preset of the plan: its displays under its own title.")
]
FAULTS, REFUSED = 1, 2


@app.command()
def demo(
    out: Annotated[Path, typer.Argument(help="New folder for the synthetic study and its plan.")],
    fmt: Annotated[
        str, typer.Option("--format", help="parquet, xpt, csv or dataset-json")
    ] = "parquet",
    seed: Annotated[int, typer.Option(help="Seed of the random numbers.")] = 20260630,
) -> None:
    """Write the synthetic demo study (SDTM) and a copy of its plan."""
    import shutil

    from il5report.data.demo import generate
    from il5report.data.write import write_study
    from il5report.resources import default_plan

    with _refusals():
        if out.exists() and any(out.iterdir()):
            raise FileExistsError(f"{out} is not empty")
        with _progress() as say:
            say("generating the demo study")
            study = generate(seed)
            (out / "data").mkdir(parents=True)
            say("writing the data sets")
            write_study(study, out / "data", fmt)
            ignore = shutil.ignore_patterns("examples", ".*")
            shutil.copytree(default_plan(), out / "plan", ignore=ignore)
        rows = sum(dataset.frame.height for dataset in study.values())
        _done(
            f"Wrote {len(study)} synthetic data sets ({rows:,} records) to {out / 'data'} "
            f"and the plan to {out / 'plan'}"
        )


@app.command()
def check(
    data: Data,
    plan: Plan = None,
    only: Only = None,
    preset: Preset = "",
    cutoff: CutOff = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the findings as HTML and CSV; replaced.")
    ] = None,
) -> None:
    """Check data and plan against each other; compute nothing but the analysis data."""
    from il5report.examined import examine, write_findings

    choices = _choices(only, preset, cutoff)
    with _progress() as say:
        found = examine(data, plan, say, choices)
    _print_table(found)
    with _refusals():
        if out is not None:
            write_findings(found, data, out)
            typer.echo(f"Wrote {out / 'index.html'} and findings.csv")
    if found.stopped:
        _fail(f"{found.summary}. {found.stopped}.", FAULTS)
    _done(
        f"{found.summary}, none that stops a report: {found.displays} displays can be made from "
        f"{data}"
    )


@app.command()
def report(  # noqa: PLR0913, PLR0917 - the options of the command
    data: Data,
    out: Annotated[Path, typer.Option(help="Folder for the report; an earlier one is replaced.")],
    plan: Plan = None,
    only: Only = None,
    preset: Preset = "",
    cutoff: CutOff = None,
    no_subject_data: Annotated[
        bool,
        typer.Option("--no-subject-data", help="Aggregates only: nothing of single subjects."),
    ] = False,
    tex_pdf: Annotated[
        bool, typer.Option("--tex-pdf", help="Compile report.tex too (needs pdflatex).")
    ] = False,
) -> None:
    """Write the report: HTML, LaTeX, PDF, results data, manifest."""
    import shutil

    if tex_pdf and shutil.which("pdflatex") is None:
        _fail("--tex-pdf needs pdflatex, which is not installed; nothing was written", REFUSED)
    with _refusals():
        from il5report.workers import workers

        with _progress() as say, workers() as executor:
            from il5report import report as pipeline  # loads here while it loads there

            choices = replace(_choices(only, preset, cutoff), subject_data=not no_subject_data)
            made = pipeline.report(
                data, plan, out, say, tex_pdf=tex_pdf, choices=choices, executor=executor
            )
        _done(
            f"Wrote {len(made.document.displays())} displays with {made.ard.height:,} results to "
            f"{out / 'index.html'}, report.pdf, report.tex, ard.parquet, ard.json, manifest.json"
        )


@app.command()
def shells(
    out: Annotated[Path, typer.Option(help="Folder for the document; an earlier one is replaced.")],
    plan: Plan = None,
) -> None:
    """Write the statistical analysis plan with every display as a mock shell; needs no data."""
    with _refusals():
        from il5report.workers import workers

        with _progress() as say, workers() as executor:
            from il5report.shells import shells as made_of

            made = made_of(plan, out, say, executor=executor)
        _done(
            f"Wrote the analysis plan with {len(made.displays())} mock shells to "
            f"{out / 'index.html'}, report.pdf, report.tex"
        )


def _choices(only: list[str] | None, preset: str, cutoff: datetime | None) -> Choices:
    from il5report.plan.choices import Choices

    return Choices(tuple(only or ()), preset, cutoff.date() if cutoff else None)


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """The step that is running, on a terminal; nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _step: None
        return
    from rich.console import Console

    with Console(stderr=True).status("starting") as status:
        yield status.update


@contextmanager
def _refusals() -> Iterator[None]:
    """Faults of input are printed, all of them, and end the command; anything else is a bug."""
    from il5report.errors import FaultsError

    try:
        yield
    except FaultsError as error:
        _print_findings(error.findings)
        count = len(error.findings)
        _fail(
            f"{_kind(error)}: {count} fault{'s' if count != 1 else ''}; nothing was written", FAULTS
        )
    except FileExistsError as error:
        _fail(f"{error}; nothing was written", REFUSED)


def _kind(error: FaultsError) -> str:
    from il5report.errors import PlanError

    return "The plan cannot be used" if isinstance(error, PlanError) else "The data cannot be used"


_COLOURS = {"error": "bold red", "warning": "yellow", "note": "cyan"}


def _print_table(found: Examined) -> None:
    """The findings as a table, errors first, then those that the plan accepts."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    if not console.is_terminal:
        console = Console(width=160)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for head in ("Severity", "Where", "Finding", "Rule", "Records", "Subjects"):
        table.add_column(head, justify="right" if head == "Records" else "left", overflow="fold")
    rows = [(f, f.severity.value, f.message) for f in found.ordered]
    rows += [
        (a.finding, "accepted", f"{a.finding.message} (accepted: {a.reason})")
        for a in found.accepted
    ]
    for finding, word, message in rows:
        table.add_row(
            Text(word, _COLOURS.get(word, "green")), Text(finding.where), Text(message),
            Text(finding.rule), Text(str(finding.count or "")), Text(finding.named),
        )  # fmt: skip
    if rows:
        console.print(table)


def _print_findings(findings: tuple[Finding, ...]) -> None:
    """One finding a line."""
    for finding in findings:
        typer.echo(str(finding), err=True)


def _done(message: str) -> None:
    typer.echo(message)


def _fail(message: str, code: int) -> None:
    typer.echo(message, err=True)
    raise typer.Exit(code)


def main() -> None:
    """Entry point of the command."""
    app(prog_name="il5report")


if __name__ == "__main__":
    main()
