"""The same document gives the same bytes, whatever the clock, time zone and locale are."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import hashlib, sys
from pathlib import Path
from tests.render import sample
from il5report.render.html import render_html
from il5report.render.latex import render_latex
from il5report.render.pdf import render_pdf
out = Path(sys.argv[1])
for doc, name in ((sample.document(20), "a"), (sample.hostile(), "b")):
    (out / name).mkdir()
    for render in (render_html, render_latex, render_pdf):
        render(doc, out / name)
for path in sorted(p for p in out.rglob("*") if p.is_file()):
    print(path.relative_to(out).as_posix(), hashlib.sha256(path.read_bytes()).hexdigest())
"""


def test_same_bytes_in_two_time_zones_and_locales(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    runs = []
    for zone, locale, seed in (("UTC", "C", "1"), ("Asia/Shanghai", "de_DE.UTF-8", "2")):
        out = tmp_path / seed
        out.mkdir()
        surroundings = os.environ | {
            "TZ": zone,
            "LC_ALL": locale,
            "LANG": locale,
            "PYTHONHASHSEED": seed,
            "PYTHONPATH": str(root),
        }
        runs.append(
            subprocess.Popen(
                [sys.executable, "-c", PROGRAM, str(out)],
                env=surroundings,
                stdout=subprocess.PIPE,
                text=True,
            )
        )
    first, second = (run.communicate()[0] for run in runs)
    assert first.count("report.pdf") == 2 and first == second
