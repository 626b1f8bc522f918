"""What mail programs and people write around an answer, in seven languages: en de fr es pt it nl.

Phrases are compared in small letters. To add a language, add a line to each table, and mails to the corpus in
`tests/connectors/mails/`.
"""

import re

# First and last words of "On Monday Anna wrote:". The name may stand after the verb ("schrieb Anna:").
INTRODUCTIONS = (
    ("on ", ("wrote", "writes")),
    ("am ", ("schrieb",)),
    ("le ", ("écrit", "ecrit")),
    ("el ", ("escribió", "escribio")),
    ("em ", ("escreveu",)),
    ("il ", ("scritto", "scrive")),
    ("op ", ("schreef", "geschreven")),
    # Without the day in front: "Anna <a@b.de> schrieb am 3. Mai:"
    ("", ("wrote", "schrieb", "a écrit", "escribió", "escreveu", "ha scritto", "schreef")),
)

# Names of header lines that programs copy above the original: sender, and the others.
SENDER_HEADERS = ("from", "von", "de", "da", "van", "expéditeur", "remitente", "mittente", "afzender")
TIME_HEADERS = (
    "sent", "date", "gesendet", "datum", "envoyé", "envoye", "enviado", "enviada em", "enviado el", "enviado em",
    "fecha", "data", "inviato", "verzonden",
)  # fmt: skip
OTHER_HEADERS = (
    "to", "cc", "subject", "an", "kopie", "betreff", "à", "a", "objet", "para", "asunto", "assunto", "oggetto",
    "aan", "onderwerp", "reply-to", "importance", "priorität", "copie", "antwort an",
)  # fmt: skip

# Between dashes: "-----Original Message-----"
ORIGINALS = (
    "original message", "ursprüngliche nachricht", "originalnachricht", "message d'origine", "message d’origine",
    "message original", "mensaje original", "mensagem original", "messaggio originale", "oorspronkelijk bericht",
    "reply message", "original-nachricht",
)  # fmt: skip
# "##- Please type your reply above this line -##"
ABOVE_THIS_LINE = (
    "reply above this line", "type your reply above", "antwort über dieser zeile", "über dieser zeile",
    "répondez au-dessus de cette ligne", "au-dessus de cette ligne", "por encima de esta línea",
    "acima desta linha", "sopra questa riga", "boven deze regel",
)  # fmt: skip

FORWARDS = re.compile(r"^(fwd?|wg|tr|rv|enc|i|doorst|weitergeleitet|inoltra)\s*:", re.IGNORECASE)

# Lines that phones and programs add on their own: how they begin, and one of the words they hold ("Sent via DHL" is
# a customer's own line).
ADVERTS = (
    "sent from my ", "sent from mail for ", "sent from outlook", "sent from yahoo mail", "sent via ", "get outlook for ",
    "von meinem ", "gesendet mit ", "gesendet von ", "diese nachricht wurde von meinem ", "holen sie sich outlook für ",
    "outlook für ", "envoyé de mon ", "envoyé depuis ", "envoyé à partir de ", "télécharger outlook pour ",
    "obtenez outlook pour ", "enviado desde ", "obtener outlook para ", "enviado do meu ", "enviado de ", "obter o outlook para ",
    "inviato da ", "scarica outlook per ", "ottieni outlook per ", "verstuurd vanaf ", "verzonden vanaf ", "verzonden met ",
    "outlook voor ", "download outlook voor ",
)  # fmt: skip

DEVICES = (
    "iphone", "ipad", "android", "outlook", "galaxy", "samsung", "smartphone", "handy", "mobile", "mobil", "móvil",
    "blackberry", "yahoo", "gmx", "web.de", "mail", "huawei", "xiaomi", "tablet", "telefon", "phone", "portable",
    "proton", "mobiel", "windows", "cellulare", "celular",
)  # fmt: skip

# Words with which people end a letter; the line and the name below it are no part of what they say.
CLOSINGS = (
    "best regards", "kind regards", "warm regards", "regards", "best wishes", "all the best", "best", "cheers",
    "sincerely", "yours sincerely", "yours faithfully", "yours truly", "with kind regards", "many regards",
    "mit freundlichen grüßen", "mit freundlichen gruessen", "mit freundlichem gruß", "freundliche grüße",
    "freundlichen gruß", "viele grüße", "viele gruesse", "liebe grüße", "beste grüße", "schöne grüße", "herzliche grüße",
    "gruß", "grüße", "mfg", "lg", "vg", "hochachtungsvoll",
    "cordialement", "bien cordialement", "bien à vous", "sincères salutations", "meilleures salutations",
    "salutations distinguées", "bonne journée", "amicalement", "cdlt",
    "saludos", "un saludo", "saludos cordiales", "atentamente", "muy atentamente", "cordialmente", "un cordial saludo",
    "reciba un cordial saludo", "abrazos",
    "atenciosamente", "cumprimentos", "com os melhores cumprimentos", "melhores cumprimentos", "att", "abraços",
    "um abraço",
    "cordiali saluti", "distinti saluti", "saluti", "un saluto", "buona giornata", "in fede",
    "met vriendelijke groet", "met vriendelijke groeten", "vriendelijke groet", "vriendelijke groeten", "groeten",
    "groet", "hartelijke groet", "mvg", "hoogachtend",
)  # fmt: skip
# These end a letter and say something: the line stays, the name below goes.
THANKS = (
    "thanks", "thank you", "many thanks", "thanks in advance", "thank you in advance", "thanks a lot",
    "danke", "vielen dank", "besten dank", "danke im voraus", "vielen dank im voraus", "danke schön",
    "merci", "merci d'avance", "merci beaucoup", "gracias", "muchas gracias", "gracias de antemano",
    "obrigado", "obrigada", "muito obrigado", "muito obrigada", "desde já obrigado",
    "grazie", "grazie mille", "grazie in anticipo", "bedankt", "dank u", "dank u wel", "alvast bedankt", "hartelijk dank",
)  # fmt: skip

# How the last paragraph of a company's mail begins, and a word it must hold.
DISCLAIMERS = (
    ("this e", "confidential"), ("this message", "confidential"), ("the information", "confidential"),
    ("confidentiality notice", "confidential"), ("confidential", "recipient"), ("disclaimer", ""),
    ("diese e", "vertraulich"), ("diese nachricht", "vertraulich"), ("der inhalt", "vertraulich"),
    ("ce message", "confidenti"), ("ce courriel", "confidenti"), ("ce mail", "confidenti"),
    ("este mensaje", "confidencial"), ("este correo", "confidencial"), ("la información contenida", "confidencial"),
    ("esta mensagem", "confidenci"), ("este e", "confidenci"), ("aviso de confidencialidade", ""),
    ("il presente messaggio", "riservat"), ("questo messaggio", "riservat"), ("le informazioni", "riservat"),
    ("dit bericht", "vertrouwelijk"), ("deze e", "vertrouwelijk"), ("de informatie", "vertrouwelijk"),
    ("please consider the environment", ""), ("bitte denken sie an die umwelt", ""),
)  # fmt: skip
