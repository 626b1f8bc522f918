"""Names beside a greeting, a farewell or "my name is", in English, German, French, Spanish, Portuguese, Italian, Dutch.

A name is one to three words with a capital, particles such as "van der" between them. After a greeting a single
word in small letters counts too when a comma follows it, unless it is a word that people greet with ("hi there").
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from interlock.analytics.masking.spans import Span

_WORD = r"[^\W\d_a-zß-öø-ÿ][^\W\d_]*(?:['’-][^\W\d_]+)*"
_PARTICLE = r"(?:(?:van|von|der|den|de|da|do|dos|das|di|del|della|du|la|le|zu|y|e|ten|ter)[ ])"
_NAME = rf"{_WORD}\.?(?:[ ]{_PARTICLE}{{0,2}}{_WORD}){{0,2}}"
_TITLE = (
    r"(?:(?:mr|mrs|ms|miss|mister|dr|prof|sir|madam|herrn?|frau|m|mme|mlle|monsieur|madame|sr|sra|srta|señora?|"
    r"senhora?|dona|don|doña|signora?|sig|dott|ing|dhr|mevr|meneer|mevrouw|heer)\b\.?[ ])"
)
_GREETING = (
    r"(?:dear|hi|hello|hey|hiya|good (?:morning|afternoon|evening)|greetings|thanks|thank you|cheers|"
    r"(?:sehr )?geehrter?|lieber?|liebes|hallo|guten (?:tag|morgen|abend)|moin|servus|grüezi|danke|vielen dank|"
    r"ch[eè]re?|bonjour|bonsoir|salut|merci|"
    r"estimad[oa]|querid[oa]|hola|buenos días|buenas tardes|gracias|"
    r"prezad[oa]|car[oa]|olá|oi|bom dia|boa tarde|boa noite|obrigad[oa]|"
    r"gentile|egregio|ciao|buongiorno|buonasera|salve|grazie|"
    r"beste|geachte|hoi|dag|goedemorgen|goedemiddag|bedankt)"
)
_FAREWELL = (
    r"(?:(?:kind|best|warm|many)?\s?regards|sincerely(?: yours)?|yours(?: sincerely| truly| faithfully)?|best(?: wishes)?|"
    r"cheers|thanks(?: a lot| again)?|thank you|mfg|vg|lg|"
    r"(?:mit )?(?:freundlichen|besten|lieben|vielen|herzlichen) (?:grüßen|grüssen|dank)|"
    r"(?:viele|liebe|beste|freundliche|schöne|herzliche) (?:grüße|grüsse)|gruß|gruss|"
    r"cordialement|bien à vous|(?:sincères )?salutations|bien cordialement|amicalement|"
    r"(?:un )?(?:cordial )?saludos?|atentamente|un abrazo|"
    r"atenciosamente|att|abraços?|cumprimentos|grat[oa]|"
    r"(?:cordiali|distinti) saluti|un saluto|"
    r"(?:met )?vriendelijke groet(?:en)?|groeten|groetjes|mvg)"
)
_INTRODUCTION = (
    r"(?:my name is|my name's|this is(?= [^.!?\n]{2,40}(?:,| from| here| speaking| calling))|i am called|speaking with|spoke (?:to|with)|talked to|"
    r"mein name ist|ich heiße|ich heisse|ich bin(?= (?:herr|frau))|"
    r"je m['’]appelle|mon nom est|me llamo|mi nombre es|meu nome é|me chamo|chamo-me|mi chiamo|il mio nome è|"
    r"ik heet|mijn naam is)"
)
_AFTER_GREETING = re.compile(rf"(?i:\b{_GREETING},?[ ]{_TITLE}{{0,2}})(?P<name>{_NAME})(?=[\s,.!:;?)–-]|$)")
_AFTER_GREETING_SMALL = re.compile(rf"(?im:(?:^|[.!?]\s){_GREETING} (?P<name>[^\W\d_]{{2,20}}),(?=\s|$))")
_AFTER_FAREWELL = re.compile(
    rf"(?im:(?:^|[.!?,]\s*|\s){_FAREWELL}[,.!]?[ ]*(?:from )?\s{{0,3}})(?P<name>{_NAME})(?=[ ]*(?:$|\n|[,.(|/–-]|\Z))"
)
_AFTER_INTRODUCTION = re.compile(rf"(?i:\b{_INTRODUCTION} {_TITLE}{{0,2}})(?P<name>{_NAME})")
_AFTER_TITLE = re.compile(
    rf"(?<![\w])(?:Mr|Mrs|Ms|Dr|Herrn?|Frau|Mme|Mlle|Monsieur|Madame|Sra?|Srta|Señora?|Senhora?|Signora?|Sig|Dhr|Mevr|Meneer|Mevrouw)\b\.?[ ](?P<name>{_NAME})"
)
# Words with a capital that people greet, thank or sign with, and that name nobody.
_NOBODY = frozenset(
    [
        "team",
        "all",
        "everyone",
        "everybody",
        "folks",
        "guys",
        "there",
        "sir",
        "madam",
        "support",
        "service",
        "customer",
        "customers",
        "care",
        "help",
        "desk",
        "sales",
        "staff",
        "manager",
        "management",
        "colleagues",
        "friend",
        "friends",
        "ladies",
        "gentlemen",
        "again",
        "so",
        "very",
        "much",
        "for",
        "the",
        "your",
        "you",
        "i",
        "we",
        "it",
        "damen",
        "herren",
        "zusammen",
        "leute",
        "kundenservice",
        "kundendienst",
        "kollegen",
        "alle",
        "freunde",
        "ihr",
        "für",
        "und",
        "das",
        "die",
        "der",
        "wir",
        "ich",
        "es",
        "madame",
        "monsieur",
        "messieurs",
        "mesdames",
        "équipe",
        "equipe",
        "à",
        "tous",
        "toutes",
        "pour",
        "vous",
        "le",
        "la",
        "les",
        "nous",
        "je",
        "equipo",
        "señores",
        "todos",
        "todas",
        "amigos",
        "soporte",
        "por",
        "para",
        "el",
        "los",
        "las",
        "senhores",
        "senhor",
        "senhora",
        "pessoal",
        "gente",
        "a",
        "o",
        "os",
        "as",
        "pela",
        "pelo",
        "por",
        "amigos",
        "loja",
        "atendimento",
        "signori",
        "tutti",
        "per",
        "il",
        "servizio",
        "squadra",
        "allemaal",
        "mensen",
        "klantenservice",
        "heer",
        "mevrouw",
        "voor",
        "het",
        "mr",
        "mrs",
        "ms",
        "dr",
        "herr",
        "frau",
        "sr",
        "sra",
        "sig",
        "dhr",
        "shop",
        "store",
        "company",
        "hotline",
        "bike",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
        "this",
        "that",
        "what",
        "when",
        "where",
        "why",
        "how",
        "please",
        "no",
        "yes",
        "not",
        "but",
        "and",
        "or",
        "if",
        "is",
        "was",
        "my",
        "our",
    ]
)
# After a name these say that a group or a company was greeted: "Dear Aldermoor team".
_GROUPS = frozenset(
    [
        "team",
        "support",
        "service",
        "staff",
        "shop",
        "store",
        "customers",
        "owners",
        "riders",
        "squad",
        "kundenservice",
        "kundendienst",
        "equipe",
        "équipe",
        "equipo",
        "suporte",
        "atendimento",
        "servizio",
        "klantenservice",
        "group",
        "company",
    ]
)
_PARTICLES = frozenset(
    [
        "van",
        "von",
        "der",
        "den",
        "de",
        "da",
        "do",
        "dos",
        "das",
        "di",
        "del",
        "della",
        "du",
        "la",
        "le",
        "zu",
        "y",
        "e",
        "ten",
        "ter",
    ]
)
_ENDS = re.compile(r"[.\s]+$")


def names(text: str) -> Iterator[Span]:
    """Names beside greetings, farewells, introductions and titles."""
    for pattern in (
        _AFTER_GREETING,
        _AFTER_TITLE,
        _AFTER_INTRODUCTION,
        _AFTER_FAREWELL,
        _AFTER_GREETING_SMALL,
    ):
        for match in pattern.finditer(text):
            span = _trimmed(text, *match.span("name"))
            if span:
                yield "name", *span


def _trimmed(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Take words that name nobody off the end; None when nothing is left or it begins with one."""
    words = [(word.start() + start, word.end() + start) for word in re.finditer(r"\S+", text[start:end])]
    after = text[end : end + 20].split()
    if any(_bare(word) in _GROUPS for word in [*text[start:end].split(), *after[:1]]):
        return None
    kept: list[tuple[int, int]] = []
    for at, to in words:
        if _bare(text[at:to]) in _NOBODY and not (kept and text[at:to] in _PARTICLES):
            break
        kept.append((at, to))
    if not kept:
        return None
    to = start + len(_ENDS.sub("", text[start : kept[-1][1]]))
    return (start, to) if len(text[start:to]) > 1 else None


def _bare(word: str) -> str:
    return word.strip(".,!?:;'’").casefold()
