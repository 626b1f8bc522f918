"""The lists know the small words of seven languages, and only those that are spoken are used."""

from collections import Counter

import pytest

from interlock.analytics.text.function_words import LANGUAGES, NONE, folded, function_words, spoken_in

SENTENCES = {
    "en": "I have not got the card that I ordered from you and it is still with my bank",
    "pt": "eu ainda não recebi o produto que comprei de vocês e já faz um mês que estou à espera",
    "es": "todavía no he recibido el producto que compré y ya hace un mes que estoy a la espera",
    "de": "ich habe das Paket noch nicht bekommen, das ich bei Ihnen bestellt habe, und es ist dringend",
    "fr": "je n'ai pas encore reçu le colis que j'ai commandé chez vous et je suis dans l'attente",
    "it": "non ho ancora ricevuto il pacco che ho ordinato da voi e sono in attesa da un mese",
    "nl": "ik heb het pakket dat ik bij jullie heb besteld nog niet gekregen en het is al een maand",
}


def words_of(text):
    return Counter(folded(word) for word in text.replace("'", " ").replace(",", "").split())


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_of_a_sentence_tell_its_list(language):
    spoken = spoken_in(words_of(SENTENCES[language]))

    own = function_words(language)
    assert own.turning <= spoken.turning
    assert own.holding - spoken.turning <= spoken.holding


def test_a_list_that_is_not_spoken_is_not_used():
    assert "die" not in spoken_in(words_of(SENTENCES["en"])).holding
    assert "die" in spoken_in(words_of(SENTENCES["de"])).holding


def test_of_mixed_languages_both_lists_are_used():
    spoken = spoken_in(words_of(f"{SENTENCES['en']} {SENTENCES['de']}"))

    assert {"the", "das"} <= spoken.holding
    assert {"not", "nicht"} <= spoken.turning


@pytest.mark.parametrize("text", ["", "tämä paketti ei ole vielä saapunut", "xyz abc"])
def test_an_unknown_language_has_no_list(text):
    assert spoken_in(words_of(text)) is NONE


def test_no_word_both_holds_and_turns():
    for language in LANGUAGES:
        holding, turning = function_words(language)
        assert not holding & turning
        assert holding
        assert turning


def test_accents_and_case_do_not_count():
    assert folded("NÃO") == folded("nao") == "nao"
