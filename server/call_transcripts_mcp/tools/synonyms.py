"""Synonyms that people and models use for arguments and their values, folded by `names.folded`."""

from __future__ import annotations

import re

_OF_ARGUMENTS = {
    "call_id": "id call ref reference callref conversation conversationid callreference sessionid url link uuid "
    "callids ids",
    "since": "from start after begin starttime startdate fromdate startat createdafter sincetime sincedate "
    "newerthan gte gt",
    "until": "to end before endtime enddate todate endat createdbefore untiltime untildate olderthan lte lt",
    "text": "query q search searchtext keyword keywords words term terms phrase searchquery",
    "contains": "query q search text searchtext keyword keywords phrase find filter match grep",
    "limit": "n count max size pagesize top maxresults numresults results first perpage",
    "max_calls": "limit n count max calls maxresults callslimit",
    "agent": "agentname agentid agents agentnames agentids assistant assistantid assistantname assistants bot bots",
    "tool": "toolname function functionname toolid tools toolnames functions functionnames",
    "provider": "platform source vendor providername providers platforms",
    "roles": "role speaker speakers who",
    "messages": "message messagenumber messagenumbers messageids numbers range number lines messagerange",
    "stage": "stageid stagenumber",
    "verdict": "verdicts outcome status result",
    "ended": "status endreason endreasons endedby endedreason reason disposition disconnectionreason hangupreason "
    "howended callstatus",
    "min_duration": "minlength durationmin longerthan minseconds mindurationseconds mindurations atleast",
    "max_duration": "maxlength durationmax shorterthan maxseconds maxdurationseconds maxdurations atmost",
    "direction": "calldirection type calltype",
    "version": "agentversion assistantversion versionid versionnumber",
    "contact": "phone phonenumber number caller callerid callernumber customer customernumber fromnumber tonumber user "
    "userid contactid",
    "order": "sort sortby orderby sorting",
    "detail": "details level verbosity format mode",
    "max_tokens": "tokens maxoutputtokens tokenlimit budget tokenbudget",
    "cursor": "nextcursor pagetoken nextpagetoken pagecursor continuation",
    "compare": "comparewith compareto comparison",
    "examples": "example numexamples maxexamples examplespercause includeexamples withexamples showexamples",
    "around": "near context aroundmessage center",
    "refs_only": "refsonly onlyrefs idsonly",
}

_OF_VALUES = {
    "agent": "assistant bot ai model agents assistants agentname agentid byagent",
    "day": "daily days date dates bydate byday perday",
    "week": "weekly weeks byweek perweek",
    "hour": "hourly hours hourofday houroftheday timeofday byhour perhour",
    "version": "versions agentversion byversion",
    "ended": "endreason endreasons endedreason endedby howended reason disposition outcome outcomes",
    "provider": "providers platform platforms vendor source byprovider byplatform",
    "user": "caller customer human client users callers customers person",
    "tool": "function tools toolcall toolcalls toolresult functions functioncall toolname toolnames bytool",
    "system": "developer",
    "ok": "success successful succeeded passed good fine",
    "failed": "fail failure error errored errors",
    "suspected": "suspicious suspect",
    "no_result": "noresults missing noanswer",
    "cancelled": "canceled aborted",
    "pending": "running open",
    "full": "all everything verbose complete whole long",
    "compact": "short brief summary concise",
    "newest": "latest recent date time newestfirst desc",
    "relevance": "relevant score rank best bestmatch",
    "user_hangup": "hangup hungup userhungup userended caller callerhangup callerhungup callerended customer "
    "customerhangup customerended customerendedcall user",
    "agent_hangup": "completed complete agenthungup agentended agent assistantended assistanthangup endcall finished",
    "transfer": "transferred transfers forwarded handoff handover escalated",
    "voicemail": "machine answeringmachine",
    "no_answer": "unjoined unanswered noanswer notanswered missed busy didnotanswer nobodyanswered",
    "silence": "silent inactivity idle inactive silencetimeout",
    "max_duration": "timeout timedout toolong limit durationlimit maxdurationreached",
    "platform_error": "error errors failed failure crashed systemerror",
    "configuration_error": "config misconfigured configuration configerror",
    "inbound": "in incoming received callin",
    "outbound": "out outgoing made dialed dialled callout",
    "failures": "allfailures anyfailure bad problems notok",
    "previous": "prev before last prior lastwindow previouswindow priorwindow windowbefore lastperiod "
    "previousperiod priorperiod periodbefore preceding precedingwindow precedingperiod theonebefore baseline",
}

_ROUGHLY = {
    "previous": "lastweek lastmonth lastday lastyear lastquarter yesterday weekbefore daybefore monthbefore "
    "theweekbefore previousweek previousday previousmonth priorweek priormonth weekoverweek monthoverweek dayoverday "
    "wow mom dod",
}

WINDOWS = frozenset(
    {"window", "period", "timeframe", "timerange", "daterange", "timewindow", "timeperiod", "lookback"}
    | {"lookbackperiod", "dates", "range", "interval", "time", "when"}
)
"""By folded name: what names both ends of a window."""
DAYS = frozenset(["date", "day", "on", "ondate", "onday"])
"""What names a day as a whole window."""
FAILED = frozenset(
    {"failed", "failedonly", "onlyfailed", "haserrors", "withfailures", "failures", "hasfailures", "hasfailed"}
    | {"witherrors", "failuresonly", "onlyfailures", "errorsonly"}
)
"""What asks for failed tool calls by yes or no."""
PAGES = frozenset(["page", "pagenumber", "offset", "skip", "startindex", "pageoffset", "pageindex"])
"""What other interfaces go on by."""


def _by_word(table: dict[str, str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name, words in table.items():
        for word in words.split():
            found[word] = (*found.get(word, ()), name)
    return found


NAMES: dict[str, tuple[str, ...]] = _by_word(_OF_ARGUMENTS)
"""By synonym: the arguments that it may mean."""

VALUES: dict[str, tuple[str, ...]] = {value: tuple(words.split()) for value, words in _OF_VALUES.items()}
"""By value of an enumeration: its synonyms."""

ROUGHLY: dict[str, tuple[str, ...]] = {value: tuple(words.split()) for value, words in _ROUGHLY.items()}
"""By value of an enumeration: words that usually mean it; the answer says how they were read."""

_TOOLS_BY_WORD = {
    "list_call_messages": "transcript transcripts message messages conversation utterances dialog dialogue words",
    "summarize_tool_failures": "failures failure errors error failed summarize summary "
    "analyze analysis causes why issues",
    "search_messages": "search find grep query lookup",
    "get_call": "call fetch show details detail read open get",
    "list_calls": "calls list recent all",
}


def tools_meant(name: str) -> list[str]:
    """Tools that a name which is none of theirs may mean, by its words, the likeliest first."""
    words = set(re.split(r"[\W_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).casefold()))
    return [tool for tool, own in _TOOLS_BY_WORD.items() if words & set(own.split())]
