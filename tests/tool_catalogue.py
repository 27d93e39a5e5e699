"""What `tools/catalogue.json` must hold: each tool as its file describes it. `make tools` writes it anew."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from call_transcripts_mcp import tools

CATALOGUE = Path(tools.__file__).with_name("catalogue.json")


def _listed(schema: dict[str, Any]) -> dict[str, Any]:
    """Without the bounds of numbers: they cost tokens, and a number beyond one is moved to it, with a note."""
    properties = {
        name: {key: part for key, part in found.items() if key not in ("minimum", "maximum")}
        for name, found in schema["properties"].items()
    }
    return {**schema, "properties": properties}


def generate() -> str:
    """The catalogue, made from the tools' own files."""
    entries = [
        tools.ListedTool(tool.name, tool.title, tool.description, _listed(tool.schema()))._asdict()
        for tool in map(tools.load, tools.NAMES)
    ]
    return json.dumps(entries, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    if "--write" in sys.argv:
        CATALOGUE.write_text(generate(), encoding="utf-8")
    else:
        sys.stdout.write(generate())
