"""Languages of texts: right where there are words enough, unknown where there are not."""

import pytest

from interlock.analytics.text.languages import NOTHING, Language, language_of, languages_of


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Where does my order stay? It was promised for yesterday.", "en"),
        ("Não recebi o produto e ninguém responde.", "pt"),
        ("El pedido llegó tarde y roto", "es"),
        ("Die Lieferung war zu spät und das Paket beschädigt.", "de"),
        ("Ma commande n'est jamais arrivée.", "fr"),
        ("Il pacco non è mai arrivato, voglio un rimborso", "it"),
        ("Mijn bestelling is nog steeds niet geleverd", "nl"),
        ("Paczka nigdy nie dotarła, proszę o zwrot pieniędzy", "pl"),
        ("لم يصل طلبي أبدا وأريد استرداد أموالي", "ar"),
        ("ההזמנה שלי מעולם לא הגיעה", "he"),
        ("注文がまだ届いていません。返金してください。", "ja"),
    ],
)
def test_the_language_of_a_sentence_is_told_with_its_chance(text, code):
    found = language_of(text)

    assert found.code == code
    assert 0.9 <= found.probability < 1


@pytest.mark.parametrize("text", ["", "   ", "👍👍👍", "12345 / 77", "\x00\x01", "\ud83d", "?!"])
def test_a_text_that_says_no_language_has_none(text):
    assert language_of(text) == NOTHING


def test_a_mixed_text_names_both_languages():
    text = (
        "Não recebi o produto que comprei na semana passada. "
        "I want my money back, this is the third time that I write to you about it."
    )

    assert language_of(text) == Language("en", 0.99, ("pt",))


def test_short_words_are_less_sure_than_sentences():
    short, long = languages_of(
        ["Péssimo", "Péssimo atendimento, o produto não chegou e ninguém responde ao meu email."]
    )

    assert short.probability < long.probability


def test_a_huge_text_costs_no_more_than_its_beginning():
    assert language_of("The parcel never arrived and nobody answers. " * 250_000).code == "en"
    assert language_of("a" * 10_000_000).probability <= 0.99
