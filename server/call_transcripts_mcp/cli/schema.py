"""The command `schema`: the JSON Schema of what a command prints with `--json`."""

from __future__ import annotations

import json

import click

from call_transcripts_mcp.cli.exit_codes import exit_codes
from call_transcripts_mcp.cli.json_schema import DOCUMENTS, schema_of


@click.command(
    help=f"""Print the JSON Schema of what COMMAND prints with --json; docs/json.md explains the fields.

    COMMAND is one of {", ".join(DOCUMENTS)}.
    """,
    epilog="\b\nExample:\n  call-transcripts-mcp schema failures > failures.schema.json" + exit_codes(),
)
@click.argument("command", metavar="COMMAND", type=click.Choice(list(DOCUMENTS)))
def schema(command: str) -> None:
    """Print a schema."""
    click.echo(json.dumps(schema_of(command), indent=2))
