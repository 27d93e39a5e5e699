"""What a tool is: a name, a description, a model of its arguments, `find` and `say`.

`find` returns one frozen object with the answer; `say` turns it into text. Tools do not know the protocol: `app` sends
the text to a host; `cli` shows the same objects to people and scripts.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Generic, Literal, TypeVar, cast, get_args

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError

from call_transcripts_mcp.errors import InvalidRequestError
from call_transcripts_mcp.findings.failures import FAILURES
from call_transcripts_mcp.names import Argument, Phrase, ToolName, joined, meant
from call_transcripts_mcp.text import clip, one_line
from call_transcripts_mcp.tools.catalogue import catalogue
from call_transcripts_mcp.tools.understanding import SHOWN_PROBLEMS, understand

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence

    from call_transcripts_mcp.library.library import Library
    from call_transcripts_mcp.render.foreign import Foreign
    from call_transcripts_mcp.render.marks import AnswerText
    from call_transcripts_mcp.render.voice import Voice

    ReportProgress = Callable[[float, float | None, str], Awaitable[None]]

MAX_TOKENS = 6000


class Arguments(BaseModel):
    """The base of every tool's arguments, after `understanding` has converted them."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, str_strip_whitespace=True, frozen=True)

    _notes: tuple[str, ...] = PrivateAttr(default=())

    @property
    def notes(self) -> tuple[str, ...]:
        """A sentence for each argument whose value was changed."""
        return self._notes

    def noted(self, notes: tuple[str, ...]) -> None:
        """Set the notes."""
        self._notes = notes


A = TypeVar("A", bound=Arguments)
F = TypeVar("F")


@dataclass(frozen=True, slots=True)
class ToolContext:
    """What a tool works with.

    Attributes:
        library: the access to calls.
        foreign: masks and folds text from calls.
        report_progress: called with what is done, the total or None, and a description.
        is_unabridged: there is no token budget: a transcript is one page, and a cause has all of its failures.
        notes: sentences for the reader of this answer, such as suggestions for an unknown name.
    """

    library: Library
    foreign: Foreign
    report_progress: ReportProgress
    is_unabridged: bool = False
    notes: list[str] = field(default_factory=list[str])

    def reporting_to(self, report_progress: ReportProgress) -> ToolContext:
        """A context for one request."""
        return replace(self, report_progress=report_progress, notes=[])

    async def messages_read(self, done: int, total: int | None) -> None:
        """Report the progress of reading one call."""
        await self.report_progress(done, total, "messages read")

    async def calls_read(self, done: int, total: int) -> None:
        """Report the progress of reading many calls."""
        await self.report_progress(done, total, "calls read")


@dataclass(frozen=True, slots=True)
class Tool(Generic[A, F]):
    """One tool.

    Attributes:
        title: for people.
        description: for the model: what the tool returns, what it does not, and which other tool to use.
        find: finds the answer.
        say: turns what was found into text, within the budget of the arguments and in the words of a voice.
    """

    name: str
    title: str
    description: str
    arguments: type[A]
    find: Callable[[A, ToolContext], Awaitable[F]]
    say: Callable[[F, A, Foreign, Voice], AnswerText]

    def parse(self, given: object) -> A:
        """Read the arguments; one error names all problems.

        Raises:
            InvalidRequestError: unknown, missing or malformed arguments.
        """
        try:
            understood = understand(given, self.schema(), _taken_by_others(self.name))
        except InvalidRequestError as error:
            raise InvalidRequestError(Phrase(ToolName(self.name), ": ", error.args[0])) from None
        try:
            arguments = self.arguments.model_validate(understood.values)
        except ValidationError as error:
            raise InvalidRequestError(self._problems(error)) from None
        arguments.noted(understood.notes)
        return arguments

    def schema(self) -> dict[str, Any]:
        """The arguments as JSON Schema, without parts that only cost tokens (titles, null as an alternative)."""
        return _schema(self.arguments)

    def _problems(self, error: ValidationError) -> Phrase:
        problems: list[str] = []
        for found in error.errors(include_url=False, include_context=False, include_input=False)[:SHOWN_PROBLEMS]:
            name = clip(one_line(".".join(str(part) for part in found["loc"])), 60)
            problems.append(Phrase(Argument(name), f": {clip(one_line(found['msg']), 160)}"))
        more = error.error_count() - len(problems)
        ending = f"; and {more} more." if more > 0 else "."
        return Phrase(ToolName(self.name), ": ", joined("; ", problems), ending)


@cache
def _taken_by_others(name: str) -> dict[str, tuple[str, ...]]:
    return {tool.name: tuple(tool.schema["properties"]) for tool in catalogue() if tool.name != name}


@cache
def _schema(arguments: type[Arguments]) -> dict[str, Any]:
    schema = cast("dict[str, Any]", _slim(arguments.model_json_schema()))
    return {key: part for key, part in schema.items() if key != "description"}


_UNLISTED = {"title", "maxLength"}
"""Costs tokens and helps no model: a longer text is refused with its bound."""


def _slim(schema: object) -> object:
    if isinstance(schema, list):
        return [_slim(item) for item in cast("list[object]", schema)]
    if not isinstance(schema, dict):
        return schema
    fields = cast("dict[str, Any]", schema)
    options = [option for option in fields.get("anyOf", ()) if option != {"type": "null"}]
    if len(options) == 1:
        fields = {key: value for key, value in fields.items() if key != "anyOf"} | options[0]
    return {
        key: {name: _slim(value) for name, value in part.items()} if key == "properties" else _slim(part)
        for key, part in fields.items()
        if key not in _UNLISTED and not (key == "default" and part is None)
    }


CallId = Annotated[str, Field(max_length=500, description="provider:id, id, link or latest.")]
Since = Annotated[str | None, Field(max_length=80, description="24h, last week, date; UTC.")]
Until = Annotated[str | None, Field(max_length=80, description="Like since.")]
ProviderName = Annotated[str | None, Field(max_length=40, description="Default: all.")]
Agent = Annotated[str | None, Field(max_length=200, description="Id or part of name.")]
Cursor = Annotated[str | None, Field(max_length=4000, description="From the answer before.")]
MaxTokens = Annotated[int, Field(ge=500, le=20_000, description="Longest answer.")]
Roles = Annotated[list[Literal["user", "agent", "tool", "system", "other"]] | None, Field(description="Only these.")]
Verdict = Literal["ok", "failed", "suspected", "no_result", "cancelled", "pending", "unknown", "failures"]
VERDICTS: tuple[str, ...] = get_args(Verdict)
Verdicts = Annotated[
    list[Verdict] | None,
    Field(description="failures: all bad."),
]


def verdicts_of(choices: Sequence[str] | None) -> tuple[str, ...]:
    """The verdicts that some choices stand for; empty for None."""
    every = [
        verdict for choice in choices or () for verdict in (sorted(FAILURES) if choice == "failures" else (choice,))
    ]
    return tuple(dict.fromkeys(every))


def names_of(text: str | None, known: Iterable[str]) -> tuple[str, ...]:
    """The names in an argument that takes several, each as it is known: a name may hold a comma itself."""
    if not text:
        return ()
    names = list(known)
    whole = meant(text, names)
    parts = [whole or text] if whole or "," not in text else [part.strip() for part in text.split(",")]
    return tuple(dict.fromkeys(meant(part, names) or part for part in parts if part))
