"""What does a letter say after its greeting? A quote begins there: "Hello Anna," tells nothing."""

from __future__ import annotations

import re

# How letters begin in the languages of mails (connectors/mail/phrases.py): en de fr es pt it nl. "Cher" and "caro" are
# not here: "Cher, mais bon" says something.
_OPENINGS = (
    "hello", "hi", "hey", "dear", "good morning", "good afternoon", "good evening", "to whom it may concern",
    "hallo", "guten tag", "guten morgen", "guten abend", "moin", "servus", "grüezi", "liebe", "lieber", "liebes",
    "sehr geehrte", "sehr geehrter", "bonjour", "bonsoir", "salut", "madame", "monsieur",
    "hola", "buenos días", "buenas tardes", "buenas noches", "buenas", "estimado", "estimada", "estimados", "querido",
    "olá", "oi", "bom dia", "boa tarde", "boa noite", "prezado", "prezada", "prezados",
    "buongiorno", "buonasera", "salve", "ciao", "gentile", "gentili", "spettabile", "egregio",
    "goedemorgen", "goedemiddag", "goedenavond", "goedendag", "geachte", "beste",
)  # fmt: skip
# Who is greeted: names, which are written large or masked, and these.
_GREETED = (
    "there", "all", "team", "everyone", "everybody", "sir", "madam", "sirs", "or", "and", "support", "zusammen", "und",
    "à", "a", "todos", "todas", "tous", "tutti", "allemaal", "heer", "mevrouw", "y", "e", "et", "en", "equipo", "equipe",
)  # fmt: skip
_NAME = rf"(?:\[[^\]\n]{{1,40}}\]|[^\W\d_a-zß-öø-ÿ][\w.'’-]{{0,40}}|(?:{'|'.join(_GREETED)})\b)"
_GREETING = re.compile(
    rf"\s*(?i:(?:{'|'.join(_OPENINGS)}))\b(?:[ \t]{{1,3}}{_NAME}){{0,5}}"
    r"(?:[ \t]{0,3}[,!:]+|[ \t]{1,3}[–-]|[ \t]{0,3}\r?\n)\s*"
)


def without_greeting(text: str) -> str:
    """Return the text from where it begins to say something; as it is where it holds nothing but a greeting."""
    greeted = _GREETING.match(text)
    return text[greeted.end() :] or text if greeted else text
