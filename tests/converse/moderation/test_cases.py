"""What is held says why, waits for a moderator, and can be appealed against; trust comes from what one did."""

from __future__ import annotations

import csv
from datetime import timedelta

import pytest

from converse.community.conftest import NOW, judged
from interlock.converse.community import posting
from interlock.converse.community.errors import CommunityError, NotAllowed, NothingSaid
from interlock.converse.models import Case, Policy, Post, Report, Standing
from interlock.converse.moderation import cases, deciding, log, policy, reporting, telling, trust
from interlock.converse.moderation.rules import Level
from interlock.fabric import no_mail, work
from interlock.listen.models import Clock, InboxRow, Signal

pytestmark = pytest.mark.django_db
SELLS = "Buy now at https://rings.shop, and https://rings.biz as well."


def test_what_sells_is_held_and_its_author_reads_each_reason(write, marta):
    post = write(marta, words=SELLS)

    assert (post.standing, Case.objects.get().about) == (Standing.HELD, "held")
    assert cases.reasons_for(post) == [
        "“buy now” reads like an advertisement.",
        "It holds 2 links; more than 1 is read first.",
    ]


def test_a_link_to_a_refused_host_is_not_let_through_at_once_with_the_reason(write, marta, heard):
    Policy.objects.create(pk=1, refused_hosts=["rings.shop"])

    post = write(marta, words="Look at https://rings.shop please.")
    heard()

    case = Case.objects.get()
    assert (post.standing, case.outcome, case.closed_by) == (Standing.REJECTED, "rejected", None)
    assert cases.reasons_for(post) == ["It leads to rings.shop, which we do not link to."]
    assert (cases.may_appeal(post, marta), Signal.objects.count()) == (True, 0)


@pytest.mark.parametrize("role", ["lead", "contributor", "observer"])
def test_colleagues_are_not_judged(write, person, role):
    if role == "observer":
        with pytest.raises(NotAllowed, match="reads here"):
            write(person(role), words=SELLS)
    else:
        assert write(person(role), words=SELLS).standing == Standing.PUBLIC


def test_somebody_becomes_known_and_trusted_by_texts_and_days_and_never_by_votes(write, marta, edda, lena):
    def level(now):
        return trust.level_of(trust.records_of([marta.pk], now)[marta.pk], policy.policy(), now)

    ideas = [write(marta, kind="idea", title=f"Idea {n}") for n in range(2)]
    for one in ideas:
        posting.vote(post=one, by=edda, on=True, now=NOW)
    assert level(NOW + timedelta(days=60)) is Level.NEW
    write(marta)
    assert (level(NOW), level(NOW + timedelta(days=2))) == (Level.NEW, Level.KNOWN)
    for number in range(17):
        write(marta, title=f"Question {number}")
    assert (level(NOW + timedelta(days=29)), level(NOW + timedelta(days=30))) == (Level.KNOWN, Level.TRUSTED)

    judged(Post.objects.latest("pk"), lena, because="It insults somebody.")

    assert level(NOW + timedelta(days=30)) is Level.KNOWN
    assert (
        level(NOW + trust.REMEMBERED + timedelta(days=1)) is Level.KNOWN
    )  # 19 texts; the refusal is forgotten


def test_three_refusals_make_somebody_new_again(write, marta, lena):
    for number in range(6):
        write(marta, title=f"Question {number}")
    for post in Post.objects.all()[:3]:
        judged(post, lena, because="It sells something.")
    now = NOW + timedelta(days=10)
    record = trust.records_of([marta.pk], now)[marta.pk]

    assert (record.accepted, record.refused, trust.level_of(record, Policy(), now)) == (3, 3, Level.NEW)
    assert trust.why(record, Level.NEW, Policy(), now) == (
        "New: 3 texts stand, the first for 10 days, 3 not let through in half a year. Known from 3 in 2 days."
    )


