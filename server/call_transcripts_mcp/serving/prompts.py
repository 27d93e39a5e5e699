"""The prompts that a host offers to people: questions they ask often, with the tools that answer them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcp.server.mcpserver.prompts import Prompt
from mcp.server.mcpserver.prompts.base import PromptArgument

from call_transcripts_mcp import tools
from call_transcripts_mcp.text import clip, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

LONGEST_ARGUMENT = 300


def weekly_failure_review(agent: str = "", since: str = "") -> str:
    """What failed in the last days, and what is new."""
    window = _arguments(since=since or "7d", agent=agent)
    return (
        f"Review the tool calls of our voice agents: call summarize_tool_failures with {window} and "
        'compare="previous". Name the causes that are new or grew, the failures that callers did not recover from, '
        "and for the three "
        "largest causes one example call with its message number. Read around an example with list_call_messages "
        "before you say why it happened."
    )


def explain_call(call_id: str) -> str:
    """What happened in one call."""
    named = _arguments(call_id=call_id)
    return (
        f"Explain this call to someone who did not hear it: call get_call with {named}, then summarize_tool_failures "
        f"with {named} if a tool call failed, then list_call_messages with {named} for the words. Say what the caller "
        "wanted, what went wrong and at which message, how the agent reacted, and whether the caller got it in the end."
    )


def did_our_change_help(since: str, agent: str = "", until: str = "") -> str:
    """Compares the time since a change with the time before it."""
    window = _arguments(since=since, until=until, agent=agent)
    return (
        f"We changed something at the start of this window. Call summarize_tool_failures with {window} and "
        'compare="previous", which compares it with an equally long time before. Say which rates and causes differ, '
        "quote the counts beside each rate, and say so if there are too few calls to tell."
    )


def _arguments(**given: str) -> str:
    """Arguments as a model writes them, each on one line."""
    return ", ".join(f'{name}="{clip(one_line(text), LONGEST_ARGUMENT)}"' for name, text in given.items() if text)


_DESCRIPTIONS = {
    "agent": "Agent id, or part of its name; all agents if left out.",
    "since": "When the window starts: 7d, yesterday, a date or time.",
    "until": "When it ends; now if left out.",
    "call_id": "provider:id of the call.",
}


def _prompt(function: Callable[..., str], title: str, *arguments: str, required: tuple[str, ...] = ()) -> Prompt:
    return Prompt(
        name=function.__name__,
        title=title,
        description=function.__doc__,
        arguments=[
            PromptArgument(name=name, description=_DESCRIPTIONS[name], required=name in required) for name in arguments
        ],
        fn=function,
        context_kwarg=None,
    )


def tools_named(prompt: Prompt) -> set[str]:
    """The tools that a prompt tells the model to call."""
    text = prompt.fn(**{argument.name: "" for argument in prompt.arguments or []})
    return {name for name in tools.NAMES if name in str(text)}


def problem_of(name: str, given: Collection[str]) -> str | None:
    """What is wrong with the name or the arguments of a request for a prompt; None if nothing is."""
    known = {prompt.name: prompt for prompt in prompts()}
    if name not in known:
        return f"Unknown prompt: {clip(one_line(name), 60)}. The prompts are {', '.join(known)}."
    arguments = known[name].arguments or []
    missing = [argument.name for argument in arguments if argument.required and argument.name not in given]
    if missing:
        return f"{name} needs {' and '.join(missing)}."
    unknown = sorted(set(given) - {argument.name for argument in arguments})
    if unknown:
        takes = ", ".join(argument.name for argument in arguments)
        return f"{name} has no argument {clip(one_line(unknown[0]), 60)}. It takes {takes}."
    return None


def prompts() -> list[Prompt]:
    """Every prompt."""
    return [
        _prompt(weekly_failure_review, "Weekly failure review", "agent", "since"),
        _prompt(explain_call, "Explain this call", "call_id", required=("call_id",)),
        _prompt(did_our_change_help, "Did our change help?", "since", "agent", "until", required=("since",)),
    ]
