"""The names of the platforms, the keys that each of them accepts, and how many calls there are.

The keys match the patterns of real ones, so that code that masks or checks real keys also applies to these.
"""

from __future__ import annotations

from typing import Final

ULTRAVOX: Final = "ultravox"
DIGA: Final = "diga"
ELEVENLABS: Final = "elevenlabs"
VAPI: Final = "vapi"
RETELL: Final = "retell"

ULTRAVOX_KEY: Final = "SAMPLE00.SAMPLEkeyForTheBuiltInPlatform00"
DIGA_KEY: Final = "sk-" + "5a3b1e" * 10 + "0000"
DIGA_KEY_WITHOUT_LOGS: Final = "sk-" + "5a3b1e" * 10 + "0403"
ELEVENLABS_KEY: Final = "sk_" + "5a3b1e" * 8
VAPI_KEY: Final = "5a3b1e5a-3b1e-4a3b-9e5a-3b1e5a3b0000"
RETELL_KEY: Final = "key_" + "5a3b1e" * 4 + "0000"

KEYS: Final = {
    ULTRAVOX: ULTRAVOX_KEY,
    DIGA: DIGA_KEY,
    ELEVENLABS: ELEVENLABS_KEY,
    VAPI: VAPI_KEY,
    RETELL: RETELL_KEY,
}
"""Every platform, with the key that may read everything."""
SHARES: Final = {ULTRAVOX: 6, DIGA: 4, ELEVENLABS: 4, VAPI: 4, RETELL: 2}
"""How many of twenty generated calls each platform has."""
DEFAULT_CALLS: Final = 56
"""The number of curated calls that are listed; any further calls are generated."""
