"""``make bench``: every benchmark of this folder, as ratios to a named baseline of the same run."""

from __future__ import annotations

import platform
import sys
from importlib import import_module
from pathlib import Path

NOT_BENCHMARKS = {"__init__", "__main__", "large"}


def main() -> None:
    """Run those named on the command line, else all."""
    here = Path(__file__).parent
    names = sys.argv[1:] or sorted({p.stem for p in here.glob("*.py")} - NOT_BENCHMARKS)
    print(f"{platform.machine()}, Python {platform.python_version()}; ratios, same run")
    for name in names:
        for what, ratio, target in import_module(f"benchmarks.{name}").run():
            print(f"{name:<10} {what:<62} {ratio:>10.2f}   target {target}", flush=True)


if __name__ == "__main__":
    main()
