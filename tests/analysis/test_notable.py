"""Which calls are listed to look at, when many have the same reason."""

from __future__ import annotations

from collections import Counter

import pytest

from call_transcripts_mcp.analysis.notable import chosen
from call_transcripts_mcp.findings.summary import Reason, Sign
from shelf import make_call

HANG_UPS = [(make_call("ultravox", number), (Sign(Reason.HANG_UP, 3),)) for number in range(40)]
WAITS = [(make_call("vapi", number), (Sign(Reason.LONG_WAIT, 5, 9.0 + number),)) for number in range(4)]


@pytest.mark.parametrize(
    ("limit", "hang_ups", "waits"), [(1, 1, 0), (10, 2, 2), (14, 2, 2), (15, 11, 4), (20, 16, 4), (100, 40, 4)]
)
def test_more_than_two_for_one_reason_are_listed_when_more_are_asked_for(limit: int, hang_ups: int, waits: int) -> None:
    found = chosen([*HANG_UPS, *WAITS], limit)
    assert Counter(one.signs[0].reason for one in found) == Counter(
        {reason: count for reason, count in ((Reason.HANG_UP, hang_ups), (Reason.LONG_WAIT, waits)) if count}
    )


def test_the_reasons_stay_together_and_the_most_telling_call_of_each_is_first() -> None:
    found = chosen([*WAITS, *HANG_UPS], 20)
    reasons = [one.signs[0].reason for one in found]
    assert reasons == sorted(reasons, key=[*Reason].index)
    assert next(one.call for one in found if one.signs[0].reason is Reason.HANG_UP) == HANG_UPS[-1][0]
    assert [one.signs[0].amount for one in found if one.signs[0].reason is Reason.LONG_WAIT] == [12.0, 11.0, 10.0, 9.0]
    assert len({one.call.ref for one in found}) == len(found)
