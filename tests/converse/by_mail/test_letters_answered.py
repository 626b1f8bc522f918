"""A customer who replies to a letter by mail finds their words under My feedback, and no talk of the house has them."""

from __future__ import annotations

import pytest

from interlock.converse.loop import own_feedback
from interlock.converse.models import MailReply, Message

pytestmark = pytest.mark.django_db


def test_a_reply_to_a_letter_is_the_customers_own_words_in_the_talk_it_answers(mixed, desk):
    lines = Message.objects.count()
    desk.write("Lamp", "It went dark.", From=mixed.customer.user.email, Message_ID="<first@home.example>")
    desk.read()
    desk.write(
        "Re: Lamp", "Still dark.\n\nOn 22 Nov 2026 at 09:00, Aldermoor wrote:\n> We mended it.\n",
        From=mixed.customer.user.email, In_Reply_To="<letter@aldermoor.example>",
        References="<first@home.example> <letter@aldermoor.example>",
    )  # fmt: skip
    desk.read()

    mine = own_feedback.signals_of(mixed.customer)
    assert [one.body for one in mine] == ["Still dark.", "It went dark."]
    assert own_feedback.signals_of(mixed.partner) == []
    assert (MailReply.objects.count(), Message.objects.count()) == (0, lines)
