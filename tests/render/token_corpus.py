"""Texts that the token estimator is measured on, all invented or generated from a fixed seed.

`REALISTIC` is what our answers are made of; `HOSTILE` is what could make an estimator promise too few tokens.
"""
# ruff: noqa: RUF001  # look-alike letters of other scripts are the point

from __future__ import annotations

import base64
import json
import random
import string
import uuid

from payload_samples import PAYLOADS, render_text

_ENGLISH = """Hello, thanks for calling Harbour Dental, this is Ava. How can I help you today?
Hi, yeah, I've got an appointment on Thursday morning and I need to move it, something came up at work.
Of course. Could you tell me your full name and your date of birth, please?
It's Priya Raman, R-A-M-A-N, and I was born on the fourteenth of March, nineteen eighty-eight.
Thank you, Priya. I can see a cleaning with Doctor Whitfield at nine thirty. Which day would suit you better?
Anything next week after four, really. Wednesday would be perfect if you've still got something.
One moment while I check that for you. I'm sorry, the schedule isn't loading right now; let me try once more.
No worries, take your time. Is there parking behind the building, by the way, or should I use the garage?
There is free parking for patients in the courtyard. I've found two openings: quarter past four and five o'clock.
Great, let's do quarter past four then. And could you send the confirmation to my phone instead of my email?
Absolutely. You will receive a text message in a few minutes. Is there anything else that I can do for you?
No, that's everything. You've been really helpful, thanks a lot. Bye!"""
_SPANISH = """Buenas tardes, le atiende Lucía, del servicio de atención al cliente. ¿En qué puedo ayudarle?
Hola, buenas. Llamo porque todavía no me ha llegado el pedido que hice hace más de diez días.
Lamento mucho las molestias. ¿Me podría indicar el número de pedido o el correo electrónico con el que compró?
Sí, un momento, que lo busco... Es el cuatro, siete, ocho, uno, nueve, y está a nombre de Begoña Etxeberria.
Muchas gracias, Begoña. Según el sistema, el paquete salió del almacén el miércoles y está en reparto desde ayer.
Pues aquí no ha venido nadie, y estuve en casa toda la mañana esperando. ¿No pueden llamar al repartidor?
Voy a intentarlo ahora mismo. Parece que la consulta está tardando un poco; no cuelgue, por favor.
Vale, espero. También quería saber si puedo devolver una de las camisetas, porque me equivoqué de talla.
Claro que sí, dispone de treinta días desde la entrega. Le enviaré la etiqueta de devolución por correo.
Perfecto. ¿Y el reembolso cuánto tarda? La última vez tuve que reclamarlo dos veces y fue un lío.
Entre tres y cinco días laborables. Además, le he añadido un cupón de descuento por las molestias ocasionadas.
Ah, pues muchísimas gracias, qué amable. Entonces quedo pendiente de la llamada. Adiós, buen día."""
_GERMAN = """Guten Tag, hier ist der Kundendienst der Stadtwerke, mein Name ist Jonas. Was kann ich für Sie tun?
Grüß Gott, ich habe gestern meine Jahresabrechnung bekommen und verstehe die Nachzahlung überhaupt nicht.
Das schauen wir uns gerne gemeinsam an. Könnten Sie mir bitte Ihre Vertragsnummer und die Postleitzahl nennen?
Ja, Moment, die steht oben rechts. Das ist die sieben, vier, drei, null, neun, und wir wohnen in Würzburg.
Vielen Dank. Ich sehe, dass der Zählerstand im Oktober geschätzt wurde, weil uns keine Ablesung vorlag.
Das kann nicht sein, ich habe den Zählerstand über die Webseite eingetragen und eine Bestätigung erhalten.
Das tut mir leid, dann überprüfe ich die Übermittlung. Einen kleinen Augenblick Geduld, bitte.
Kein Problem. Falls sich das bestätigt, möchte ich die Abschlagszahlung natürlich auch wieder heruntersetzen lassen.
Selbstverständlich. Die Anfrage an das Abrechnungssystem ist leider fehlgeschlagen, ich versuche es noch einmal.
Können Sie mich nicht einfach zurückrufen, sobald Sie Genaueres wissen? Ich muss nämlich gleich zur Arbeit.
Gern, ich habe einen Rückruf für morgen Vormittag zwischen neun und elf Uhr eingetragen. Passt Ihnen das?
Ja, das passt hervorragend. Vielen Dank für Ihre Mühe und einen schönen Feierabend noch!"""
_FRENCH = """Bonjour, vous êtes bien à l'hôtel des Tilleuls, Camille à l'appareil. Que puis-je faire pour vous ?
Bonjour madame, j'aimerais réserver une chambre double pour le week-end du quatorze décembre, s'il vous plaît.
Bien sûr. Ce serait pour combien de nuits, et souhaitez-vous que le petit déjeuner soit compris ?
Deux nuits, du vendredi au dimanche, avec petit déjeuner. Nous viendrons avec notre fille, elle a quatre ans.
Très bien, je vérifie les disponibilités. Ne quittez pas, cela ne prendra que quelques instants.
Merci. Est-ce qu'il serait possible d'avoir un lit d'appoint, et une chambre plutôt calme, côté jardin ?
Malheureusement, le système de réservation ne répond pas pour le moment. Je réessaie tout de suite.
D'accord, je patiente. Nous étions déjà venus l'été dernier, vous avez peut-être encore nos coordonnées.
En effet, je retrouve votre fiche. Il nous reste une chambre familiale à cent trente-deux euros la nuit.
C'est parfait, je la prends. Faut-il verser des arrhes, ou bien pouvons-nous régler directement sur place ?
Vous réglerez sur place. Je vous envoie la confirmation par courriel d'ici quelques minutes.
Je vous remercie, c'est très gentil. Bonne journée et à bientôt !"""
_PORTUGUESE = """Boa tarde, aqui é a assistente virtual da clínica São Lucas. Em que posso ajudar?
Oi, boa tarde. Eu queria remarcar a consulta da minha mãe, que está agendada para amanhã às dez horas.
Claro, sem problema. Você poderia me informar o nome completo e o CPF da paciente, por favor?
É Conceição Guimarães. O CPF eu não tenho aqui comigo agora, mas posso passar a data de nascimento.
Perfeito, também funciona. Estou procurando os horários disponíveis com a doutora Fernanda, só um instante.
Tudo bem. Se possível, de manhã, porque à tarde ela faz fisioterapia e não consegue chegar a tempo.
Infelizmente não consegui acessar a agenda; o servidor demorou demais para responder. Vou tentar novamente.
Está bom, eu aguardo. Aproveitando, vocês aceitam o novo convênio da prefeitura ou só o particular?
Aceitamos os dois, desde que a carteirinha esteja dentro da validade. Encontrei um horário na quinta às nove.
Ótimo, pode confirmar então. Ela precisa levar os exames anteriores ou ficar em jejum antes da consulta?
Não é necessário jejum, mas recomendamos trazer os exames mais recentes. A confirmação já foi enviada.
Muito obrigado pela atenção. Até quinta-feira!"""
DIALOGUES = {
    "English": _ENGLISH,
    "Spanish": _SPANISH,
    "German": _GERMAN,
    "French": _FRENCH,
    "Portuguese": _PORTUGUESE,
}

