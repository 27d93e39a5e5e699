"""The locks pin everything that pyproject.toml asks for, with hashes, in agreement, and name no host."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

DIRECT: list[str] = PROJECT["project"]["dependencies"]
BY_EXTRA: dict[str, list[str]] = PROJECT["project"]["optional-dependencies"]
EXTRAS = [name for extra in BY_EXTRA.values() for name in extra]
DEVELOPMENT: list[str] = PROJECT["dependency-groups"]["dev"]
LOCKS = ("requirements.lock", *(f"requirements-{extra}.lock" for extra in BY_EXTRA), "requirements-dev.lock")

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


@pytest.mark.parametrize("extra", BY_EXTRA)
def test_the_lock_of_an_extra_adds_to_the_run_what_is_tested(extra: str) -> None:
    run, added, development = map(pins, ("requirements.lock", f"requirements-{extra}.lock", "requirements-dev.lock"))
    assert run.items() <= added.items() <= development.items()
    assert names(BY_EXTRA[extra]) <= added.keys()
    assert not names([name for other in BY_EXTRA if other != extra for name in BY_EXTRA[other]]) & added.keys()


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_hashes_and_no_lock_names_a_host(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert len(pins(lock)) == len(re.findall(r"^\S", text, re.MULTILINE))
    assert all("--hash=sha256:" in found[3] for found in _PIN.finditer(text))
    assert not re.search(r"://|--(extra-)?index-url|--find-links", text)
