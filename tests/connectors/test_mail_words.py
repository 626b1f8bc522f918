"""What a customer wrote is told from what was there before, in seven languages and the usual programs."""

from pathlib import Path

import pytest
import yaml

from interlock.connectors.mail.quoted_html import text_of_mail_html
from interlock.connectors.mail.reply import new_words

CORPUS = yaml.safe_load((Path(__file__).parent / "mails" / "corpus.yaml").read_text("utf-8"))


def words_of(mail: dict[str, str]) -> str:
    return new_words(text_of_mail_html(mail["html"]) if "html" in mail else mail["text"])


@pytest.mark.parametrize("mail", CORPUS, ids=[f"{mail['lang']}: {mail['name']}" for mail in CORPUS])
def test_only_the_customers_own_words_are_left(mail):
    assert words_of(mail) == mail["words"].strip()
