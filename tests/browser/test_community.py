"""The community as a visitor and a customer read it in a browser: axe, the content policy, suggestions while typing."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from browser.chromium import sized
from browser.looking import walk
from interlock.converse.community import answering, posting
from interlock.converse.community.speaking import as_person, without_account
from interlock.converse.models import Board, Case, Post, Reply
from interlock.fabric import company

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def riders(person, home):
    """An open board with a question, its answer, replies, and an idea; the customer who asked."""
    cache.clear()
    now, priya = timezone.now(), person("contributor", "product", name="Priya Nair")
    company.change_company(words={"name": "Aldermoor", "second_word": "Riders"}, by=priya, now=now)
    board = Board.objects.create(
        key="heron", name="Heron Cargo", about="The Heron.", made_at=now, opened_at=now
    )
    about, marta = company.company(), person("customer", name="Marta Hagen")
    asked = {"board": board, "product": "", "speaker": as_person(marta, about), "now": now}
    post = posting.write_post(
        kind="ask", title="Will the display fit?", words="</script><b>Dark</b> in rain.", **asked
    )
    posting.write_post(kind="idea", title="A hook for the helmet", words="Under the seat.", **asked)
    answering.answer(
        post=post, by=priya, what_i_do="makes the displays", words="Yes.\n\nIn December.", now=now
    )
    posting.write_reply(post=post, words="Same for mine?", speaker=as_person(marta, about), now=now)
    posting.write_reply(post=post, words="Held.", speaker=without_account("Ana", about, "one"), now=now)
    posting.write_post(kind="idea", title="Rings", words="Buy now: cheap rings.", **asked)
    edda = as_person(person("customer", name="Edda Kühn"), about)
    posting.write_reply(post=post, words="Mine is dark too.", speaker=edda, now=now)
    return marta


def pages() -> list[str]:
    post, idea = Post.objects.filter(standing="public").order_by("pk")
    names = ("list", "tell", "enter", "kept")
    return [
        *(reverse(f"community:{name}") for name in names),
        reverse("community:board", args=["heron"]),
        f"{reverse('community:list')}?q=nothing",
        *(reverse("community:post", args=[one.pk, one.slug]) for one in (post, idea)),
        reverse("community:reply", args=[post.pk]),
        reverse("community:same", args=[post.pk]),
    ]


def customers_acts() -> list[str]:
    """What somebody may do with their own, with what was held, and with what others wrote."""
    post, held = Post.objects.get(kind="ask"), Post.objects.get(title="Rings")
    other = Reply.objects.get(words="Mine is dark too.")
    own = [(name, post) for name in ("reword_post", "take_away_post")]
    found = [*own, ("appeal_post", held), ("post", held), ("report_reply", other)]
    return [
        *(
            reverse(f"community:{name}", args=[one.pk, *([one.slug] if name == "post" else [])])
            for name, one in found
        ),
        *(reverse(f"community:{name}") for name in ("mail", "erase")),
    ]


@pytest.mark.parametrize("reader", ["visitor", "customer", "colleague"])
def test_axe_and_the_content_policy_find_nothing(open_page, live_server, riders, reader, person):
    """What the content policy refuses is an error of the page; structured data is data and is not refused."""
    reads = {"visitor": None, "customer": riders, "colleague": person("owner", name="Ines Calder")}[reader]
    found = [*pages(), *([reverse("community:mine")] if reads else [])]
    if reader == "customer":
        found += customers_acts()
    if reader == "colleague":
        found += [
            reverse(f"community:{name}") for name in ("queue", "moderation", "settings", "roster", "policy")
        ]
        found += [reverse("community:moderation_log"), reverse("community:doings", args=[riders.pk])]
        found += [reverse("community:case", args=[case.pk]) for case in Case.objects.all()]

    page = open_page("/community/", person=reads, bypass_csp=False)

    assert walk(page, live_server.url, found) == {}


def test_a_script_within_a_page_is_found_unless_the_policy_is_passed_by(browser, live_server, riders):
    def planted(route):
        answer = route.fetch()
        route.fulfill(
            response=answer, body=answer.text().replace("</main>", "<script>window.ran = 1</script></main>")
        )

    found = {}
    for bypass in (False, True):
        context = sized(browser, "1280", "paper", bypass_csp=bypass)
        page = context.new_page()
        page.route("**/community/", planted)
        faults = walk(page, live_server.url, ["/community/"])
        found[bypass] = (
            bool(page.evaluate("window.ran")),
            "inline script violates" in str(faults),
            len(faults),
        )
        context.close()

    assert found == {False: (False, True, 1), True: (True, False, 0)}


def test_what_is_much_alike_is_offered_while_one_types(open_page, riders):
    page = open_page("/community/tell/")

    page.get_by_label("In one line").fill("will my display fit the Heron")

    page.get_by_role("heading", name="Is it one of these?").wait_for()
    assert page.get_by_role("link", name="Will the display fit?").is_visible()
    page.get_by_role("link", name="That is mine too").click()
    page.get_by_role("heading", name="Say it in your own words; it counts as yours.").wait_for()
