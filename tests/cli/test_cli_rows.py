"""--ndjson and --csv: one row a call, a message, a failure or a hit, the same as in --json."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from cli_runs import WEEK_OPTIONS, answer, ref, run

from call_transcripts_mcp.cli.documents.search import HitDocument, SearchDocument
from call_transcripts_mcp.cli.rows import as_csv, ndjson
from call_transcripts_mcp.render.foreign import Foreign

if TYPE_CHECKING:
    from collections.abc import Callable

SHORT = ref("lumbre-anniversary-timeout")
PLAIN = Foreign(str, by_name=False)
USAGE_ERROR = 2


def _calls(found: Any) -> list[Any]:  # noqa: ANN401 - JSON
    return found["calls"]


def _messages(found: Any) -> list[Any]:  # noqa: ANN401 - JSON
    return [{"ref": SHORT} | one for one in found["messages"]]


def _hits(found: Any) -> list[Any]:  # noqa: ANN401 - JSON
    return found["hits"]


def _failures(found: Any) -> list[Any]:  # noqa: ANN401 - JSON
    fared = {
        tool["name"]: {name: tool[name] for name in ("calls", "failures", "failure_rate", "median_s", "p95_s")}
        for tool in found["tools"]
    }
    return [
        {"tool": cause["tool"], "kind": cause["kind"], "signature": cause["signature"]}
        | failure
        | {"all_calls_of_tool": fared[cause["tool"]]}
        for cause in found["causes"]
        for failure in cause["failures"]
    ]


@pytest.mark.parametrize(
    ("arguments", "rows_of"),
    [
        (("calls", *WEEK_OPTIONS, "--limit", "100"), _calls),
        (("show", SHORT), _messages),
        (("failures", *WEEK_OPTIONS), _failures),
        (("search", "terrace"), _hits),
    ],
    ids=["calls", "show", "failures", "search"],
)
def test_rows_are_those_of_the_document(
    arguments: tuple[str, ...], rows_of: Callable[[Any], list[Any]], used: dict[str, str]
) -> None:
    wanted = rows_of(json.loads(answer(*arguments, "--json", env=used)))
    lines = run(*arguments, "--ndjson", env=used).stdout.splitlines()
    table = list(csv.DictReader(io.StringIO(run(*arguments, "--csv", env=used).stdout)))

    assert wanted
    assert [json.loads(line) for line in lines] == wanted
    assert [row["ref"] for row in table] == [row["ref"] for row in wanted]
    assert None not in table[0]


def test_what_rows_cannot_say_goes_to_stderr(used: dict[str, str]) -> None:
    result = run("calls", "--limit", "2", "--ndjson", env=used)

    assert len(result.stdout.splitlines()) == 2
    assert result.stderr.startswith("More rows: the same command with --cursor '")


def test_no_rows_are_no_output(used: dict[str, str]) -> None:
    for form in ("--ndjson", "--csv"):
        assert run("search", "nosuchword", form, env=used).stdout == ""


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@sum", " =1+1", "\n\u3000@sum", "\uff1d1+1", "\uff0d1", 'a,"b"\nc', "\x1b[31m", "ä"]
)
def test_a_cell_is_no_formula_and_no_escape(text: str) -> None:
    document = _searched(text)
    (row,) = csv.DictReader(io.StringIO(as_csv(document, PLAIN)))

    assert row["text"].lstrip("'").replace("\\u001b", "\x1b") == text
    assert not row["text"].lstrip().startswith(tuple("=+-@\uff1d\uff0b\uff0d\uff20"))
    assert "\x1b" not in as_csv(document, PLAIN)
    assert json.loads(ndjson(document, PLAIN))["text"] == text


def _searched(text: str) -> SearchDocument:
    hit = HitDocument(
        ref="acme:1",
        created_at=None,
        started_at=None,
        agent_id=None,
        agent_name=None,
        number=1,
        role="user",
        tool=None,
        verdict=None,
        text=text,
    )
    return SearchDocument(
        is_sample=False,
        providers=("acme",),
        since=None,
        until=None,
        hits=(hit,),
        total_hits=1,
        total_calls=1,
        only_counted_in_part=False,
        ranked=None,
        only_newest_ranked=False,
        complete=True,
        gaps=(),
        cursor=None,
        archive=(),
        unjudged_calls=0,
    )


@pytest.mark.parametrize("name", ["calls", "show", "failures", "stats", "search"])
@pytest.mark.parametrize("forms", [("--json", "--csv"), ("--csv", "--json"), ("--ndjson", "--csv")])
def test_two_forms_exclude_each_other(name: str, forms: tuple[str, str]) -> None:
    refused = run(name, *forms, "table")
    assert refused.exit_code == USAGE_ERROR
    assert {word for word in refused.stderr.split() if word in forms} == set(forms)
    assert refused.stderr.endswith(" exclude each other.\n")
    assert refused.stdout == ""