def test_a_case_taken_by_one_is_not_decided_by_another_until_a_quarter_of_an_hour_later(unnamed, priya, lena):
    unnamed()
    case = deciding.take(case=Case.objects.get(), by=priya, now=NOW)

    with pytest.raises(CommunityError, match="Priya Nair looks at it just now"):
        deciding.decide(case=case, let_through=True, by=lena, now=NOW + timedelta(minutes=14))

    deciding.decide(case=case, let_through=True, by=lena, now=NOW + timedelta(minutes=16))
    assert Post.objects.get().judged_by == lena


def test_an_appeal_is_made_once_and_decided_by_somebody_else(write, marta, priya, lena):
    post = write(marta, words=SELLS)
    judged(post, priya, because="It sells rings.")
    post.refresh_from_db()
    with pytest.raises(NothingSaid):
        cases.appeal(said=post, by=marta, words=" ", now=NOW)

    case = cases.appeal(said=post, by=marta, words="They are bell rings.", now=NOW)

    assert cases.reasons_for(post) == ["It sells rings.", "You asked us to look again; a colleague does."]
    with pytest.raises(NotAllowed, match="You decided this before"):
        deciding.decide(case=case, let_through=True, by=priya, now=NOW)
    deciding.decide(case=case, let_through=False, because="They are not.", by=lena, now=NOW)
    post.refresh_from_db()
    assert cases.reasons_for(post) == ["They are not."]
    with pytest.raises(CommunityError, match="You asked once already"):
        cases.appeal(said=post, by=marta, words="They are!", now=NOW)


def test_where_there_is_one_moderator_the_appeal_is_theirs_too(write, marta, priya):
    post = write(marta, words=SELLS)
    judged(post, priya, because="It sells rings.")
    post.refresh_from_db()
    case = cases.appeal(said=post, by=marta, words="They are bell rings.", now=NOW)

    deciding.decide(case=case, let_through=True, by=priya, now=NOW)

    assert Post.objects.get().is_public


def test_nobody_else_appeals(write, marta, edda, priya):
    post = write(marta, words=SELLS)
    judged(post, priya, because="It sells rings.")
    post.refresh_from_db()

    for somebody in (edda, priya):
        with pytest.raises(CommunityError):
            cases.appeal(said=post, by=somebody, words="Let it.", now=NOW)


def test_three_different_readers_hide_a_text_and_its_signal_stays_until_somebody_looked(
    write, marta, edda, person, lena, heard
):
    post = write(marta)
    heard()
    readers = [edda, *(person("customer", name=f"Reader {n}") for n in range(3))]

    def report(by):
        return reporting.report(said=Post.objects.get(), by=by, why="sells", words="An ad.", now=NOW)

    report(readers[0])
    report(readers[0])
    report(readers[1])
    assert Post.objects.get().standing == Standing.PUBLIC
    report(readers[2])
    assert (Post.objects.get().standing, Signal.objects.count()) == (Standing.HELD, 1)
    assert cases.reasons_for(Post.objects.get()) == ["Readers reported it; a colleague looks at it."]

    judged(post, lena)
    report(readers[3])

    assert Post.objects.get().standing == Standing.PUBLIC
    assert list(Report.objects.order_by("pk").values_list("upheld", flat=True)) == [False] * 3 + [None]


def test_reports_that_were_right_are_kept_as_such_and_the_signal_leaves_lists_and_inbox(
    write, marta, edda, lena, heard
):
    post = write(marta)
    heard()
    reporting.report(said=post, by=edda, why="sells", words="", now=NOW)

    judged(post, lena, because="It sells rings.")

    assert Report.objects.get().upheld is True
    assert (Signal.objects.count(), InboxRow.objects.count(), Clock.objects.count()) == (0, 0, 0)
    assert trust.records_of([edda.pk], NOW)[edda.pk].right_reports == 1


