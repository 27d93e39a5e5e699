"""Claims of success: whether the agent tells the caller that something was done, in English or Spanish.

To add a wording, add it to a row here and to the rows in tests/analysis/test_claims.py, with a near miss: offers,
questions, conditions and excuses are no claims.
"""

from __future__ import annotations

import re

_READ_CHARS = 600  # how much of the agent's next words is searched: a claim comes first
_DONE = (
    r"(?:booked|cancell?ed|scheduled|rescheduled|reserved|confirmed|updated|changed|sent|placed|processed|refunded"
    r"|registered"
    r"|added|moved|submitted|issued|created|completed|transferred|approved|ordered|paid|saved|signed (?:you )?up"
    r"|arranged)"
)
_HECHO = (
    r"(?:reservad[oa]s?|cancelad[oa]s?|confirmad[oa]s?|agendad[oa]s?|programad[oa]s?|apuntad[oa]s?|cambiad[oa]s?"
    r"|enviad[oa]s?"
    r"|actualizad[oa]s?|registrad[oa]s?|modificad[oa]s?|tramitad[oa]s?|hech[oa]s?|list[oa]s?|completad[oa]s?"
    r"|realizad[oa]s?"
    r"|movid[oa]s?|anulad[oa]s?|pagad[oa]s?)"
)
_THING = (
    r"(?:appointment|booking|reservation|order|table|room|flight|refund|payment|request|ticket|message|change"
    r"|account|card"
    r"|cancellation|transfer|visit|slot|delivery|subscription|confirmation|e-?mail|text)"
)
_COSA = r"(?:reserva|cita|mesa|pedido|pago|turno|cambio|mensaje|cancelaci[oó]n|solicitud|habitaci[oó]n|vuelo|reembolso)"
_STILL = r"(?:now |all |just |successfully |already |officially |gone ahead and |been )"

_CLAIMS = re.compile(
    "|".join(
        (
            # English
            (
                rf"\byou(?:'re| are)(?: (?:now|all|officially|successfully))* (?:{_DONE}|set|done|good to go"
                rf"|in the system|on the list|down (?:for|as|at|on|in|with)\b)"
            ),
            rf"\b(?:i|we)(?:'ve| have|) (?:{_STILL}){{0,3}}{_DONE}\b",
            (
                r"\b(?:i|we)(?:'ve| have) (?:just |now )?(?:made|got|put) (?:you|your|that|the|it|a)\b[^.?!]{0,40}\b"
                r"(?:booked|booking|reservation|appointment|order|change|down|in)\b"
            ),
            (
                rf"\b(?:your|the) (?:[\w'-]+ ){{0,3}}?{_THING}(?: (?:for|on|at|to|with) [^.?!;]{{1,40}}?)?"
                rf"(?:'s| is| are| was| has been| have been) (?:{_STILL}){{0,3}}(?:{_DONE}|complete|set|done|made"
                rf"|all set|on its way|in)\b"
            ),
            (
                rf"\b(?:that|it|everything|all)(?:'s| is| has been)(?: (?:now|all|been))* (?:{_DONE}|set|done|sorted"
                rf"|taken care of|in place)"
            ),
            (
                rf"\b(?:{_THING} (?:is )?(?:confirmed|successful|complete)|successfully {_DONE}|all set"
                rf"|consider it done"
                rf"|all done)\b"
            ),
            (
                r"\bwent through\b|\bhas gone through\b|\byou(?:'ll| will| should) (?:receive|get) (?:a|an|your"
                r"|the) (?:\w+ )?"
                r"(?:confirmation|receipt|refund)"
            ),
            # Spanish
            rf"\b(?:(?:le|te|os|les|se (?:la|lo)|la|lo|ya) ){{0,3}}(?:he|hemos) (?:ya )?{_HECHO}\b",
            (
                rf"\b(?:su|tu|la|el|esta|este) {_COSA}(?: (?:para|de|del|a) [^.?!;]{{1,40}}?)? (?:ya )?"
                rf"(?:est[aá]|queda|qued[oó]|ha quedado|ha sido|fue) (?:ya |todo )?{_HECHO}\b"
            ),
            rf"\b(?:queda|qued[oó]|ha quedado|ya est[aá]|todo est[aá]) (?:todo |ya )?{_HECHO}\b",
            rf"\btodo listo\b|\b{_COSA} (?:ya )?(?:hecha|confirmada|realizada|confirmado|realizado)\b",
            (
                r"\b(?:reservé|cancelé|confirmé|agendé|envié|cambié|apunté|registré)\b|\bya tiene(?:s)? (?:su|tu"
                r"|la) (?:cita|reserva|mesa)"
            ),
            (
                r"\b(?:recibirá|recibirás|le llegará|te llegará) (?:un|una|su|tu) (?:\w+ )?(?:confirmaci[oó]n|correo"
                r"|mensaje|sms)"
            ),
        )
    ),
    re.IGNORECASE,
)
# Words before the claim, in the same clause, that turn it into an offer, a condition or its opposite.
_TURNS_ROUND = re.compile(
    r"\b(?:not|n't|never|if|once|until|unless|when|before|after|as soon as|whether|let me|i'll|we'll|will be"
    r"|going to|can|could"
    r"|would|should i|shall|want|like|need|to get|to have|make sure|think|thought|almost|nearly|before|in case"
    r"|see if|check"
    r"|no|todav[ií]a|a[uú]n|si|cuando|en cuanto|una vez|voy a|vamos a|puedo|podr[ií]a|quiere|quieres|antes"
    r"|despu[eé]s|casi|para que)\b|n't\b",
    re.IGNORECASE,
)
# Words anywhere in which the agent admits that it did not work.
_ADMITS = re.compile(
    r"\b(?:unable|(?:was|were|am|is|are|been) (?:not|n't) able|(?:wasn't|weren't|isn't|not) able|could(?: not|n't)"
    r"|can(?:not|'t)"
    r"|did(?: not|n't) (?:work|go through)|has(?: not|n't)|have(?: not|n't)|failed|failing|error|unfortunately"
    r"|problem|issue"
    r"|trouble|difficult\w+|try (?:that |it )?again|went wrong|not going through|unavailable|no longer|someone will"
    r"|no (?:he|hemos|se ha|ha) podido|no (?:pude|pudimos|puedo|podemos|ha sido posible|fue posible)|imposible|fallo"
    r"|falla"
    r"|problemas?|lamentablemente|por desgracia|inconveniente|intentar(?:lo)? de nuevo)\b",
    re.IGNORECASE,
)
_CLAUSE_START = re.compile(r"[.,;:!?¿¡]|\b(?:but|and|so|pero|y|as[ií] que)\b", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.,;!?]")

