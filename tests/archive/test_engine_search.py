"""A search gives the lines that hold every phrase, each once, newest first: for every engine, whatever is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kept_calls import (
    ACME,
    ANY_LINE,
    EVERYWHERE,
    NOON,
    SECRETS,
    ZETA,
    Oracle,
    agent,
    kept,
    minute,
    minute_ms,
    phrases,
    placed,
    transcript,
    used,
    user,
)

from call_transcripts_mcp.archive.base import Hit, Key, LineFilter, LinePosition, Selection
from call_transcripts_mcp.archive.rows import call_rows
from call_transcripts_mcp.model import Verdict
from sample_transcripts import sample_transcripts

if TYPE_CHECKING:
    from call_transcripts_mcp.archive.base import Engine, Phrases

MANY = 10_000
TEXTS = [
    "I want to book a table for four tonight",
    "book the TABLE, please: for Four!",
    "a table to book",
    "bookings and tables",
    "the table is booked",
    "for four",
    "four for",
    "four four for",
    "HTTP 504 Gateway-Timeout (upstream_1)",
    "o'clock at 20:15 and 8.30",
    "Café Zoë, naïve façade",
    "cafe zoe",
    "预订失败。请稍后再试",
    "我要预订今晚的桌子",
    "🎉 party 👩‍👩‍👧‍👦 time",
    "٣٤ people مرحبا بالعالم",
    "Straße, STRASSE, strasse",
    "ﬁancée",
    '{"party":4,"when":"2026-11-20T20:00"}',
    "x" * 5_000,
    "AND OR NOT NEAR",
    "col:x words:book text:table",
    "'; DROP TABLE calls; --",
    '"quoted" phrase* ^first',
    "",
    " ",
    "...!?",
]
QUESTIONS = [
    ["book"],
    ["table", "book"],
    ["a table"],
    ["table a"],
    ["for four"],
    ["four for"],
    ["four four"],
    ["table for four tonight"],
    ["book", "for four"],
    ["boo"],
    ["tabl"],
    ["504"],
    ["gateway timeout"],
    ["upstream 1"],
    ["20 15"],
    ["o'clock"],
    ["café"],
    ["CAFE ZOE"],
    ["naive facade"],
    ["预订"],
    ["预订失败"],
    ["今晚的桌子"],
    ["🎉"],
    ["party 👩‍👩‍👧‍👦"],
    ["مرحبا"],
    ["34 people"],
    ["strasse"],
    ["fiancee"],
    ["party 4"],
    ["x" * 5_000],
    ["x" * 4_999],
    ["and"],
    ["and or not near"],
    ["AND", "OR"],
    ["col:x"],
    ["words:book"],
    ["drop table"],
    ["'; DROP TABLE calls; --"],
    ["phrase*"],
    ["^first"],
    ['"quoted"'],
    ["NEAR(book table)"],
    ["book* OR table*"],
    ["-book"],
    ["%"],
    ["book " * (MANY // 5)],
    ["y" * MANY],
    ["absent"],
    ["book", "absent"],
]


def asked(engine: Engine, question: Phrases, where: LineFilter = ANY_LINE, *, of: Selection = EVERYWHERE) -> list[Hit]:
    return engine.search(question, of, where, before=None, limit=1_000)


def paged(engine: Engine, question: Phrases, size: int) -> list[Hit]:
    """All pages, one after another."""
    hits: list[Hit] = []
    before: LinePosition | None = None
    while page := engine.search(question, EVERYWHERE, ANY_LINE, before=before, limit=size):
        assert len(page) <= size
        hits += page
        before = LinePosition(page[-1].created_ms, page[-1].key.id, page[-1].number)
    return hits


def test_every_question_finds_what_looking_at_every_line_finds(engine: Engine) -> None:
    oracle = Oracle()
    rows = [kept(transcript("one", *map(user, TEXTS), created=minute(2)))]
    rows += [kept(transcript(f"each-{at}", agent(text), created=minute(at % 4))) for at, text in enumerate(TEXTS)]
    engine.put(ACME, rows)
    oracle.put(ACME, rows)
    for question in QUESTIONS:
        wanted = tuple(phrase for phrase in phrases(*question) if phrase)
        if wanted:
            found = placed(asked(engine, wanted))
            assert found == oracle.search(wanted, EVERYWHERE, ANY_LINE), [text[:80] for text in question]
    assert engine.check() == []
    assert len(engine.calls(EVERYWHERE)) == len(rows)


NOT_FOLDED = ['"', "'", "AND", "*", "col:x", "NEAR(", "^a", "\\", "%", "_", "-", "+", "a*", '"a', "(", "{", "\n", "\t",
              "\x00", "'; DROP TABLE calls; --", "😀", "\ud800"]  # fmt: skip


def test_even_words_that_were_not_folded_are_never_syntax(engine: Engine) -> None:
    engine.put(ACME, [kept(transcript("one", user("book a table")))])
    for word in NOT_FOLDED:
        for question in (((word,),), ((word, word),), ((word,), (word, "book")), (("book", word),)):
            # Some engines read no word in them and look for the rest; none may take them for an operator.
            assert {hit.text for hit in asked(engine, question)} <= {"book a table"}, question
            assert asked(engine, (*question, ("absent",))) == [], question
    assert len(asked(engine, phrases("book"))) == 1
    assert engine.check() == []


def test_a_hit_tells_where_it_is_and_what_it_says(engine: Engine) -> None:
    row = kept(
        transcript("one", user("hello"), used("book", Verdict.FAILED, "HTTP 504 from upstream"), created=minute(3))
    )
    engine.put(ACME, [row])
    assert asked(engine, phrases("upstream")) == [
        Hit(Key(ACME, "one"), minute_ms(3), row.call, 2, "tool", "book", "failed", row.lines[1].text)
    ]
    (hit,) = asked(engine, phrases("hello"))
    assert (hit.number, hit.role, hit.tool, hit.verdict, hit.text) == (1, "user", "", "", "hello")


def test_a_tool_call_is_found_by_its_name_its_arguments_and_its_error(engine: Engine) -> None:
    engine.put(ACME, [kept(transcript("one", used("book_table", Verdict.FAILED, "HTTP 504 from upstream")))])
    for question in ("book table", "party 4", "504", "upstream", "failed"):
        assert len(asked(engine, phrases(question))) == 1, question


def test_the_newest_call_comes_first_and_in_it_the_last_line(engine: Engine) -> None:
    for name, at in (("b", 1), ("a", 1), ("new", 2)):
        engine.put(ACME, [kept(transcript(name, user("yes"), agent("no"), user("yes, yes"), created=minute(at)))])
    found = [(hit.key.id, hit.number) for hit in asked(engine, phrases("yes"))]
    assert found == [("new", 3), ("new", 1), ("a", 3), ("a", 1), ("b", 3), ("b", 1)]


def test_no_phrase_reaches_over_two_lines(engine: Engine) -> None:
    engine.put(ACME, [kept(transcript("one", user("see you"), agent("tomorrow"), user("at noon\nor later")))])
    assert asked(engine, phrases("you tomorrow")) == []
    assert asked(engine, phrases("you", "tomorrow")) == []
    assert asked(engine, phrases("tomorrow at")) == []
    assert len(asked(engine, phrases("see you"))) == 1


def test_paging_to_the_end_gives_each_hit_once(engine: Engine) -> None:
    for at in range(6):
        parts = [user(f"yes {line}") if line % 2 else agent("no") for line in range(7)]
        engine.put(ACME, [kept(transcript(f"call-{at}", *parts, created=minute(at // 3)))])
    for size in (1, 2, 3, 5, 8):
        hits = paged(engine, phrases("yes"), size)
        assert hits == asked(engine, phrases("yes"))
        assert len(hits) == len(set(placed(hits))) == 18


def test_a_page_goes_on_where_a_line_is_no_longer_there(engine: Engine) -> None:
    engine.put(ACME, [kept(transcript(name, *map(user, ["yes"] * 3), created=minute(1))) for name in "ac"])

    def after(place: LinePosition) -> list[tuple[str, int]]:
        found = engine.search(phrases("yes"), EVERYWHERE, ANY_LINE, before=place, limit=9)
        return [(hit.key.id, hit.number) for hit in found]

    assert after(LinePosition(minute_ms(1), "a", 9)) == [("a", 3), ("a", 2), ("a", 1), ("c", 3), ("c", 2), ("c", 1)]
    assert after(LinePosition(minute_ms(1), "b", 2)) == [("c", 3), ("c", 2), ("c", 1)]
    assert after(LinePosition(minute_ms(1), "c", 2)) == [("c", 1)]
    assert after(LinePosition(minute_ms(0), "", 0)) == []


def test_a_message_that_speaks_and_calls_a_tool_is_found_by_both(engine: Engine) -> None:
    engine.put(
        ACME, [kept(transcript("one", used("book_table", Verdict.FAILED, "boom at noon", words="booked at noon")))]
    )
    assert sorted(hit.role for hit in asked(engine, phrases("noon"))) == ["tool", "tool"]
    assert [hit.tool for hit in asked(engine, phrases("boom"))] == ["book_table"]
    assert [hit.tool for hit in asked(engine, phrases("booked"))] == [""]
    assert engine.check() == []


FILTERS = {
    "role": LineFilter(roles=("user",)),
    "roles": LineFilter(roles=("user", "tool")),
    "tool": LineFilter(tools=("book",)),
    "tools": LineFilter(tools=("book", "pay", "b'%")),
    "verdict": LineFilter(verdicts=("failed",)),
    "verdicts": LineFilter(verdicts=("failed", "no_result", "ok")),
    "all": LineFilter(roles=("tool",), tools=("pay", "book"), verdicts=("ok", "suspected")),
    "contradiction": LineFilter(roles=("user",), tools=("book",)),
    "unknown": LineFilter(roles=("nobody",)),
}
SELECTIONS = {
    "all": EVERYWHERE,
    "window": Selection(since_ms=minute_ms(1), until_ms=minute_ms(3)),
    "agent": Selection(agent="grill"),
    "named agents": Selection(agent="nobody", agents=[(ACME, "agent-0"), (ZETA, "agent-1")]),
    "an agent and a named one": Selection(agent="grill", agents=[(ACME, "agent-0")]),
    "space": Selection(spaces=[ZETA]),
    "keys": Selection(keys=[Key(ACME, "call-1"), Key(ACME, "call-4")]),
}


def test_filters_of_lines_and_of_calls_are_all_held(engine: Engine) -> None:
    oracle = Oracle()
    for at in range(8):
        parts = [
            user("book at noon"),
            used("book", list(Verdict)[at % 7], "at noon" if at % 7 != 5 else ""),
            used("pay", Verdict.OK),
            used("b'%", Verdict.NO_RESULT, "no result at noon"),
            agent("done at noon"),
        ]
        name = "Harbour Grill" if at % 2 else "Clinic"
        id_ = f"agent-{at % 2}"
        row = kept(transcript(f"call-{at}", *parts, created=minute(at // 2), agent_name=name, agent_id=id_))
        oracle.put(ZETA if at > 5 else ACME, [row])
    for space in (ACME, ZETA):
        engine.put(space, [row.kept for row in oracle.rows.values() if row.key.space == space])
    for question in (phrases("noon"), phrases("at noon", "book")):
        for where in (*FILTERS.values(), ANY_LINE):
            for of in SELECTIONS.values():
                assert placed(asked(engine, question, where, of=of)) == oracle.search(question, of, where)


def test_every_word_of_the_sample_calls_is_found_where_it_stands(engine: Engine) -> None:
    oracle = Oracle()
    rows = [call_rows(one, SECRETS, 1) for one in sample_transcripts(NOON)]
    engine.put(ACME, rows)
    oracle.put(ACME, rows)
    words = sorted({word for row in rows for line in row.lines for word in line.words.split()})
    for word in words[::150]:
        assert placed(asked(engine, ((word,),))) == oracle.search(((word,),), EVERYWHERE, ANY_LINE), word
