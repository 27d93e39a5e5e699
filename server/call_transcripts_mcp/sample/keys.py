"""The names of the platforms, and the keys that each of them accepts.

The keys match the patterns of real ones, so that code that masks or checks real keys also applies to these.
"""

from __future__ import annotations

from typing import Final

ULTRAVOX: Final = "ultravox"
DIGA: Final = "diga"

ULTRAVOX_KEY: Final = "SAMPLE00.SAMPLEkeyForTheBuiltInPlatform00"
DIGA_KEY: Final = "sk-" + "5a3b1e" * 10 + "0000"
DIGA_KEY_WITHOUT_LOGS: Final = "sk-" + "5a3b1e" * 10 + "0403"

KEYS: Final = {ULTRAVOX: ULTRAVOX_KEY, DIGA: DIGA_KEY}
"""Every platform, with the key that may read everything."""
