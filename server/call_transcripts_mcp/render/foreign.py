"""How other people's words enter our lines: masked, folded onto one line, clipped with the cut told.

Every piece of foreign text goes through here, ids and names too, so that no answer can hold a secret,
start a line of its own, or hide characters.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from call_transcripts_mcp import text
from call_transcripts_mcp.analysis.causes import clip_error, is_html
from call_transcripts_mcp.redaction.redactor import redact_json
from call_transcripts_mcp.render import notation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

NAME_LIMIT = 80
_SEPARATOR = re.compile(r"(?:^|\s)·(?:\s|$)")
_LIKE_OURS = re.compile(
    r"[0-9][0-9,]* (?:(?:tool call|message|platform error|line|call)s?|failed|suspected|no result|cancelled|pending"
    r"|recovered|of [0-9,]+)\b|in [0-9]|(?:no (?:tool calls|messages|platform errors|lines|calls)|all ok|ended)\b"
    r"|agent |stage [0-9]|status |still active|not started"
)
"""How the columns begin that a call's line may have behind foreign ones."""
_PLAIN_NAME = re.compile(r"[\w][\w.\-/]*")


@dataclass(frozen=True, slots=True)
class Foreign:
    """The one way in, with the masking that the settings ask for; `Foreign(str, by_name=False)` masks nothing.

    Attributes:
        redact: masks one text.
        by_name: whether a name such as `password` tells what to mask, whatever the value looks like.
        told: called with each value that was masked by its name, and its mask.
    """

    redact: Callable[[str], str]
    by_name: bool = True
    told: Callable[[str, str], None] | None = None

    def words(self, raw: str, limit: int | None = None) -> str:
        """An utterance, a summary, an error: any prose."""
        line = text.one_line(self.masked(raw)).strip()
        return line if limit is None else text.clip(line, limit)

    def column(self, raw: str, limit: int, *, labelled: bool = True) -> str:
        """Prose between the ` · ` of a line; in quotes when it could be read as more columns, or as one of ours.

        Args:
            raw: such as a summary.
            limit: in characters.
            labelled: a word of ours stands before it, as in `ended: hangup`.
        """
        line = self.words(raw, limit)
        if _SEPARATOR.search(line) or line.startswith('"') or (not labelled and _LIKE_OURS.match(line)):
            return json.dumps(line, ensure_ascii=False)
        return line

    def name(self, raw: str) -> str:
        """A tool's, agent's or key's name; quoted unless it is a plain word, so that it cannot pose as our text."""
        line = self.words(raw, NAME_LIMIT)
        return line if _PLAIN_NAME.fullmatch(line) else json.dumps(line, ensure_ascii=False)

    def payload(self, raw: str, limit: int | None = None) -> str:
        """Arguments or a result: JSON in our notation without loss, anything else as it is."""
        line = self._whole_payload(raw)
        return line if limit is None else text.clip(line, limit)

    def is_json(self, raw: str) -> bool:
        """Whether a payload is shown in our notation."""
        try:
            notation.parse(raw)
        except notation.NotJsonError:
            return False
        return True

    def members(self, pairs: Mapping[str, str]) -> dict[str, str]:
        """Names and values, masked together: a name such as `password` tells what its value is."""
        return cast("dict[str, str]", self.masked_json(dict(pairs)))

    def error(self, raw: str, limit: int | None = None) -> str:
        """An error, clipped so that its cause survives; of a page, its title."""
        whole = self._whole_payload(raw)
        if limit is None or (len(whole) <= limit and not is_html(raw)):
            return whole
        # Cut before it is folded, while a traceback has its lines; masked before, for half a secret fits no rule.
        return self.words(clip_error(self.masked_payload(raw), limit))

    def _whole_payload(self, raw: str) -> str:
        try:
            value = notation.parse(raw)
        except notation.NotJsonError:
            return self.words(raw)
        if self.redact is str:
            return notation.render(value)
        return notation.render(cast("notation.Json", self.masked_json(value)), self.masked)

    def masked_json(self, value: object) -> object:
        """A parsed JSON value with its secrets masked."""
        return redact_json(value, self.masked, by_name=self.by_name, told=self.told)

    def masked_payload(self, raw: str) -> str:
        """A payload with its secrets masked, by the names of its members too; JSON stays JSON, to be shown later."""
        try:
            value = notation.parse(raw)
        except notation.NotJsonError:
            return self.masked(raw)
        masked = self.masked_json(value)
        return raw if masked == value else notation.json_text(cast("notation.Json", masked))

    def masked(self, raw: str) -> str:
        """A string with its secrets masked and nothing else changed."""
        # A secret split by characters that no one sees would pass the rules and come out whole after them.
        if not raw.isascii() and text.INVISIBLE.search(raw):
            seen = text.INVISIBLE.sub("", raw)
            if (masked := self.redact(seen)) != seen:
                return masked
        return self.redact(raw)


AS_IT_IS = Foreign(str, by_name=False)
"""For what is masked already: what was kept is as it was to be shown then."""