# A sentence that only fills a wait, with polite words before it.
_FILLER = re.compile(
    r"\W*(?:(?:ok(?:ay)?|alright|all right|sure|great|perfect|of course|certainly|absolutely|thanks?|thank you"
    r"|got it|right"
    r"|um+|uh+|hmm+|well|so|yes|no problem|sorry|apologies|perd[oó]ne?|disculpe"
    r"|vale|claro|perfecto|bien|muy bien|por supuesto|gracias|de acuerdo|bueno"
    r"|sí|eh+)"
    r"(?:\W+|\Z)){0,4}"
    r"(?:(?:the|our|my|la|el) \w+(?:'s| is| va| tarda| est[aá]) (?:[\w ]{0,20}\b)?"
    r"(?:slow|loading|un poco|lent[oa])\b(?: \w+)?[,.;] )?"
    r"(?:(?:(?:just|please|give me|can you|could you|one|a|more|if you could|for|un|una|deme|dame|solo|espere|espera"
    r"|por favor) ){0,5}"
    r"(?:moment|second|sec|minute|hold|wait|hold on|hang on|bear with me|momento|momentito|segundo|minuto"
    r"|instante)\b.{0,80}"
    r"|(?:let me|i'll|i will|i'm|i am|allow me to|we're|while i)(?: just| now| quickly)? (?:check|look|see|pull|find"
    r"|get|take a"
    r"|go ahead|try|verify|confirm|book)(?:ing)?\b.{0,80}"
    r"|(?:d[eé]jeme|d[eé]jame|perm[ií]tame|voy a|estoy|ahora)(?: que| lo)* (?:compr[uo]\w+|mir\w+|consult\w+"
    r"|revis\w+|busc\w+"
    r"|verific\w+|ver)\b.{0,80}|(?:vuelvo a (?:prob|intent|mir|consult|busc)\w+|lo intento)\b.{0,40}"
    r"|(?:still )?(?:checking|looking|searching|working on)\b.{0,40})?\W*",
    re.IGNORECASE,
)
_SENTENCES = re.compile(r"(?<=[.?!…])\s+")


def claims_success(text: str) -> bool:
    """Whether the words tell the caller that something was done."""
    said = " ".join(text[:_READ_CHARS].replace("’", "'").split())  # noqa: RUF001 - the typographic apostrophe
    if _ADMITS.search(said):
        return False
    return any(_is_claim(said, found) for found in _CLAIMS.finditer(said))


def is_filler(text: str) -> bool:
    """Whether the words only fill a wait: "One moment, let me check that for you"."""
    said = " ".join(text.replace("’", "'").split())  # noqa: RUF001
    return len(said) <= _LONGEST_FILLER_CHARS and all(map(_FILLER.fullmatch, _SENTENCES.split(said)))


_LONGEST_FILLER_CHARS = 200


def _is_claim(said: str, found: re.Match[str]) -> bool:
    starts = [match.end() for match in _CLAUSE_START.finditer(said, 0, found.start())]
    if _TURNS_ROUND.search(said, starts[-1] if starts else 0, found.start()):
        return False
    end = _SENTENCE_END.search(said, found.end())
    return end is None or end[0] != "?"
