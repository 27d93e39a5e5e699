"""Asserts what a built wheel and sdist hold: the typed package alone, and nothing of a machine.

Run by `make package` with the folder of the archives; not a test of pytest's, since it needs a build.
"""

from __future__ import annotations

import sys
import tarfile
import zipfile
from pathlib import Path

PACKAGE = "call_transcripts_mcp"
NEEDED = (
    "__init__.py",
    "py.typed",
    "cli/commands.py",
    "app.py",
    "providers/ultravox/adapter.py",
    "sample/scenarios/clinic.txt",
    "report/templates/call.html",
    "report/static/chart.umd.min.js",
    "report/static/chart.LICENSE.md",
)


def main(folder: str) -> None:
    """Look into the newest wheel and sdist of a folder.

    Raises:
        SystemExit: with what is wrong.
    """
    (wheel,) = Path(folder).glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    strangers = [name for name in names if not name.startswith((f"{PACKAGE}/", f"{PACKAGE}-"))]
    missing = [name for name in NEEDED if f"{PACKAGE}/{name}" not in names]
    caches = [name for name in names if "__pycache__" in name]
    with tarfile.open(next(Path(folder).glob("*.tar.gz"))) as sdist:
        if not any(name.endswith("/pyproject.toml") for name in sdist.getnames()):
            missing.append("pyproject.toml in the sdist")
    if strangers or missing or caches:
        sys.exit(f"{wheel.name}: strangers {strangers}, missing {missing}, caches {caches}")
    sys.stdout.write(f"{wheel.name}: {len(names)} files, the package alone\n")


if __name__ == "__main__":
    main(sys.argv[1])
