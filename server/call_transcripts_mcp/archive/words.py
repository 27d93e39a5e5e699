"""Words as the archive finds them: without case, accents and punctuation, the same for text and for questions.

Folding happens here and nowhere else, so that no engine's own idea of a word matters: what reaches an index is
folded words with a blank between, of ASCII letters, digits and characters beyond ASCII.
"""

from __future__ import annotations

import re
import unicodedata

_WORD = re.compile(r"[^\W_]+")


def folded(text: str) -> str:
    """The words of a text, folded, a blank between."""
    text = text.casefold()
    if not text.isascii():
        text = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return " ".join(_WORD.findall(text))
