"""A quote begins where a letter begins to say something."""

from __future__ import annotations

import pytest

from interlock.analytics.text.greetings import without_greeting


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("Hello,\n\nthe hinge broke.", "the hinge broke."),
        ("Hello, the hinge broke.", "the hinge broke."),
        ("Hi Anna\r\nThe hinge broke.", "The hinge broke."),
        ("hi there! The hinge broke.", "The hinge broke."),
        ("Dear Ms. O'Neill-Brown, it broke", "it broke"),
        ("Dear [name], it broke", "it broke"),
        ("Sehr geehrte Damen und Herren,\r\ndas Scharnier brach.", "das Scharnier brach."),
        ("Olá, tudo quebrou.", "tudo quebrou."),
        ("Bonjour à tous, la charnière a cassé.", "la charnière a cassé."),
    ],
)
def test_a_greeting_is_left_out(text, rest):
    assert without_greeting(text) == rest


@pytest.mark.parametrize(
    "text",
    [
        "Hello,",
        "Hello to nobody, the hinge broke.",
        "Hi the hinge broke, please help.",
        "Dearer than last year, and it broke.",
        "Hinge broke, hello?",
        "Carolina was kind.",
        "Hi-fi is what it is not.",
        "Cher, mais bon.",
        "",
    ],
)
def test_what_is_no_greeting_or_nothing_else_stays(text):
    assert without_greeting(text) == text
