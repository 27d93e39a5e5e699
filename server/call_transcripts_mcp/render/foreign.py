"""Foreign text (text that comes from calls) in an answer: masked, folded onto one line, and clipped with a mark.

All foreign text passes through here, ids and names too, so that it can neither reveal a secret, nor start a line of
its own, nor hide characters.
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
"""How the server's own columns begin; a foreign column that begins like one is quoted."""
_PLAIN_NAME = re.compile(r"[\w][\w.\-/]*")


@dataclass(frozen=True, slots=True)
class Foreign:
    """Shows foreign text, with the masking from the settings; `Foreign(str, by_name=False)` masks nothing.

    Attributes:
        redact: masks one text.
        by_name: whether the value of a member named `password`, say, is masked whatever it looks like.
        on_masked: called with each value that was masked because of its name, and with its mask.
    """

    redact: Callable[[str], str]
    by_name: bool = True
    on_masked: Callable[[str, str], None] | None = None

    def words(self, raw: str, limit: int | None = None) -> str:
        """Any prose, such as an utterance, a summary or an error."""
        line = text.one_line(self.masked(raw)).strip()
        return line if limit is None else text.clip(line, limit)

    def column(self, raw: str, limit: int, *, labelled: bool = True) -> str:
        """Prose as a column of a line; quoted if it could be read as several columns, or as one of the server's own.

        Args:
            raw: such as a summary.
            limit: in characters.
            labelled: the column starts with a label of the server, as in `ended: hangup`.
        """
        line = self.words(raw, limit)
        if _SEPARATOR.search(line) or line.startswith('"') or (not labelled and _LIKE_OURS.match(line)):
            return json.dumps(line, ensure_ascii=False)
        return line

    def name(self, raw: str) -> str:
        """The name of a tool, agent or key; quoted unless it is a plain word, so that it cannot pass as other text."""
        line = self.words(raw, NAME_LIMIT)
        return line if _PLAIN_NAME.fullmatch(line) else json.dumps(line, ensure_ascii=False)

    def payload(self, raw: str, limit: int | None = None) -> str:
        """Arguments or a result: JSON in the notation of `render.notation`, without loss; any other text as prose."""
        line = self._whole_payload(raw)
        return line if limit is None else text.clip(line, limit)

    def is_json(self, raw: str) -> bool:
        """Whether a payload is shown in the notation of `render.notation`."""
        try:
            notation.parse(raw)
        except notation.NotJsonError:
            return False
        return True

    def members(self, pairs: Mapping[str, str]) -> dict[str, str]:
        """Named values with their secrets masked, by their names too."""
        return cast("dict[str, str]", self.masked_json(dict(pairs)))

    def error(self, raw: str, limit: int | None = None) -> str:
        """An error, clipped so that its cause stays; for an HTML page, its title."""
        whole = self._whole_payload(raw)
        if limit is None or (len(whole) <= limit and not is_html(raw)):
            return whole
        # Clip before folding, since a traceback is read by its lines. Mask before clipping: half a secret fits no rule.
        return self.words(clip_error(self.masked_payload(raw), limit))

    def _whole_payload(self, raw: str) -> str:
        try:
            value = notation.parse(raw)
        except notation.NotJsonError:
            return self.words(raw)
        if self.redact is str:
            return notation.render(value)
        return notation.render(cast("notation.Json", self.masked_json(value)))

    def masked_json(self, value: object) -> object:
        """A parsed JSON value with its secrets masked."""
        return redact_json(value, self.masked, by_name=self.by_name, on_masked=self.on_masked)

    def masked_payload(self, raw: str) -> str:
        """A payload with its secrets masked, by the names of its members too; JSON stays JSON."""
        try:
            value = notation.parse(raw)
        except notation.NotJsonError:
            return self.masked(raw)
        masked = self.masked_json(value)
        return raw if masked == value else notation.json_text(cast("notation.Json", masked))

    def masked(self, raw: str) -> str:
        """A string with its secrets masked and nothing else changed."""
        # A secret that invisible characters split would escape the rules, and be shown whole once they are removed.
        if not raw.isascii() and text.INVISIBLE.search(raw):
            visible = text.INVISIBLE.sub("", raw)
            if (masked := self.redact(visible)) != visible:
                return masked
        return self.redact(raw)


AS_IT_IS = Foreign(str, by_name=False)
"""Masks nothing: for archived text, which was masked when it was stored."""
