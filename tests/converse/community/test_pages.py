"""The pages of the community: who reads what, and how many questions a page asks the database."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from converse.community.conftest import NOW, page_of
from interlock.converse.community import answering, boards, posting
from interlock.converse.community.errors import NotReady
from interlock.converse.community.speaking import without_account
from interlock.converse.models import Board, Duty, Post, Reply, Vote
from interlock.fabric import company

pytestmark = pytest.mark.django_db


def test_a_visitor_reads_an_open_board_without_login_and_without_our_name(client, write, marta):
    post = write(marta)

    listed = client.get(reverse("community:board", args=["heron"])).content.decode()
    shown = client.get(page_of(post)).content.decode()

    assert post.title in listed
    assert "Marta H." in listed
    assert post.words in shown
    for page in (listed, shown):
        assert "Interlock" not in page
        assert "Hagen" not in page
        assert "@" not in page.replace("@context", "").replace("@type", "")


def test_nobody_outside_reads_a_board_that_is_not_open(client, signed_in, write, priya):
    closed = Board.objects.create(key="city", name="City 3", made_at=NOW)
    post = write(priya, title="CANARY of the house", on=closed)
    asked = [page_of(post), reverse("community:board", args=["city"]), reverse("community:board_feed", args=["city"]),
             reverse("community:short", args=[post.pk]), reverse("community:reply", args=[post.pk])]  # fmt: skip
    everywhere = [reverse("community:list"), reverse("community:feed"), reverse("community:sitemap_part", args=[0]),
                  f"{reverse('community:near')}?title=CANARY+house", f"{reverse('community:list')}?q=canary"]  # fmt: skip

    for reader in (client, signed_in("customer"), signed_in("partner")):
        assert [reader.get(one).status_code for one in asked] == [404] * 5
        assert all("CANARY" not in reader.get(one).content.decode() for one in everywhere)

    staff = signed_in("observer")
    assert "CANARY" in staff.get(page_of(post)).content.decode()


def test_what_is_held_is_read_by_its_author_and_staff_alone(client, signed_in, board, marta):
    post = posting.write_post(
        board=board, kind="idea", title="CANARY hook", words="Under the seat.", product="",
        speaker=without_account("Ana", company.company(), "machine"), now=NOW,
    )  # fmt: skip
    Post.objects.filter(pk=post.pk).update(author=marta)
    others = [client, signed_in("customer")]

    assert [one.get(page_of(post)).status_code for one in others] == [404, 404]
    assert all("CANARY" not in one.get(reverse("community:list")).content.decode() for one in others)
    client.force_login(marta.user)
    assert "Only you and we read this yet" in client.get(page_of(post)).content.decode()
    assert "CANARY hook" in client.get(reverse("community:mine")).content.decode()


def test_an_old_address_leads_to_the_one_with_the_right_words(client, write, marta):
    post = write(marta)

    for address in (
        reverse("community:short", args=[post.pk]),
        reverse("community:post", args=[post.pk, "old"]),
    ):
        answer = client.get(address)
        assert (answer.status_code, answer["Location"]) == (301, page_of(post))


def test_a_customer_votes_follows_and_has_the_same(client, write, marta, person):
    post = write(person("customer"), kind="idea")
    client.force_login(marta.user)

    client.post(reverse("community:vote", args=[post.pk]), {"on": "yes"})
    client.post(reverse("community:follow", args=[post.pk]), {"on": "yes"})
    client.post(reverse("community:same", args=[post.pk]), {"words": "For my daughter's helmet."})

    assert Vote.objects.get().person == marta
    assert Reply.objects.get().has_the_same
    assert post.title in client.get(reverse("community:mine")).content.decode()


def test_a_visitor_who_votes_is_asked_in_and_brought_back(client, write, marta):
    post = write(marta, kind="idea")

    answer = client.post(reverse("community:vote", args=[post.pk]), {"on": "yes"})

    assert answer["Location"].startswith(reverse("community:enter"))
    assert not Vote.objects.exists()


def test_words_are_shown_as_text_and_never_as_code(client, write, marta):
    post = write(
        marta,
        title="<script>alert(1)</script>",
        words="<img src=x onerror=alert(2)> </script><script>alert(3)</script>",
    )

    page = client.get(page_of(post)).content.decode()

    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert page.count("<script") == page.count("</script>")


def test_structured_data_names_the_question_and_its_answer(client, write, marta, priya):
    import json

    post = write(marta)
    answering.answer(post=post, by=priya, what_i_do="makes the displays", words="Yes.", now=NOW)

    page = client.get(page_of(post)).content.decode()
    found = json.loads(re.search(r'application/ld\+json">(.*?)</script>', page)[1])

    question = found["mainEntity"]
    assert (found["@type"], question["name"], question["acceptedAnswer"]["text"]) == (
        "QAPage",
        post.title,
        "Yes.",
    )
    assert question["author"]["name"] == "Marta H."


def test_a_visitor_s_page_is_kept_until_something_changes(
    client, write, marta, priya, django_assert_num_queries
):
    post = write(marta)
    first = client.get(page_of(post))
    with django_assert_num_queries(1):
        assert client.get(page_of(post)).content == first.content
    assert client.get(page_of(post), headers={"If-None-Match": first["ETag"]}).status_code == 304

    answering.answer(post=post, by=priya, what_i_do="service", words="Yes, it fits.", now=NOW)

    assert "Yes, it fits." in client.get(page_of(post)).content.decode()


def test_a_kept_list_asks_for_the_boards_alone(client, write, marta, django_assert_num_queries):
    write(marta)
    client.get(reverse("community:list"))

    with django_assert_num_queries(1):
        client.get(reverse("community:list"))


@pytest.mark.parametrize("order", ["", "waiting", "most"])
def test_a_list_asks_the_same_number_of_questions_however_long(
    client, write, marta, order, django_assert_max_num_queries
):
    for number in range(12):
        write(marta, title=f"Question {number}", now=NOW - timedelta(hours=number))

    with django_assert_max_num_queries(11):  # one of them, for the words of the company, once a minute
        page = client.get(f"{reverse('community:list')}?order={order}").content.decode()

    assert page.count("card-row") == 12


@pytest.mark.parametrize("order", ["", "waiting", "most"])
def test_pages_of_a_list_follow_each_other_without_gap(client, write, marta, monkeypatch, order):
    from interlock.converse.community import flood, looking

    monkeypatch.setattr(flood, "MOST_OF_PERSON", 100)
    monkeypatch.setattr(looking, "PAGE_ROWS", 3)
    for number in range(7):
        write(marta, title=f"Question {number}")
    seen, address = [], f"{reverse('community:list')}?order={order}"

    while address:
        page = client.get(address).content.decode()
        seen += re.findall(r">(Question \d)<", page)
        further = re.search(r'href="([^"]+)" rel="next"', page)
        address = further[1].replace("&amp;", "&") if further else ""

    assert sorted(seen) == [f"Question {number}" for number in range(7)]


@pytest.mark.parametrize(
    "mark", ["x", "1~2", "2026-01-01~3", "~", "9e9~9", "2026-01-01T00:00:00+00:00~99999999999999999999"]
)
def test_a_forged_place_in_a_list_harms_nothing(client, write, marta, mark):
    write(marta)

    for order in ("", "most"):
        assert client.get(reverse("community:list"), {"after": mark, "order": order}).status_code == 200


def test_a_list_is_narrowed_by_kind_status_product_and_words(client, write, marta):
    write(marta, title="The display is dark", product="Heron Cargo")
    write(marta, title="A hook please", kind="idea", product="Range+", words="Under the seat.")

    def titles(**asked):
        page = client.get(reverse("community:list"), asked).content.decode()
        return [one for one in ("The display is dark", "A hook please") if one in page]

    assert titles(kind="idea") == ["A hook please"]
    assert titles(product="Heron Cargo") == ["The display is dark"]
    assert titles(status="open") == ["The display is dark", "A hook please"]
    assert titles(q="seat hoo") == ["A hook please"]
    assert titles(q='"nonsense" OR (') == []


def test_duplicates_are_offered_by_words_while_typing(client, write, marta):
    write(marta, title="Display goes dark in the rain", words="After ten minutes.")
    write(marta, title="Charging at the shops", words="A plug.")

    page = client.post(
        reverse("community:near"), {"title": "my display is dark", "words": "when it rains"}
    ).content.decode()

    assert "Display goes dark in the rain" in page
    assert "Charging" not in page


def test_a_board_opens_only_with_25_answered_questions_and_14_days_of_hosts(write, priya, person):
    owner, closed = person("owner"), Board.objects.create(key="city", name="City 3", made_at=NOW)
    for number in range(25):
        post = write(priya, title=f"Which note for {number}?", on=closed)
        if number < 24:
            answering.answer(post=post, by=priya, what_i_do="service", words="Note 88.", now=NOW)
    with pytest.raises(NotReady, match="it lacks 1 answered question and a host on 14 days"):
        boards.open_board(board=closed, by=owner, now=NOW)

    answering.answer(post=post, by=priya, what_i_do="service", words="Note 88.", now=NOW)
    Duty.objects.bulk_create(
        Duty(day=NOW.date() + timedelta(days=day), person=priya, until="18:00")
        for day in range(14)
        if day != 5
    )
    with pytest.raises(NotReady, match="a host on 1 day"):
        boards.open_board(board=closed, by=owner, now=NOW)
    Duty.objects.create(day=NOW.date() + timedelta(days=5), person=priya, until="18:00")
    boards.open_board(board=closed, by=owner, now=NOW)

    closed.refresh_from_db()
    assert closed.opened_at == NOW


def test_the_feed_and_the_sitemap_name_public_posts_with_their_one_address(client, write, marta, settings):
    settings.PAGES_URL = "https://riders.example.com"
    post = write(marta)

    feed = client.get(reverse("community:board_feed", args=["heron"]))
    part = client.get(reverse("community:sitemap_part", args=[0])).content.decode()
    index = client.get(reverse("community:sitemap")).content.decode()

    address = f"https://riders.example.com{page_of(post)}"
    assert feed["Content-Type"].startswith("application/atom+xml")
    assert address in feed.content.decode()
    assert f"<loc>{address}</loc>" in part
    assert "Hagen" not in feed.content.decode()
    assert "sitemap-0.xml" in index
    assert "Allow: /community/" in client.get("/robots.txt").content.decode()


def test_before_a_board_is_open_nothing_is_to_be_indexed(client, db):
    assert "Allow" not in client.get("/robots.txt").content.decode()


def test_staff_see_the_same_pages_beside_the_rail(signed_in, write, marta):
    post = write(marta)
    staff = signed_in("contributor", "service")

    page = staff.get(page_of(post)).content.decode()

    assert "Answer as a named person" in page
    assert 'class="rail"' in page


def test_a_wrong_answer_comes_back_with_its_text(signed_in, write, marta):
    post = write(marta)
    staff = signed_in("contributor", "service")

    answer = staff.post(
        reverse("community:answer", args=[post.pk]), {"words": "Yes it does", "what_i_do": ""}
    )

    assert answer.status_code == 422
    assert "Yes it does" in answer.content.decode()


def test_the_queue_shows_whoever_is_due_first(signed_in, write, marta):
    from converse.community.test_posting import heard

    now = timezone.now()
    write(marta, kind="idea", title="Later", now=now)
    write(marta, title="Sooner", now=now)
    heard(now)

    page = signed_in("lead", "service").get(reverse("community:queue")).content.decode()

    assert page.index("Sooner") < page.index("Later")
    assert "One person waits for our answer" in page


def test_a_promise_is_told_as_a_share_only_from_thirty_upward(db, monkeypatch):
    from interlock.converse.community.promise import Promise
    from interlock.listen.waiting import InTime

    few = Promise(16, InTime(4, 4, 0.4, 1.0))
    many = Promise(16, InTime(214, 199, 0.88, 0.96))

    assert (few.sentence, few.proof) == (
        "We answer questions within 16 hours.",
        "Too few to say how often: 4 fell due in the last 30 days, told from 30 upward.",
    )
    assert (many.sentence, many.proof) == (
        "We answer questions within 16 hours; we kept that 93 times in 100.",
        "88 to 96 in 100, 214 questions of the last 30 days.",
    )


def test_a_row_shows_what_its_post_says_now(client, write, marta):
    post = write(marta)
    listed = reverse("community:list")
    before = client.get(listed).content.decode()

    posting.changed(post, NOW, title="Another title", reply_count=7)
    after = client.get(listed).content.decode()

    assert "Another title" not in before
    assert ("Another title" in after, "7 replies" in after, post.title in after) == (True, True, False)


def test_nobody_is_asked_whether_they_have_their_own_problem_too(client, write, marta, person):
    post = write(marta, kind="problem")
    address = reverse("community:post", args=[post.pk, post.slug])
    offers = ["I have that too", "Mine too, in my words"]

    seen = {}
    for who in (marta, person("customer", name="Edda Kühn")):
        client.force_login(who.user)
        text = client.get(address).content.decode()
        seen[who.name] = [offer for offer in offers if offer in text]

    assert seen == {marta.name: [], "Edda Kühn": offers}


def test_two_forms_on_the_settings_have_ids_of_their_own(client, person):
    client.force_login(person("owner", name="Olga").user)

    text = client.get(reverse("community:settings")).content.decode()

    ids = re.findall(r' id="([^"]+)"', text)
    assert sorted(ids) == sorted(set(ids))
    assert {"id_name", "house_name"} <= set(ids)
