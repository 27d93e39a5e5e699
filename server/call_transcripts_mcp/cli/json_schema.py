"""Makes the JSON Schema of each command's `--json` from the types of its document.

All fields are required, and there are no others. A field's description is taken from its type's docstring.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from datetime import date, datetime
from importlib import import_module
from typing import Any, cast

from pydantic import TypeAdapter

from call_transcripts_mcp import end_reasons, model
from call_transcripts_mcp.cli.documents import calls, causes, signals, stats
from call_transcripts_mcp.findings import comparison, failures, summary, window

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_HERE = "call_transcripts_mcp.cli"
DOCUMENTS = {
    "calls": f"{_HERE}.documents.calls:CallsDocument",
    "show": f"{_HERE}.documents.calls:TranscriptDocument",
    "failures": f"{_HERE}.documents.failures:FailuresDocument",
    "stats": f"{_HERE}.documents.summary:SummaryDocument",
    "search": f"{_HERE}.documents.search:SearchDocument",
    "check": f"{_HERE}.check:CheckDocument",
    "sync": f"{_HERE}.sync.report:SyncDocument",
    "archive": f"{_HERE}.archive.report:ArchiveDocument",
    "export": "call_transcripts_mcp.export.testcase:CasesDocument",
    "purge": f"{_HERE}.archive.purging:PurgeDocument",
}
"""The type of each command's document, as module and name."""

_TYPES = {
    name: kind
    for module in (end_reasons, model, failures, window, comparison, summary, calls, causes, signals, stats)
    for name, kind in vars(module).items()
}
_ATTRIBUTE = re.compile(r"^    (?P<names>\w+(?:, \w+)*): (?P<text>.*(?:\n {8,}.*)*)", re.MULTILINE)


def schema_of(command: str) -> Schema:
    """The schema of what a command prints with `--json`."""
    module, _, name = DOCUMENTS[command].partition(":")
    types = _TYPES | vars(import_module(module))
    adapter = TypeAdapter[object](types[name])
    # The types' modules import these only for annotations.
    adapter.rebuild(force=True, _types_namespace=types | {"Mapping": Mapping, "date": date, "datetime": datetime})
    schema = adapter.json_schema(mode="serialization")
    definitions = {one: _object(part, types[one]) for one, part in schema.pop("$defs", {}).items()}
    return {"$schema": DIALECT} | _object(schema, types[name]) | {"$defs": definitions}


def _object(schema: Schema, kind: type) -> Schema:
    """One type's schema, whose objects have all their fields and no others, each described by its docstring."""
    plain = cast("Schema", _without_titles(schema))
    if "properties" not in plain:
        return plain
    for described in reversed(kind.__mro__):
        for found in _ATTRIBUTE.finditer(inspect.cleandoc(described.__doc__ or "")):
            for name in set(found["names"].split(", ")) & set(plain["properties"]):
                plain["properties"][name]["description"] = " ".join(found["text"].split())
    head, _, _ = inspect.cleandoc(kind.__doc__ or "").partition("\n\nAttributes:\n")
    return plain | {"description": head, "required": list(plain["properties"]), "additionalProperties": False}


def _without_titles(schema: object) -> object:
    """A schema without titles and defaults; fields with such names are kept."""
    if isinstance(schema, list):
        return [_without_titles(part) for part in cast("list[object]", schema)]
    if not isinstance(schema, dict):
        return schema
    return {
        key: {name: _without_titles(part) for name, part in cast("Schema", value).items()}
        if key == "properties"
        else _without_titles(value)
        for key, value in cast("Schema", schema).items()
        if key not in ("title", "default")
    }
