"""What an installation weighs on disk: the packages of requirements.lock, from their own lists of files."""

from __future__ import annotations

import re
from importlib.metadata import Distribution, distributions
from pathlib import Path

from figures import Figure

TITLE = "Installed, without Python's own pip"

MEGABYTES = 60
BYTES_PER_MB = 1_000_000
_RUN_LOCK = Path(__file__).parents[1] / "requirements.lock"
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==", re.MULTILINE)


def measure() -> list[Figure]:
    """All figures of this theme."""
    pinned = set(_PIN.findall(_RUN_LOCK.read_text(encoding="utf-8")))
    weights_mb = {
        distribution.name: _bytes(distribution) / BYTES_PER_MB
        for distribution in distributions()
        if _normalized(distribution.name) in pinned
    }
    heaviest = max(weights_mb, key=weights_mb.__getitem__)
    return [
        Figure(f"the {len(weights_mb)} packages that a run needs", sum(weights_mb.values()), MEGABYTES, "MB"),
        Figure(f"the heaviest of them, {heaviest}", weights_mb[heaviest], unit="MB"),
    ]


def _bytes(distribution: Distribution) -> int:
    """The files of the package, without bytecode, which Python writes only for imported modules."""
    files = [file.locate() for file in distribution.files or () if file.suffix != ".pyc"]
    return sum(Path(str(file)).stat().st_size for file in files)


def _normalized(name: str) -> str:
    """As the lock writes it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()
