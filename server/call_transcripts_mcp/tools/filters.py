"""The arguments by which several tools choose calls, and the filter that they mean."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, cast

from pydantic import Field

from call_transcripts_mcp.analysis.contacts import contact_query
from call_transcripts_mcp.analysis.fact_filter import FactFilter, version_spellings
from call_transcripts_mcp.end_reasons import EndReason, end_reason_of
from call_transcripts_mcp.errors import InvalidRequestError
from call_transcripts_mcp.library.filter import CallFilter
from call_transcripts_mcp.names import Argument, Phrase, folded
from call_transcripts_mcp.providers import NAMES
from call_transcripts_mcp.providers.base import CallQuery
from call_transcripts_mcp.tools.base import (
    VERDICTS,
    Agent,
    Arguments,
    ProviderName,
    Since,
    Until,
    names_of,
    verdicts_of,
)
from call_transcripts_mcp.tools.dates import EARLIEST
from call_transcripts_mcp.tools.durations import milliseconds, with_unit
from call_transcripts_mcp.tools.values import ABSENT, NotUnderstoodError, list_of

if TYPE_CHECKING:
    from datetime import datetime

    from call_transcripts_mcp.render.foreign import Foreign
    from call_transcripts_mcp.tools.window import Window

_MICROSECOND = timedelta(microseconds=1)
_SENTENCE = re.compile(r"(?!.*(?:[_,;|/\[]|\b(?:and|or)\b))\S+ .*")
"""Words that are one reason: no list, and none of our own names in it, which may be misspelt."""
_MIN, _MAX = "min_duration", "max_duration"


class FilterArguments(Arguments):
    """What every tool over many calls takes; a host reads it in each schema, so it is described in few words."""

    since: Since = None
    until: Until = None
    provider: ProviderName = None
    agent: Agent = None
    ended: Annotated[str | None, Field(max_length=200, description="How.")] = None
    min_duration: Annotated[str | None, Field(max_length=40, description="90s.")] = None
    max_duration: Annotated[str | None, Field(max_length=40, description="2m.")] = None
    direction: Annotated[str | None, Field(max_length=40, description="inbound, outbound.")] = None
    version: Annotated[str | None, Field(max_length=200, description="Agent's.")] = None
    contact: Annotated[str | None, Field(max_length=200, description="Phone, user id.")] = None
    tool: Annotated[str | None, Field(max_length=200, description="Called.")] = None
    verdict: Annotated[str | None, Field(max_length=200, description="failures: bad calls.")] = None

    @property
    def verdicts(self) -> tuple[str, ...]:
        """The verdicts as they were chosen; "failures" stands for several.

        Raises:
            InvalidRequestError: one of them is none.
        """
        return _choices("verdict", self.verdict, VERDICTS)

    @property
    def reasons(self) -> tuple[str, ...]:
        """The reasons for the end of a call; also as a platform writes one, since answers show that too.

        Raises:
            InvalidRequestError: one of them is none.
        """
        try:
            return _choices("ended", self.ended, tuple(EndReason))
        except InvalidRequestError:
            meant = end_reason_of(self.ended) if _SENTENCE.fullmatch(self.ended or "") else None
            if meant in {None, EndReason.OTHER}:
                raise
            return (str(meant),)

    @property
    def facts(self) -> FactFilter:
        """What calls must be like, but for the contact, which the masking may forbid.

        Raises:
            InvalidRequestError: one of the arguments cannot be understood.
        """
        facts = FactFilter(
            ended=self.reasons,
            min_duration_ms=(milliseconds(_MIN, self.min_duration) if self.min_duration else 0) or None,
            max_duration_ms=milliseconds(_MAX, self.max_duration) if self.max_duration else None,
            directions=_choices("direction", self.direction, _DIRECTIONS),
            versions=version_spellings(self.version) if self.version else (),
        )
        least, most = facts.min_duration_ms, facts.max_duration_ms
        if least is not None and most is not None and least > most:
            swap = (Argument(_MIN), f"={self.max_duration}, ", Argument(_MAX), f"={self.min_duration}.")
            raise InvalidRequestError(Phrase(Argument(_MIN), " is above ", Argument(_MAX), ". Swap them: ", *swap))
        return facts

    @property
    def filters(self) -> dict[str, str]:
        """The given filters beside window, provider and agent, by name, as they are understood.

        Raises:
            InvalidRequestError: one of them cannot be understood.
        """
        given = {
            "ended": " or ".join(self.reasons),
            _MIN: with_unit(_MIN, self.min_duration or "") if self.facts.min_duration_ms else "",
            _MAX: with_unit(_MAX, self.max_duration or ""),
            "direction": " or ".join(_choices("direction", self.direction, _DIRECTIONS)),
            "version": self.version,
            "contact": self.contact,
            "tool": self.tool,
            "verdict": " or ".join(self.verdicts),
        }
        return {name: value for name, value in given.items() if value}


def call_filter(arguments: FilterArguments, window: Window, foreign: Foreign, text: str | None = None) -> CallFilter:
    """The calls that the arguments choose.

    Args:
        arguments: of any tool that takes these.
        window: as they were understood, or as the first page understood it.
        foreign: masks; what it masks cannot be filtered by.
        text: searched by the providers.

    Raises:
        InvalidRequestError: a value cannot be understood, or must not be filtered by.
    """
    facts = arguments.facts
    if arguments.contact:
        facts = replace(facts, contact=contact_query(_shown_contact(arguments.contact, foreign)))
    providers, agent = providers_of(arguments.provider), arguments.agent
    account, agent_id = agent_of(agent)
    if account and providers and account not in providers:
        names = (Argument("agent"), f" names an agent of {account}, which ", Argument("provider"), " leaves out.")
        raise InvalidRequestError(Phrase(*names, " Drop one of them."))
    if account:
        providers, agent = (account,), agent_id
    return CallFilter(
        query=CallQuery(since=window.since, until=window.until, text=text, facts=facts),
        providers=providers,
        agent=agent,
        tools=names_of(arguments.tool, ()),
        verdicts=verdicts_of(arguments.verdicts),
    )


def agent_of(text: str | None) -> tuple[str, str | None]:
    """Account and id of `vapi:9aa4b2c1-...`, as groups name agents without a name; "" and the text if it is another."""
    found = _AGENT_OF_ACCOUNT.fullmatch((text or "").strip())
    return (found[1].lower(), found[2]) if found and found[1].lower().partition(".")[0] in NAMES else ("", text)


def window_before(wanted: CallFilter, now: datetime) -> CallFilter:
    """The window of the same length that ends where this one starts.

    Raises:
        InvalidRequestError: there is no room for it.
    """
    since = wanted.query.since or EARLIEST
    length = (wanted.query.until or now) - since
    if since - EARLIEST <= length:
        since_name = Argument("since")
        needed = (" needs a window of the same length before; give ", since_name, ", or a later one.")
        raise InvalidRequestError(Phrase(Argument("compare"), *needed))
    return replace(wanted, query=replace(wanted.query, since=since - length, until=since - _MICROSECOND))


def _choices(name: str, written: str | None, known: tuple[str, ...]) -> tuple[str, ...]:
    """The known words that a text names, in any spelling."""
    if not written:
        return ()
    try:
        read = list_of(written, {"enum": list(known)})
    except NotUnderstoodError as error:
        text = Phrase(Argument(name), f" {error}")
        raise InvalidRequestError(text if text.endswith("?") else Phrase(text, ".")) from None
    return () if read is ABSENT else tuple(cast("list[str]", read))


def _shown_contact(written: str, foreign: Foreign) -> str:
    """The contact, if answers may show it: what is masked in them could else be found out by asking."""
    forms = (written, *contact_query(written).exact)
    if any(foreign.masked(form) != form or foreign.masked(f"+{form}") != f"+{form}" for form in forms):
        raise InvalidRequestError(
            Phrase(
                Argument("contact"),
                " cannot be used: CALL_TRANSCRIPTS_REDACT masks such contacts, in the archive too. Choose calls by ",
                Argument("agent"),
                " or time, or set it to secrets.",
            )
        )
    return written


_AGENT_OF_ACCOUNT = re.compile(r"([A-Za-z]+(?:\.[\w-]+)?):(\S*[0-9]\S*)")
"""An id has a digit and no space: a name may begin with that of a platform too."""
_DIRECTIONS = ("inbound", "outbound")
_SEPARATORS = re.compile(r"\s*[,;|/+&]\s*(?:and\s+|or\s+)?|\s+(?:and|or)\s+", re.IGNORECASE)
_SPELLINGS = {"11labs": "elevenlabs", "file": "files", "folder": "files"}
_ENDINGS = re.compile(r"(?:ai|io|com)$")


def providers_of(text: str | None) -> tuple[str, ...]:
    """The providers that a text names, in any spelling: `Ultravox, Retell AI`; a name that is none stays as it is."""
    return tuple(dict.fromkeys(_provider(part) for part in _SEPARATORS.split(text or "") if part.strip()))


def _provider(name: str) -> str:
    word = folded(name)
    for one in (word, _SPELLINGS.get(word, ""), _ENDINGS.sub("", word)):
        if one in NAMES:
            return one
    return name.strip().lower()
