"""The widget: which sites may ask, who their reader is, and that what comes by it is held as the plain form's is."""

from __future__ import annotations

import base64
import gzip
import hashlib
import hmac
import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from converse.community.test_posting import heard
from interlock.converse.models import Case, Post, Standing, Widget
from interlock.converse.widget import allowing, views, vouching
from interlock.fabric.models import Person
from interlock.web.templatetags.assets import BUILT

pytestmark = pytest.mark.django_db
SHOP = "https://shop.example.com"
PANEL, MINE = "/community/widget/", "/community/widget/mine/"
WORDS = {"kind": "problem", "board": "heron", "words": "The display goes dark.\nOnly in rain."}


@pytest.fixture
def shop(board, person):
    """A site that may show the widget, and its key."""
    cache.clear()
    ines = person("owner", name="Ines Calder")
    allowing.set_sites(sites=[SHOP], by=ines, now=timezone.now())
    return allowing.make_key(by=ines, now=timezone.now())


def note(key: str, **said: object) -> str:
    """What the other site's server signs, as docs/widget.md shows it."""
    until = int((timezone.now() + timedelta(hours=1)).timestamp())
    claims = {"address": "marta@example.com", "name": "Marta Hagen", "until": until} | said
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"{payload}.{hmac.new(key.encode(), payload.encode(), hashlib.sha256).hexdigest()}"


def test_the_script_is_under_15_kb_and_far_under_once_it_is_packed():
    script = Path(BUILT / "widget.js").read_bytes()

    assert (len(script) < 15_000, len(gzip.compress(script)) < 6_000) == (True, True)


def test_the_script_is_served_to_everybody_and_asked_for_again(client, db):
    first = client.get("/community/widget.js")
    again = client.get("/community/widget.js", headers={"If-None-Match": first["ETag"]})

    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    assert first["Cache-Control"] == "public, max-age=600"
    assert (first.cookies, again.cookies) == ({}, {})


@pytest.mark.parametrize(
    ("origin", "status", "header"),
    [
        (SHOP, 200, SHOP),
        ("http://testserver", 200, "http://testserver"),
        ("https://shop.example.com.evil.example", 403, None),
        ("http://shop.example.com", 403, None),
        ("null", 403, None),
    ],
)
def test_only_named_sites_may_read(client, shop, origin, status, header):
    answer = client.get(PANEL, headers={"Origin": origin})

    assert (answer.status_code, answer.get("Access-Control-Allow-Origin")) == (status, header)
    assert "Origin" in answer["Vary"]
    assert ("Access-Control-Allow-Credentials" in answer.headers, answer.cookies) == (False, {})


def test_a_site_that_was_not_named_sends_nothing(client, shop):
    answer = client.post(PANEL, WORDS, headers={"Origin": "https://evil.example"})

    assert (answer.status_code, Post.objects.count()) == (403, 0)


def test_words_without_account_are_held_as_those_of_the_plain_form_are(client, shop):
    answer = client.post(PANEL, WORDS | {"address": "ana@example.com"}, headers={"Origin": SHOP})

    post = Post.objects.get()
    assert (answer.status_code, answer.json()) == (
        201,
        {"said": "Thank you. A person reads it before others do.", "url": ""},
    )
    assert (post.kind, post.title, post.words, post.author, post.author_name, post.standing) == (
        "problem",
        "The display goes dark.",
        WORDS["words"],
        None,
        "A rider",
        Standing.HELD,
    )
    assert Case.objects.get(post=post).address == "ana@example.com"


def test_a_session_here_gives_no_voice_there(client, shop, marta):
    """Nobody's page can let a reader who is signed in here say something."""
    client.force_login(marta.user)

    client.post(PANEL, WORDS, headers={"Origin": SHOP})

    assert Post.objects.get().author is None


def test_what_is_wrong_is_said_beside_its_field(client, shop):
    wrong = {"kind": "wish", "board": "heron", "words": " ", "address": "no address", "name": "a@b"}

    answer = client.post(PANEL, wrong, headers={"Origin": SHOP})

    assert (answer.status_code, sorted(answer.json()["errors"])) == (
        422,
        ["address", "kind", "name", "words"],
    )
    assert not Post.objects.exists()


def test_a_flood_is_refused_in_words(client, shop):
    answers = [client.post(PANEL, WORDS, headers={"Origin": SHOP}) for _one in range(6)]

    assert [one.status_code for one in answers] == [201] * 5 + [429]
    assert "nothing was sent" in answers[-1].json()["said"]


def test_one_machine_opens_so_many_panels_an_hour(client, shop, monkeypatch):
    monkeypatch.setattr(views, "ASKED_AN_HOUR", 2)

    assert [client.get(PANEL).status_code for _one in range(3)] == [200, 200, 429]


def test_a_reader_whom_the_site_names_writes_as_themselves_and_reads_their_own(client, shop):
    token = note(shop)

    sent = client.post(PANEL, WORDS | {"token": token}, headers={"Origin": SHOP})
    at_once = client.post(MINE, {"token": token}, headers={"Origin": SHOP}).json()
    heard()
    read = client.post(MINE, {"token": token}, headers={"Origin": SHOP})

    post, marta = Post.objects.get(), Person.objects.get(role="customer")
    assert (sent.status_code, post.author, post.author_name) == (201, marta, "Marta H.")
    assert (marta.user.email, marta.user.has_usable_password()) == ("marta@example.com", False)
    assert [one["words"] for one in read.json()["things"]] == ["The display goes dark."]
    url = f"{settings.PAGES_URL}/community/posts/{post.pk}/"
    as_sent = {"words": post.title, "stands": "Open", "wrote": "", "is_asked": False, "url": url}
    assert at_once == {"headline": "Marta, you told us one thing: 1 is on its way.", "things": [as_sent]}


