"""Tells technical failures, which someone can fix, from refusals, where the business said no.

A refusal is the answer of a working system: no table is free, or the booking does not exist. If the words do not tell,
the failure counts as technical, so that nothing broken hides among refusals.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from call_transcripts_mcp.findings.failures import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from call_transcripts_mcp.findings.failures import Cause

OTHER = "other"

# Reasons for a refusal, in words for people; the first row that matches wins.
REASONS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (reason, re.compile(pattern, re.IGNORECASE))
    for reason, pattern in (
        (
            "outside opening hours",
            (
                r"(?:business|opening|working|office|operating) hours|outside (?:of )?(?:our |the )?hours|after hours"
                r"|\bclosed\b"
                r"|öffnungszeit|geschlossen|fuera de(?:l)? horario|cerrad[oa]|fora do horário|fechad[oa]"
                r"|en dehors des h"
                r"|fermée?\b"
                r"|营业时间"
            ),
        ),
        (
            "payment refused",
            (
                r"\b(?:card|payment|charge|transaction|balance|funds|credit)\b|insufficient_funds|\bpago\b|tarjeta|saldo"
                r"|zahlung"
                r"|\bkarte\b|pagamento|cartão|paiement|\bcarte\b|solde|余额|支付"
            ),
        ),
        (
            "already there",
            (
                r"already (?!booked|taken|reserved)|duplicate|exists?\b|E11000|ya existe|ya (?:est[aá]|fue) (?:cancel"
                r"|registr)"
                r"|bereits (?:vorhanden|storniert|registriert)|já existe|déjà (?:annul|exist)|已(?:存在|取消)"
            ),
        ),
        (
            "no availability",
            (
                r"availab|\bslots?\b|fully.?booked|sold.?out|out.?of.?stock|\b(?:booked|taken|reserved|full|capacity)\b"
                r"|no (?:\w+ ){0,2}(?:tables?|rooms?|seats?|appointments?|times?|left|free)\b|not enough|disponib"
                r"|huecos?\b|citas?\b"
                r"|mesas?\b|ocupad|agotad|verfügbar|ausgebucht|belegt|vergeben|vagas?\b|horários?\b|esgotad|lotad"
                r"|créneau|complet"
                r"|空位|已满|预订|售罄"
            ),
        ),
        (
            "too late or too early",
            r"in advance|notice\b|too (?:late|early|soon|far)|deadline|\bpast\b|vorher|antelación",
        ),
        ("no answer", r"no answer|\bbusy\b|did not (?:answer|pick up)|unreachable by phone|no contest|besetzt"),
        (
            "not allowed",
            (
                r"policy|not (?:allowed|permitted|eligible|possible|refundable)|non-?refundable|cannot be"
                r"|can't be|limit"
                r"|maximum"
                r"|exceed|ineligible|blocked|suspended|no (?:se )?(?:permit|puede)|nicht (?:erlaubt|möglich|zulässig)"
                r"|não (?:é )?permit"
                r"|interdit"
            ),
        ),
    )
)

_OF_A_MACHINE = re.compile(
    r"\b(?:routes?|endpoints?|urls?|uri|paths?|pages?|resources?|methods?|functions?|tools?|modules?|class|files?"
    r"|directory"
    r"|hosts?|relation|columns?|collection|bucket|queue|models?|deployment|apps?|application|servers?|services?"
    r"|webhooks?"
    r"|workflows?|scenarios?|context|session|config\w*|templates?|keys?|secret|tokens?|credentials?|integrations?"
    r"|connection"
    r"|databases?|schema|index|version|handler|commands?|operation|api|GET|POST|PUT|DELETE|PATCH)\b"
    r"|\bno such table\b|\b(?:ruta|página|recurso|fichero|archivo|seite|datei|rota|arquivo|fichier)\b",
    re.IGNORECASE,
)
_SAYS_NOT_FOUND = re.compile(
    r"<\*>|\b(?:https?|error|code|status|client|not|no|found|such|does|do|did|was|were|is|are|could|be|exist|exists"
    r"|the|an?"
    r"|nothing|here|unknown|missing|gone|results?|rows?|match(?:es|ing)?|for|with|se|encontr\w+|existe|sin"
    r"|resultados|nicht"
    r"|gefunden|vorhanden|não|introuvable|trouvée?)\b|不存在|找不到|未找到|没有找到|查无",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]{2,}")


def is_refusal(kind: Kind, signature: str) -> bool:
    """Whether the business said no: a refusal, or something the caller named that does not exist."""
    if kind is Kind.NOT_FOUND:
        said = signature.replace("_", " ")
        return not _OF_A_MACHINE.search(said) and bool(_WORD.search(_SAYS_NOT_FOUND.sub(" ", said)))
    return kind is Kind.REFUSAL


def reason_of(kind: Kind, signature: str) -> str:
    """Why a business said no, in a few words."""
    if kind is Kind.NOT_FOUND:
        return str(Kind.NOT_FOUND)
    said = signature.replace("_", " ")
    return next((reason for reason, pattern in REASONS if pattern.search(said)), OTHER)


def refusals(causes: Iterable[Cause]) -> Counter[str]:
    """How many failures are refusals, by reason."""
    counts: Counter[str] = Counter()
    for cause in causes:
        if is_refusal(cause.kind, cause.signature):
            counts[reason_of(cause.kind, cause.signature)] += cause.count
    return counts
