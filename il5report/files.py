"""Output written beside the old and swapped in at the end; the manifest of what was used."""

from __future__ import annotations

import ctypes
import ctypes.util
import errno
import hashlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = ("numpy", "scipy", "polars", "matplotlib", "jinja2", "pydantic", "pyyaml", "typst",
            "pikepdf", "pyreadstat", "lifelines")  # fmt: skip
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2


@contextmanager
def replacing(out: Path) -> Iterator[Path]:
    """A new folder that takes the place of `out` when the block ends well.

    Until then, and if the block fails or the process is killed, `out` stays as it was. An `out`
    that holds something other than an earlier report (no manifest.json) is refused.

    Raises
    ------
    FileExistsError
        `out` is a file, or a folder that is not an earlier report.
    """
    _recover(out)
    if out.exists() and not _is_ours(out):
        raise FileExistsError(f"{out} exists and is not a report: choose another output folder")
    out.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix=f".{out.name}.new-", dir=out.parent))
    try:
        new.chmod(0o755)
        yield new
        _swap(new, out)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _is_ours(out: Path) -> bool:
    return out.is_dir() and (not any(out.iterdir()) or (out / "manifest.json").is_file())


def _previous(out: Path) -> Path:
    return out.with_name(f".{out.name}.previous")


def _recover(out: Path) -> None:
    """Put back the report that a run killed between two renames has left aside."""
    if not out.exists() and _previous(out).is_dir():
        _previous(out).rename(out)


def _swap(new: Path, out: Path) -> None:
    if not out.exists():
        new.rename(out)
        return
    if _exchange(new, out):
        return
    shutil.rmtree(_previous(out), ignore_errors=True)
    out.rename(_previous(out))
    new.rename(out)
    shutil.rmtree(_previous(out))


def _exchange(a: Path, b: Path) -> bool:
    """Exchange two folders in one step where the system can (Linux); else False."""
    if not sys.platform.startswith("linux"):
        return False
    libc = ctypes.CDLL(ctypes.util.find_library("c"), use_errno=True)
    if not hasattr(libc, "renameat2"):
        return False
    done = libc.renameat2(_AT_FDCWD, os.fsencode(a), _AT_FDCWD, os.fsencode(b), _RENAME_EXCHANGE)
    if done == 0:
        return True
    code = ctypes.get_errno()
    if code in (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP):
        return False
    raise OSError(code, os.strerror(code), str(b))


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def input_hashes(data: Path, suffixes: Collection[str]) -> dict[str, str]:
    """SHA-256 of each data file of a study's folder."""
    return {
        path.name: sha256(path.read_bytes())
        for path in sorted(data.iterdir())
        if path.suffix.lower() in suffixes
    }


def hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of every file below a folder, by relative path."""
    return {
        path.relative_to(folder).as_posix(): sha256(path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def write_manifest(
    folder: Path, inputs: Mapping[str, str], plan: Mapping[str, bytes], options: Mapping[str, Any]
) -> None:
    """manifest.json: hashes of inputs, plan and outputs, versions, options. No path, no clock."""
    manifest = {
        "il5report": version_of("il5report"),
        "python": f"{sys.version_info.major}.{sys.version_info.minor}",
        "packages": {name: version_of(name) for name in PACKAGES},
        "options": dict(options),
        "inputs": dict(inputs),
        "plan": {name: sha256(content) for name, content in sorted(plan.items())},
        "outputs": hashes(folder),
    }
    text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
    (folder / "manifest.json").write_text(text, encoding="utf-8")


def run_facts(plan: Mapping[str, bytes]) -> list[tuple[str, str]]:
    """What the report says of its run: versions, and the plan's files by the start of their
    SHA-256. The data's hashes are in the manifest alone: the report is the same from any format."""
    versions = [(name, version_of(name)) for name in ("il5report", *PACKAGES)]
    files = [(name, f"SHA-256 {sha256(content)[:16]}") for name, content in sorted(plan.items())]
    return [*versions, *files]


def version_of(package: str) -> str:
    """Installed version; our own from the source where it is not installed."""
    if package == "il5report":
        from il5report import __version__

        return __version__
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