_TRACEBACK = """Traceback (most recent call last):
  File "/srv/app/tools/booking.py", line 88, in book_table
    response = client.post(f"{base_url}/v2/reservations", json=payload, timeout=5.0)
  File "/usr/lib/python3.12/site-packages/httpx/_client.py", line 1144, in post
    return self.request("POST", url, content=content, data=data, json=json)
  File "/usr/lib/python3.12/site-packages/httpx/_transports/default.py", line 118, in map_httpcore_exceptions
    raise mapped_exc(message) from exc
httpx.ConnectTimeout: [Errno 110] ETIMEDOUT while connecting to upstream reservation-service.internal:8443
java.lang.NullPointerException: Cannot invoke "CustomerRecord.getAddress()" because "customer" is null
\tat com.example.crm.CustomerLookup.resolve(CustomerLookup.java:214) ~[crm-core-4.2.1.jar:?]
"""


def transcript(dialogue: str, seed: int) -> str:
    """A dialogue as the server answers it: numbered lines, with tool calls in between."""
    pick = random.Random(seed)  # noqa: S311  # a fixed seed, no secret
    second, lines = 3, list[str]()
    for number, line in enumerate(dialogue.splitlines(), 1):
        second += pick.randint(2, 14)
        clock = f"{second // 60}:{second % 60:02}"
        lines.append(f"{number} {clock} {('agent', 'user')[number % 2 == 0]}: {line}")
        if number % 4 == 0:
            payload = render_text(pick.choice(PAYLOADS))
            verdict = pick.choice(["ok 0.8s", "failed 2.5s: HTTP 502 from upstream", "suspected 1.2s: statusCode=404"])
            lines.append(f"{number + 50} {clock} book_table {payload} -> {verdict}")
    return "\n".join(lines)


