"""Writes what is published about the server: `server.json`, the example configuration, the hosts' pages.

`make readme` runs it with --write; a test asserts that each file is what it would write.
"""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING

import hosts
import server_json
from project import ROOT

if TYPE_CHECKING:
    from pathlib import Path

_PARTS = re.compile(r"(<!-- (?P<part>buttons|main-hosts|hosts) -->\n).*?(<!-- /(?P=part) -->)", re.DOTALL)


def _part(found: re.Match[str]) -> str:
    made = {"buttons": hosts.buttons, "main-hosts": hosts.main_hosts, "hosts": hosts.sections}[found["part"]]()
    return f"{found[1]}{made}{found[3]}"


def _page(name: str) -> str:
    return _PARTS.sub(_part, (ROOT / name).read_text(encoding="utf-8"))


def files() -> dict[Path, str]:
    """Each file with what it must hold."""
    return {
        ROOT / "server.json": json.dumps(server_json.document(), indent=2) + "\n",
        ROOT / "claude_desktop_config.example.json": hosts.example_config(),
        ROOT / "README.md": _page("README.md"),
        ROOT / "docs" / "hosts.md": _page("docs/hosts.md"),
    }


def main() -> None:
    """Write the files."""
    for file, text in files().items():
        file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit("usage: python publishing/write.py --write")
    main()
