"""May what a language model answered be the name of a theme? And may a quote be shown to it at all?

A customer's words can hold instructions for a model, and whatever it answers ends up on everybody's pages. So quotes that
read like instructions are not shown to it, and an answer must be what a name is: a few plain words in one line.
"""

from __future__ import annotations

import re

from interlock.analytics.masking import personal_parts

LONGEST, MOST_WORDS = 60, 6
# Of them a person reads what the theme is about; what follows in a long letter seldom adds anything.
QUOTE_SIGNS = 300
# What is said to a model and hardly to a company, in the seven languages whose names end cleanly. A quote less does no harm.
_TO_A_MODEL = re.compile(
    r"\b(?:system|assistant|developer)\s*(?:prompt|message|:)|\bprompt\b|<\|"
    r"|\b(?:ignor|disregard|forget|override|bypass|vergiss|esque[cç]|olvid|oubli|dimentica|negeer)\w*\b.{0,40}"
    r"\b(?:instru|rule|above|previous|prior|before|anweisung|regel|anterior|previas|pr[eé]c[eé]dent|istruz|vorige)"
    r"|\b(?:reply|respond|answer|output|antworte|responda|responde|r[eé]ponds|rispondi|antwoord)\w*\s+"
    r"(?:only|with|exactly|nur|mit|apenas|s[oó]lo|con|com|avec|uniquement|solo|alleen|met)\b"
    r"|\b(?:language model|as an ai|chatgpt|jailbreak|name (?:this|the) (?:theme|group)|call (?:this|the) (?:theme|group))\b",
    re.IGNORECASE | re.DOTALL,
)
# What a model says in place of a name.
_NO_NAME = re.compile(
    r"\b(?:sorry|i (?:can|cannot|can't|am|will)|i'm|here is|here's|sure|theme name|as requested|n/a|unknown)\b",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"\w\.[a-z]{2,}\b|://|www\.|@", re.IGNORECASE)
_PLAIN = re.compile(r"[\w\s'’.,&%/+–-]+")
_FRAME = " \t\"'“”„«»*_`."


class NameRefused(Exception):
    """The answer is no name; the text says why."""


def reads_like_an_instruction(text: str) -> bool:
    """Tell whether a text speaks to a language model rather than to a company."""
    return bool(_TO_A_MODEL.search(text))


def checked_name(answer: object) -> str:
    """Return the name that a model's answer holds, 1 to 60 signs and 1 to 6 words in one line.

    Raises:
        NameRefused: it is empty, too long, not text, or not what a name is.
    """
    if not isinstance(answer, str):
        raise NameRefused("the answer is not text")
    name = answer.strip().strip(_FRAME).strip()
    if not any(sign.isalpha() for sign in name):
        raise NameRefused("the answer holds no word")
    if len(name.splitlines()) > 1:
        raise NameRefused("the answer has several lines")
    if len(name) > LONGEST:
        raise NameRefused(f"the answer has {len(name)} signs, a name at most {LONGEST}")
    if len(name.split()) > MOST_WORDS:
        raise NameRefused(f"the answer has {len(name.split())} words, a name at most {MOST_WORDS}")
    if _ADDRESS.search(name):
        raise NameRefused("the answer holds an address")
    if not _PLAIN.fullmatch(name):
        raise NameRefused("the answer holds signs that no name needs")
    if reads_like_an_instruction(name) or _NO_NAME.search(name):
        raise NameRefused("the answer speaks to somebody and names nothing")
    if personal_parts(name):
        raise NameRefused("the answer holds personal data")
    return " ".join(name.split())