def _call_list(pick: random.Random) -> str:
    lines: list[str] = []
    for _ in range(15):
        call = uuid.UUID(int=pick.getrandbits(128))
        day, hour, minute = pick.randint(1, 28), pick.randint(0, 23), pick.randint(0, 59)
        lines.append(
            f"ultravox:{call} 2026-11-{day:02}T{hour:02}:{minute:02}:07Z {minute % 9}:{minute:02} hangup "
            f"agent Booking line, {day} messages, {hour % 6} tool calls, {minute % 3} failed: caller moved a booking"
        )
    return "\n".join(lines)


def _table(pick: random.Random) -> str:
    rows = ["| tool | calls | failed | suspected | median | longest |", "|---|---:|---:|---:|---:|---:|"]
    for tool in ("book_table", "lookupCustomer", "send_sms", "transferCall", "check_availability", "hangUp") * 3:
        numbers = " | ".join(str(pick.randint(0, 99)) for _ in range(3))
        rows.append(f"| {tool} | {numbers} | {pick.uniform(0, 3):.1f}s | {pick.uniform(3, 20):.1f}s |")
    return "\n".join(rows)


def _urls(pick: random.Random) -> str:
    return "\n".join(
        f"https://api.example.com/v1/customers/{pick.randint(1, 99999)}/orders?limit={pick.randint(1, 99)}"
        f"&cursor={base64.urlsafe_b64encode(pick.randbytes(9)).decode()}#section-{pick.randint(1, 9)}"
        for _ in range(15)
    )


def _realistic() -> dict[str, str]:
    pick = random.Random(11)  # noqa: S311
    texts: dict[str, str] = {}
    for seed, (language, dialogue) in enumerate(DIALOGUES.items()):
        texts[f"{language} dialogue"] = dialogue
        for variant in range(3):
            texts[f"{language} transcript {variant}"] = transcript(dialogue, 10 * variant + seed)
    for part in range(3):
        chosen = PAYLOADS[part::3]
        values = [json.loads(payload) for payload in chosen]
        texts[f"JSON {part}"] = "\n".join(chosen)
        texts[f"compact JSON {part}"] = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
        texts[f"indented JSON {part}"] = json.dumps(values, ensure_ascii=False, indent=2)
        texts[f"escaped JSON {part}"] = json.dumps(values)
        texts[f"JSON in JSON {part}"] = json.dumps([json.dumps(value) for value in values])
        texts[f"notation {part}"] = "\n".join(str(render_text(payload)) for payload in chosen)
        texts[f"calls {part}"] = _call_list(pick)
        texts[f"table {part}"] = _table(pick)
        texts[f"URLs {part}"] = _urls(pick)
    texts["UUIDs"] = "\n".join(str(uuid.UUID(int=pick.getrandbits(128))) for _ in range(20))
    texts["hex"] = "\n".join(pick.randbytes(20).hex() for _ in range(20))
    texts["base64"] = base64.b64encode(pick.randbytes(900)).decode()
    texts["ISO times"] = "\n".join(f"2026-{n % 12 + 1:02}-{n + 1:02}T{n:02}:{n * 2:02}:00.{n:03}Z" for n in range(24))
    texts["traceback"] = _TRACEBACK
    return texts


