"""A reply by mail stands in the talk as its writer's, for the readers of what it answers, and nothing else does."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import pytest
from PIL import Image

from converse.by_mail.conftest import addresses_in, text_of
from converse.conftest import NOW
from interlock.converse import services
from interlock.converse.by_mail import addresses, keeping, taking
from interlock.converse.by_mail.keeping import Tally
from interlock.converse.models import MailReply, Message, Picture
from interlock.converse.notices import planning
from interlock.fabric import people, work
from interlock.listen.models import Signal

pytestmark = [pytest.mark.django_db, pytest.mark.long]


@pytest.fixture
def named(mixed, say, desk):
    """Oluchi is named in a line of staff, and has the mail."""
    say(mixed.staff, "@Oluchi Eze, can you say?", "staff")
    work.run_ready()
    return desk.asked(mixed.maker.user.email)


def came(talk) -> list[tuple[str, str, str]]:
    """Lines that came after the first four: who, for whom, what."""
    lines = talk.messages.order_by("pk").select_related("author")[4:]
    return [(line.author.name, line.audience, line.body) for line in lines]


def refused() -> list[str]:
    return list(MailReply.objects.filter(state="refused").order_by("pk").values_list("reason", flat=True))


def photo(size: int = 400) -> bytes:
    made = BytesIO()
    Image.effect_noise((size, size), 80).convert("RGB").save(made, "JPEG", comment=b"taken at home")
    return made.getvalue()


def test_a_reply_stands_in_the_talk_for_the_readers_of_the_line_without_quotes_and_signature(
    mixed, desk, named
):
    assert "Reply to this mail.\nOnly staff will read it." in text_of(named)

    desk.reply(named, "Thursday, I think.\n\nBest regards,\nOluchi Eze\n+44 20 7946 0000")
    desk.read()

    assert came(mixed.talk) == [("Oluchi Eze", "staff", "Thursday, I think.")]
    assert (refused(), Signal.objects.count()) == ([], 0)
    kept = MailReply.objects.get()
    assert (kept.state, bytes(kept.raw), kept.words, kept.line.body) == (
        "stored",
        b"",
        "",
        "Thursday, I think.",
    )


def test_a_mail_that_comes_again_is_no_second_line_and_the_sum_holds(mixed, desk, named):
    desk.reply(named, "Thursday.")
    desk.reply(named, "Thursday.", again=True)
    desk.read()
    taking.take(MailReply.objects.get().pk, now=NOW)

    assert came(mixed.talk) == [("Oluchi Eze", "staff", "Thursday.")]
    assert keeping.tally() == Tally(received=2, stored=1, duplicate=1, refused=0, waiting=0)


def test_a_guest_answers_for_everybody_in_the_talk_and_a_line_widened_since_does_not_widen_the_reply(
    mixed, say, desk, named
):
    planning.plan(now=NOW)
    work.run_ready()
    daily = desk.asked(mixed.customer.user.email)
    Message.objects.filter(body__contains="can you say").update(audience="customer")

    desk.reply(daily, "Before Friday, please.")
    desk.reply(named, "I do not want them to know.")
    desk.read()

    assert came(mixed.talk) == [
        ("Marta Hagen", "customer", "Before Friday, please."),
        ("Oluchi Eze", "staff", "I do not want them to know."),
    ]


def test_a_daily_mail_of_lines_for_several_audiences_is_answered_for_the_narrowest(mixed, desk):
    planning.plan(now=NOW)
    work.run_ready()

    desk.reply(desk.asked(mixed.partner.user.email), "We wait.")
    desk.reply(desk.asked(mixed.maker.user.email), "Not yet.")
    desk.read()

    lines = mixed.talk.messages.order_by("pk")[3:]
    assert [(one.author, one.audience) for one in lines] == [
        (mixed.partner, "partner"),
        (mixed.maker, "staff"),
    ]


def test_a_mail_about_several_talks_has_an_address_for_each_and_says_so_when_it_is_answered_itself(
    mixed, say, desk
):
    other = services.open_conversation(
        context=mixed.talk.context, title="Another", purpose="p", question="Which bell?", functions=("service",),
        people=[(mixed.staff, "service"), (mixed.maker, "production")], by=mixed.staff, now=NOW,
    )  # fmt: skip
    services.say(conversation=other, by=mixed.staff, body="The small one?", audience="staff", now=NOW)
    planning.plan(now=NOW)
    work.run_ready()
    daily = desk.asked(mixed.maker.user.email)
    about = {place.number: one for one in addresses_in(daily) if (place := _place(one, desk))}
    assert set(about) == {mixed.talk.pk, other.pk}

    desk.reply(daily, "Yes.")
    desk.reply(daily, "The large one.", To=about[other.pk])
    desk.read()

    assert [(one.author.name, one.body) for one in other.messages.all()][1:] == [
        ("Oluchi Eze", "The large one.")
    ]
    assert refused() == [
        "The mail you answered told of several conversations. Write to the address that stands below the one you mean."
    ]
    assert desk.asked(mixed.maker.user.email)["Subject"].startswith("Your mail was not taken: Re: ")


def _place(address, desk):
    name = desk.box.user.partition("@")[0]
    return addresses.place_of(address.removeprefix(f"{name}+re.").partition("@")[0])


def test_pictures_are_drawn_anew_and_other_files_are_left_out_aloud(mixed, desk, named):
    files = [("image/jpeg", photo()), ("image/jpeg", b"GIF89a<script>" * 1000), ("application/pdf", b"%PDF")]
    desk.reply(named, "Look.", files=files)
    desk.read()

    [(_, _, body)] = came(mixed.talk)
    [picture] = Picture.objects.all()
    assert body == f"Look.\n\n![picture](/pictures/{picture.key}/)\n\n*2 attachments were left out.*"
    assert picture.message.body == body


@pytest.mark.parametrize(
    ("headers", "reason", "told"),
    [
        ({"From": "Eve <eve@other.example>"}, "It was sent from another address", "eve@other.example"),
        ({"Auto_Submitted": "auto-replied"}, "automatic message: marked auto-replied", ""),
        ({"Precedence": "bulk"}, "automatic message: sent as bulk", ""),
        ({"Authentication_Results": "mx.house.example; dmarc=fail"}, "It may not be from its sender", ""),
        (
            {"Authentication_Results": "mx.house.example; spf=pass smtp.mailfrom=eve.example"},
            "It may not be",
            "",
        ),
    ],
)
def test_what_may_not_be_from_the_person_or_is_a_machine_is_refused_and_kept(
    mixed, desk, named, headers, reason, told
):
    before = len(desk.sent())

    desk.reply(named, "Let me in.", **headers)
    desk.read()

    kept = MailReply.objects.get()
    assert (kept.state, kept.reason[: len(reason)], kept.words) == ("refused", reason, "Let me in.")
    assert came(mixed.talk) == []
    assert [mail["To"] for mail in desk.sent()[before:]] == ([told] if told else [])


def test_a_mail_that_the_own_server_vouches_for_is_taken(mixed, desk, named):
    results = "mx.house.example (here); spf=none; dkim=pass header.d=example.com; dmarc=pass"
    desk.reply(named, "Thursday.", Authentication_Results=results)
    desk.read()

    assert (refused(), len(came(mixed.talk))) == ([], 1)


def test_an_address_made_up_or_changed_leads_nowhere_and_nobody_is_answered(mixed, desk, named):
    before = len(desk.sent())
    made_up = str(named["Reply-To"]).replace(f"t{mixed.talk.pk}s.", f"t{mixed.talk.pk}c.")

    desk.reply(named, "For everybody!", To=made_up)
    desk.read()

    assert refused() == ["The address it was sent to was not made here, or was cut off."]
    assert (came(mixed.talk), len(desk.sent())) == ([], before)


def test_whoever_was_asked_out_or_left_writes_no_line_any_more(mixed, desk, named):
    planning.plan(now=NOW)
    work.run_ready()
    guest = desk.asked(mixed.customer.user.email)
    mixed.talk.participants.filter(person=mixed.customer).delete()
    people.end_access(person=mixed.maker, by=mixed.maker, now=NOW)

    desk.reply(guest, "Hello?")
    desk.reply(named, "Hello?")
    desk.read()

    assert came(mixed.talk) == []
    assert [reason.split(".")[0] for reason in refused()] == [
        "You take no part in that conversation any more",
        "It was sent from another address than the one that the notice went to",
    ]


def test_only_quotes_are_no_reply_and_its_sender_is_told_once_and_a_machine_at_most_three_times(
    mixed, desk, named
):
    before = len(desk.sent())

    for _ in range(5):
        desk.reply(named, "")
    desk.read()

    assert refused() == ["It holds no words of your own beside what it quotes."] * 5
    told = desk.sent()[before:]
    assert [mail["To"] for mail in told] == [mixed.maker.user.email] * 3
    assert told[0]["Auto-Submitted"] == "auto-generated"
    assert "It holds no words of your own" in text_of(told[0])


def test_who_has_an_address_cannot_let_us_write_to_many_others(mixed, desk, named):
    before = len(desk.sent())

    for number in range(5):
        desk.reply(named, "Buy.", From=f"victim{number}@other.example")
    desk.read()

    assert (len(refused()), len(desk.sent()) - before) == (5, 3)


def test_more_mail_than_a_person_writes_is_refused(mixed, desk, named, monkeypatch):
    monkeypatch.setattr(taking, "MOST_AN_HOUR", 2)
    for word in ("One.", "Two.", "Three."):
        desk.reply(named, word)
    desk.read()

    assert [body for _, _, body in came(mixed.talk)] == ["One.", "Two."]
    assert refused() == ["That is a lot of mail for one hour. Go on later."]


def test_a_line_refused_by_the_talk_takes_no_picture_along(mixed, desk, named, settings):
    desk.reply(named, "> x\n\n@Marta Hagen, look.", files=[("image/jpeg", photo())])
    desk.read()

    assert refused() == [
        "Marta Hagen would not read this line. Choose a wider audience, or leave the name out."
    ]
    assert (Picture.objects.count(), list(settings.HOME.glob("pictures/**/*.webp"))) == (0, [])


def test_mails_say_nothing_of_replies_where_no_mailbox_brings_them(mixed, say, desk):
    type(desk.source).objects.filter(pk=desk.source.pk).update(paused_at=NOW)
    say(mixed.staff, "@Oluchi Eze, can you say?", "staff")
    work.run_ready()

    mail = desk.asked(mixed.maker.user.email)
    assert (mail["Reply-To"], "Reply to" in text_of(mail)) == (None, False)


def test_other_mails_of_the_same_mailbox_are_signals_as_before(mixed, desk, named):
    desk.reply(named, "My lamp is broken.", From="maria@ortiz.example", To=desk.box.user)
    desk.read()

    assert (list(Signal.objects.values_list("body", flat=True)), MailReply.objects.count()) == (
        ["My lamp is broken."],
        0,
    )


def test_refused_mails_are_forgotten_after_a_month_and_all_of_somebody_when_they_are_erased(
    mixed, desk, named
):
    desk.reply(named, "Canary of Eve.", From="eve@other.example")
    desk.read()
    MailReply.objects.update(received_at=NOW - timedelta(days=31))

    assert (taking.forget_old.call(), MailReply.objects.count()) == (1, 0)


def test_who_is_erased_leaves_no_mail(mixed, desk):
    from interlock.converse.moderation import erasing

    planning.plan(now=NOW)
    work.run_ready()
    mail = desk.asked(mixed.customer.user.email)
    desk.reply(mail, "Canary.")
    desk.reply(mail, "")
    desk.read()
    assert MailReply.objects.count() == 2

    erasing.erase(person=mixed.customer, now=NOW)

    assert MailReply.objects.count() == 0


def test_a_follower_answers_a_post_of_the_community(desk, board, marta, write, person):
    from interlock.converse.community import posting
    from interlock.converse.community.speaking import as_person
    from interlock.converse.models import Reply
    from interlock.fabric.company import company

    post = write(marta, title="Rain", words="It leaks.")
    follower = person("customer", name="Nuri Aydin")
    posting.follow(post=post, by=follower, on=True, now=NOW)
    lead = person("lead", "service", name="Lena Fuchs")
    posting.write_reply(
        post=post, words="Where?", speaker=as_person(lead, company()), now=NOW - timedelta(minutes=1)
    )
    planning.plan(now=NOW)
    work.run_ready()
    mail = desk.asked(follower.user.email)
    assert "Reply to this mail.\nEverybody can read it." in text_of(mail)

    desk.reply(mail, "At the seam.")
    desk.read()

    said = Reply.objects.latest("pk")
    assert (said.author, said.words, MailReply.objects.get().said) == (follower, "At the seam.", said)


def test_leads_read_what_was_refused_and_why_and_nobody_below_them_does(mixed, desk, named, signed_in):
    desk.reply(named, "Call me: maria@ortiz.example", From="eve@other.example")
    desk.read()

    page = signed_in("lead", "sales").get("/notices/replies/")

    shown = page.content.decode()
    assert "0 of 1 reply by mail found its conversation." in shown
    assert "It was sent from another address" in shown
    assert "Call me: maria@ortiz.example" in shown
    assert signed_in("contributor").get("/notices/replies/").status_code == 403


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("", "Nobody can reply by mail yet."),
        ("other@aldermoor.example", "No connected mailbox reads other@aldermoor.example."),
    ],
)
def test_the_page_says_what_is_missing(desk, settings, signed_in, address, said):
    settings.REPLY_ADDRESS = address

    assert said in signed_in("owner").get("/notices/replies/").content.decode()