@pytest.mark.parametrize(
    ("standing", "headline", "stands"),
    [
        (Standing.HELD, "1 is on its way", "waits for a colleague to let it through"),
        (Standing.REJECTED, "1 was not let through", "not let through"),
    ],
)
def test_what_was_not_let_through_is_said_to_its_author(client, shop, standing, headline, stands):
    token = note(shop)
    client.post(PANEL, WORDS | {"token": token}, headers={"Origin": SHOP})
    Post.objects.update(standing=standing)

    read = client.post(MINE, {"token": token}, headers={"Origin": SHOP}).json()

    assert read["headline"] == f"Marta, you told us one thing: {headline}."
    assert [(one["stands"], one["url"]) for one in read["things"]] == [(stands, "")]


def test_a_reader_reads_nothing_of_others(client, shop, write, marta):
    write(marta, title="A canary of Marta's")
    heard()
    own = note(shop, address=marta.user.email, name="Marta Hagen")
    other = note(shop, address="edda@example.com", name="Edda Kühn")

    read = [client.post(MINE, {"token": one}).content.decode() for one in (own, other)]

    assert ["canary" in text for text in read] == [True, False]


@pytest.mark.parametrize(
    "said",
    [
        {"until": 1},
        {"until": 10**11},
        {"until": "soon"},
        {"address": "no address"},
        {"name": ""},
        {"address": ["a@example.com"]},
    ],
)
def test_a_note_that_says_something_else_opens_nothing(client, shop, said):
    answer = client.post(MINE, {"token": note(shop, **said)})

    assert (answer.status_code, list(answer.json())) == (422, ["said"])
    assert not Person.objects.filter(role="customer").exists()


@pytest.mark.parametrize("token", ["", ".", "x", "a.b", "é.ü", "W10.", "." * 5_000, "bnVsbA.ff"])
def test_what_is_no_note_opens_nothing(client, shop, token):
    assert client.post(MINE, {"token": token}).status_code == 422


def test_signed_rubbish_opens_nothing(shop):
    for payload in ("", "bnVsbA", "W10", "é", "a"):
        signed = hmac.new(shop.encode(), payload.encode(), hashlib.sha256).hexdigest()

        with pytest.raises(vouching.NotVouched):
            vouching.person_of(f"{payload}.{signed}", timezone.now())


def test_a_changed_note_and_one_of_the_key_before_open_nothing(client, shop, person):
    good = note(shop)
    _payload, _dot, signature = good.partition(".")
    other = note(shop, address="priya@example.com").partition(".")[0]

    before = client.post(MINE, {"token": good}).status_code
    changed = client.post(MINE, {"token": f"{other}.{signature}"}).status_code
    allowing.make_key(by=person("owner"), now=timezone.now())
    after = client.post(MINE, {"token": good}).status_code

    assert (before, changed, after) == (200, 422, 422)


def test_a_note_never_speaks_for_a_colleague(client, shop, priya):
    token = note(shop, address=priya.user.email)

    answers = [client.post(PANEL, WORDS | {"token": token}), client.post(MINE, {"token": token})]

    assert [one.status_code for one in answers] == [422, 422]
    assert not Post.objects.exists()


def test_without_a_key_nobody_is_known(client, board):
    answer = client.post(MINE, {"token": note("any key")})

    assert answer.json() == {"said": "No key was made here, so no site can say who you are."}


def test_the_key_is_shown_once_and_kept_sealed(client, board, person):
    client.force_login(person("owner").user)

    shown = client.post(reverse("widget:new_key")).content.decode()
    later = client.get(reverse("widget:settings")).content.decode()

    row = Widget.objects.get()
    key = vouching._key()
    assert (key in shown, key in later, key in row.sealed_key) == (True, False, False)


def test_sites_are_kept_as_browsers_name_them(client, board, person):
    client.force_login(person("lead").user)
    typed = "https://Shop.example.com/start?x\n\nhttp://localhost:8080\nhttps://shop.example.com:443"

    client.post(reverse("widget:settings"), {"sites": typed})

    assert Widget.objects.get().sites == [SHOP, "http://localhost:8080"]


@pytest.mark.parametrize(
    "typed", ["shop.example.com", "*", "https://*.example.com", "ftp://a.b", "https://[x"]
)
def test_what_is_no_site_is_refused(client, board, person, typed):
    client.force_login(person("lead").user)

    answer = client.post(reverse("widget:settings"), {"sites": typed})

    assert (answer.status_code, Widget.objects.exists()) == (422, False)


def test_the_tag_holds_what_was_chosen_and_nothing_that_breaks_out_of_it(client, board, person):
    client.force_login(person("lead").user)

    page = client.get(
        reverse("widget:settings"), {"label": '"><img src=x>', "board": "heron", "side": "left"}
    )

    text = page.content.decode()
    assert "<img" not in text
    assert "data-label=&quot;&amp;quot;&amp;gt;&amp;lt;img src=x&amp;gt;&quot;" in text
    assert 'data-board="heron"' in text


def test_the_panel_names_open_boards_alone_in_constant_queries(
    client, shop, board, write, marta, django_assert_num_queries
):
    from interlock.converse.models import Board  # Django must be set up before rooms are imported

    Board.objects.create(key="secret", name="Secret board", made_at=timezone.now())
    client.get(PANEL)

    with django_assert_num_queries(5):
        answer = client.get(PANEL).json()

    assert [one["key"] for one in answer["boards"]] == ["heron"]
    assert [code for code, _label in answer["boards"][0]["kinds"]] == ["ask", "idea", "problem", "praise"]