SCRIPTS = {
    "Chinese": "您好我想预订明天晚上八点的四人桌靠窗位置可以吗请稍等系统暂时没有响应谢谢再见",
    "rare Han": "龘靐齉爩鱻麤灪籱龗驫厵癵爨鸞饢驤麣纞虋讟钃鸜麷鞻",
    "Japanese": "もしもし、予約を変更したいのですが、システムから応答がありません。少々お待ちくださいませ。カタカナ",
    "Korean": "안녕하세요내일저녁여덟시에예약을하고싶은데요시스템이응답하지않습니다잠시만기다려주세요뷁쀍",
    "Arabic": "مرحبا أريد تغيير موعد الحجز من فضلك النظام لا يستجيب الآن شكرا جزيلا ",
    "Hebrew": "שלום אני רוצה לשנות את ההזמנה שלי המערכת לא מגיבה כרגע תודה רבה ",
    "Hindi": "नमस्ते मुझे कल शाम की बुकिंग बदलनी है सिस्टम जवाब नहीं दे रहा है धन्यवाद ",
    "Thai": "สวัสดีครับผมต้องการเปลี่ยนการจองโต๊ะพรุ่งนี้ระบบไม่ตอบสนองกรุณารอสักครู่",
    "Russian": "Здравствуйте, я хотел бы перенести бронирование, система пока не отвечает, спасибо. ",
    "Greek": "Καλησπέρα, θα ήθελα να αλλάξω την κράτησή μου, το σύστημα δεν απαντά. ",
    "emoji": "😀🎉👍🏽🙏🔥👨‍👩‍👧‍👦🇪🇸🚀💡🤖❤️✅❌⚠️☎️📞🧾🦄",
    "rare symbols": "∮⊗⋉⌬⍟⎈␛☙♅⚸⛧✥❖➳⟁⠿⡷⢕⣿⤳⦿⨋⩔⪡⫸⬡⮕⺀⿻꙰",
    "Latin-1": "¡¢£¤¥¦§¨©ª«¬®¯°±²³´µ¶·¸¹º»¼½¾¿ÀÐÞßðþÿ×÷",
    "Latin Extended": "ĀāĂăĄąĆćĈĉĊċČčĎďĐđĒēĔĕĖėĘęĚěĜĝĞğĠġĢģŁłŃńŅņŇňŊŋŌōŎŏŐőŒœŕŗřśŝşšţťŧũūŭůűųŵŷźżž",
    "mathematical letters": "𝕳𝖊𝖑𝖑𝖔𝓦𝓸𝓻𝓵𝓭𝟘𝟙𝟚",
    "combining marks": "a\u0301\u0327\u0332e\u0308\u0330\u0353o\u0302\u031bu\u030a\u0348n\u0303\u0489",
    "punctuation": string.punctuation,
    "lower case": string.ascii_lowercase,
    "capitals": string.ascii_uppercase,
    "letters": string.ascii_letters,
    "letters and digits": string.ascii_letters + string.digits,
    "printable": string.printable,
    "hexadecimal": "0123456789abcdef",
    "controls": "".join(map(chr, range(32))) + "\x7f\x80\x85\x9b",
    "blanks": " \t\n\r\v\f\u00a0\u2003\u3000",
    "bytes": bytes(range(256)).decode("latin-1"),
    "consonants": "bcdfghjklmnpqrstvwxzñç",
}


def _hostile() -> dict[str, str]:
    pick = random.Random(12)  # noqa: S311
    texts: dict[str, str] = {}
    for name, alphabet in SCRIPTS.items():
        texts[f"{name}, shuffled"] = "".join(pick.choice(alphabet) for _ in range(1500))
        texts[f"{name}, as words"] = " ".join(
            "".join(pick.choice(alphabet) for _ in range(pick.randint(1, 12))) for _ in range(250)
        )
        texts[f"{name}, repeated"] = alphabet * 40
    for character in [*string.printable, *"éßñ¬€漢あ가я😀\u200b\u0301"]:
        for length in (700, 70_000 if character in " -a\n" else 701):
            texts[f"{length} times {character!r}"] = character * length
    texts["all scripts"] = "".join(pick.choice(pick.choice(list(SCRIPTS.values()))) for _ in range(3000))
    texts["CamelCase"] = "".join(pick.choice(_ENGLISH.split()).title().strip(".,?'") for _ in range(400))
    return texts


REALISTIC = _realistic()
HOSTILE = _hostile()
