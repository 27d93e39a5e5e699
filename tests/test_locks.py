"""The two locks pin everything that pyproject.toml asks for, with hashes, in agreement, and name no host."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCKS = ("requirements.lock", "requirements-dev.lock")

DIRECT: list[str] = PROJECT["project"]["dependencies"]
EXTRAS: list[str] = [name for extra in PROJECT["project"]["optional-dependencies"].values() for name in extra]
DEVELOPMENT: list[str] = PROJECT["dependency-groups"]["dev"]

_PIN = re.compile(r"^([a-z0-9-]+)==([^\s;]+)(.*(?:\n    .*)*)", re.MULTILINE)


def pins(lock: str) -> dict[str, str]:
    """The version of each package."""
    return {found[1]: found[2] for found in _PIN.finditer((ROOT / lock).read_text(encoding="utf-8"))}


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[^A-Za-z0-9_.-]", requirement, maxsplit=1)[0].lower() for requirement in requirements}


def test_a_run_has_every_dependency_and_no_tool_for_development() -> None:
    run = pins("requirements.lock").keys()
    assert names(DIRECT) <= run
    assert not names(EXTRAS + DEVELOPMENT) & run


def test_the_development_lock_adds_to_the_run_and_changes_nothing_of_it() -> None:
    run, development = pins("requirements.lock"), pins("requirements-dev.lock")
    assert run.items() <= development.items()
    assert names(EXTRAS + DEVELOPMENT) <= development.keys()


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_hashes_and_no_lock_names_a_host(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert len(pins(lock)) == len(re.findall(r"^\S", text, re.MULTILINE))
    assert all("--hash=sha256:" in found[3] for found in _PIN.finditer(text))
    assert not re.search(r"://|--(extra-)?index-url|--find-links", text)
