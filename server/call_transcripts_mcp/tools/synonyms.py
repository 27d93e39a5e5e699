"""Synonyms that people and models use for arguments and their values, folded by `names.folded`."""

from __future__ import annotations

_OF_ARGUMENTS = {
    "call_id": "id call ref reference callref conversation conversationid callreference sessionid url link uuid",
    "since": "from start after begin starttime startdate fromdate startat createdafter sincetime sincedate newerthan",
    "until": "to end before endtime enddate todate endat createdbefore untiltime untildate olderthan",
    "text": "query q search searchtext keyword keywords words term terms phrase searchquery",
    "contains": "query q search text searchtext keyword keywords phrase find filter match grep",
    "limit": "n count max size pagesize top maxresults numresults results first perpage",
    "max_calls": "limit n count max calls maxresults callslimit",
    "agent": "agentname agentid assistant assistantid assistantname bot",
    "tool": "toolname function functionname toolid",
    "provider": "platform source vendor providername",
    "roles": "role speaker speakers who",
    "messages": "message messagenumber messagenumbers messageids numbers range number lines messagerange",
    "stage": "stageid stagenumber",
    "verdict": "verdicts outcome status result",
    "order": "sort sortby orderby sorting",
    "detail": "details level verbosity format mode",
    "max_tokens": "tokens maxoutputtokens tokenlimit budget tokenbudget",
    "cursor": "nextcursor pagetoken nextpagetoken pagecursor continuation",
    "compare": "comparewith compareto comparison",
    "failed": "failedonly onlyfailed haserrors withfailures failures",
    "examples": "example numexamples maxexamples examplespercause",
    "around": "near context aroundmessage center",
    "refs_only": "refsonly onlyrefs idsonly",
}

_OF_VALUES = {
    "agent": "assistant bot ai model agents assistants",
    "user": "caller customer human client users callers customers person",
    "tool": "function tools toolcall toolcalls toolresult functions functioncall",
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
    "failures": "allfailures anyfailure bad problems notok",
    "previous": "prev before last lastwindow previouswindow previousperiod",
}


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