def test_what_was_let_through_again_is_heard_again_and_waits_as_before(write, marta, lena, heard):
    post = write(marta)
    heard()
    due = Clock.objects.get().due_at
    judged(post, lena, because="A mistake.")
    heard()
    assert Signal.objects.count() == 0

    judged(post, lena)
    heard()

    assert Signal.objects.get().key == f"community:post-{post.pk}"
    assert Clock.objects.get().due_at == due


def test_readers_hide_no_official_answer_and_report_nothing_of_their_own(write, marta, edda, person, priya):
    from interlock.converse.community import answering

    post = write(marta)
    official = answering.answer(post=post, by=priya, what_i_do="service", words="Yes.", now=NOW)
    for number in range(4):
        reporting.report(
            said=official, by=person("customer", name=f"R {number}"), why="wrong", words="", now=NOW
        )
    official.refresh_from_db()

    assert official.is_public
    with pytest.raises(NotAllowed):
        reporting.report(said=post, by=marta, why="wrong", words="", now=NOW)


def test_many_are_decided_in_one_act_but_those_of_colleagues(unnamed, priya, lena):
    for number in range(3):
        unnamed(f"Idea {number}", machine=f"machine {number}")
    first, *rest = Case.objects.order_by("pk")
    deciding.take(case=first, by=priya, now=NOW)

    counts = deciding.decide_many(
        of=[first, *rest], let_through=False, because="All alike.", by=lena, now=NOW
    )

    assert counts == (2, 1)
    assert sorted(Post.objects.values_list("standing", flat=True)) == ["held", "rejected", "rejected"]


def test_who_has_no_account_is_told_by_mail_and_the_address_is_forgotten(unnamed, priya, mailed, monkeypatch):
    sent = []
    monkeypatch.setattr(telling, "post", lambda _office, note, *, now, wait: sent.append(note))
    unnamed(address="ana@example.com")
    unnamed("Rings", "They are cheap.", address="bea@example.com", machine="other")
    unnamed("More", "They are cheap.", address="cem@example.com", machine="third")
    no_mail.stop(address="CEM@example.com", now=NOW)

    for case, because in zip(Case.objects.order_by("pk"), ["", "It sells", "It sells"], strict=True):
        deciding.decide(case=case, let_through=not because, because=because, by=priya, now=NOW)
    work.run_ready()

    assert [(note.to, note.text.splitlines()[0]) for note in sent] == [
        ("ana@example.com", "What you wrote about “A hook” can be read by everybody now."),
        (
            "bea@example.com",
            "What you wrote about “Rings” was not let through: It sells. Sign in by a code and write it again, or"
            " ask there why, if you think that this is wrong.",
        ),
    ]
    assert set(Case.objects.values_list("address", flat=True)) == {""}


def test_the_policy_says_what_it_would_have_held_of_the_last_texts(write, marta, edda, priya, unnamed):
    write(marta, title="One", words="It goes dark in the rain.")
    write(edda, title="Two", words="My lawyer says it must not.")
    write(priya, title="Three", words="My lawyer agrees.")
    unnamed()

    assert policy.would_hold(Policy(), NOW) == (1, 3)
    assert policy.would_hold(Policy(held_words=["lawyer"]), NOW) == (2, 3)


def test_the_log_holds_every_decision_with_its_reason_and_no_words_of_authors(write, marta, priya, lena):
    post = write(marta, title="CANARY title", words=f"CANARY {SELLS}")
    judged(post, priya, because="It sells rings.")
    post.refresh_from_db()
    cases.appeal(said=post, by=marta, words="CANARY appeal", now=NOW)
    deciding.decide(case=Case.objects.latest("pk"), let_through=True, by=lena, now=NOW)

    rows = list(csv.reader(log.as_csv().decode().splitlines()))

    assert [(row[2], row[3], row[6]) for row in rows[1:]] == [
        ("", "opened a case", ""),
        ("Priya Nair", "did not let through", "It sells rings."),
        ("", "opened a case", ""),
        ("", "appealed", ""),
        ("Lena Fuchs", "let through", ""),
    ]
    assert "CANARY" not in log.as_csv().decode()
