"""Nothing that somebody wrote runs on any page: every attempt, in every column of text, in a real browser.

Pages are opened without their policy, so that escaping alone must hold; the policy is read from each answer.
"""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.core.cache import caches
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from browser.attacking import NEVER_SHOWN, NOT_WORDS, attack_rows, attacked_columns, attacks, together
from browser.chromium import sized
from browser.company import addresses
from interlock.converse import services as talks
from interlock.converse.community import posting
from interlock.converse.community.speaking import on_behalf
from interlock.converse.models import Board
from interlock.converse.talks import reading_page
from interlock.fabric import company as companies
from interlock.fabric.contexts import context_for
from interlock.listen.models import Signal, Source

pytestmark = pytest.mark.django_db(transaction=True)

# What acts without us: handlers, addresses that are scripts, and tags that none of our pages has; then what the policy
# would refuse in the answer as it came: scripts and styles that stand in the page.
FOUND = r"""(answer) => {
  const acts = /^[\s\x00-\x1f]*(j\s*a\s*v\s*a\s*s\s*c\s*r\s*i\s*p\s*t|vbscript|data:text|data:image.svg)/i
  const places = ["href", "src", "action", "formaction", "xlink:href", "data", "srcdoc", "ping"]
  const tags = "iframe, object, embed, base, applet, portal, frameset, math, animate, set, foreignObject, marquee, meta[http-equiv]"
  const found = [...document.querySelectorAll(tags)]
  for (const one of document.querySelectorAll("*:not(link[rel=icon])"))
    for (const {name, value} of one.attributes)
      if (/^(on|hx-on|data-hx-on)/.test(name) || name == "srcdoc" || (places.includes(name) && acts.test(value))) found.push(one)
  const sent = new DOMParser().parseFromString(answer, "text/html")
  found.push(...sent.querySelectorAll("[style], style, script:not([src]):not([type='application/json']):not([type='application/ld+json'])"))
  return found.map(one => one.outerHTML.slice(0, 160))
}"""


@pytest.fixture
def attacked(company, person):
    """The small Aldermoor where every text is an attempt, with a post and a talk that hold them all."""
    now, ines = timezone.now(), company["ines"]
    pages = addresses(company)
    with transaction.atomic():
        rows = attack_rows(now)
        ines.refresh_from_db()
        guest = person("customer", name=attacks()[0])
        post, talk = community(ines, now), conversation(ines, guest, now)
        signals(now)
    caches["pages"].clear()
    pages += [
        reverse("community:post", args=[post.pk, post.slug]),
        reverse("converse:conversation", args=[talk.pk]),
    ]
    drawn = [
        reverse("web:one_theme", args=[company["key"]]),
        reverse("web:one_outcry", args=[company["alarm_id"]]),
        reverse("reconnect:disconnect", args=[company["disconnect_id"]]),
        f"{reverse('reconnect:disconnects')}?view=matrix",
        reverse("converse:conversation", args=[talk.pk]),
    ]
    return SimpleNamespace(
        drawn=drawn,
        ines=ines, guest=guest, rows=rows, pages=pages, talk=talk, own=[
            reverse("community:list"), reverse("community:mine"), reverse("community:post", args=[post.pk, post.slug]),
            reverse("converse:conversations"), reverse("converse:conversation", args=[talk.pk]),
        ],
    )  # fmt: skip


def community(ines, now):
    """A post with every attack in its replies, under names that are attacks."""
    board, us, names = Board.objects.get(), companies.company(), attacks()
    posts = [
        posting.write_post(
            board=board, kind="ask", title=name[:160], words=name, product=name[:80], now=now,
            speaker=on_behalf(name[:60], ines, us, name[:60]),
        )
        for name in names[::24]
    ]  # fmt: skip
    for number, words in enumerate(together(6)):
        posting.write_reply(
            post=posts[0], words=words, speaker=on_behalf(names[number][:60], ines, us, names[-number][:60]),
            now=now + timedelta(seconds=number),
        )  # fmt: skip
    return posts[0]


def conversation(ines, guest, now):
    """A talk with every attack in its lines, and some in its frame, decisions and promises."""
    names = [one[:120] for one in attacks()]
    talk = talks.open_conversation(
        context=context_for(kind="team", key=names[6], label=names[6]), title=names[7], purpose=names[8],
        question=names[9], due=now.date(), people=[(ines, "service"), (guest, "customer")], by=ines, now=now,
    )  # fmt: skip
    talks.say(conversation=talk, by=guest, body="I have read it.", audience="customer", now=now)
    for number, words in enumerate(together(6)):
        audience = ["staff", "customer"][number % 2]
        talks.say(conversation=talk, by=ines, body=words, audience=audience, now=now)
    for name in names[::60]:
        talks.decide(conversation=talk, by=ines, chosen=name, because=name, instead_of=name, now=now)
        talks.commit(conversation=talk, by=ines, what=name, owner=ines, due=now.date(), now=now)
    return talk


def signals(now) -> None:
    """The newest that came in, with every attack in one of them."""
    source = Source.objects.order_by("pk").first()
    Signal.objects.bulk_create(
        Signal(
            source=source, key=f"attack-{number}", kind="complaint", occurred_at=now, received_at=now, title=words[:300],
            body=words, copy_hash=number, account_label=words[:60], product_label=words[-60:], url=words[:60],
        )
        for number, words in enumerate(together(6))
    )  # fmt: skip


# A part of a page for others' pages: it may stand in any, and runs nothing at all.
FRAMED = "default-src 'none'; style-src 'self'; font-src 'self'; base-uri 'none'; frame-ancestors *"


def lax(policy: str) -> list[str]:
    """What this policy allows that ours must not."""
    if policy == FRAMED:
        return []
    rules = dict(part.strip().partition(" ")[::2] for part in policy.split(";"))
    unsafe = [f"{name} {what}" for name, what in rules.items() if "unsafe-" in what or "*" in what.split()]
    asked = {"script-src": "'self'", "style-src": "'self'"}
    asked |= dict.fromkeys(("object-src", "base-uri", "frame-ancestors"), "'none'")
    return unsafe + [f"{name} {rules.get(name)}" for name, what in asked.items() if rules.get(name) != what]


def walk(page, server: str, paths: list[str]) -> dict[str, list[str]]:
    """Open these pages; return what acts on its own, or how the policy lets it, by address."""
    faults = {}
    for path in paths:
        answer = page.goto(server + path, wait_until="load")
        found = page.evaluate(FOUND, answer.text()) + lax(answer.headers.get("content-security-policy", ""))
        if found or answer.status >= 500:
            faults[path] = [str(answer.status), *found]
    return faults


def watch(context) -> list[str]:
    """Note each place where something ran on pages of this context."""
    ran: list[str] = []
    context.expose_binding("ranHere", lambda source, _said: ran.append(source["frame"].url))
    context.add_init_script("window.alert = said => window.ranHere(String(said))")
    return ran


def test_nothing_that_somebody_wrote_runs_on_any_page(open_page, live_server, attacked):
    page, theirs = (open_page("/community/kept/", person=one) for one in (attacked.ines, attacked.guest))
    ran = [watch(one.context) for one in (page, theirs)]

    faults = walk(page, live_server.url, attacked.pages)
    faults |= {f"guest {path}": found for path, found in walk(theirs, live_server.url, attacked.own).items()}
    # What scripts draw and swap in stands under the policy as well; `open_page` fails where it refuses something.
    for path in attacked.drawn:
        open_page(path, person=attacked.ines, bypass_csp=False)

    assert (faults, ran) == ({}, [[], []])
    empty = {model._meta.label for model, _ in attacked_columns() if not attacked.rows[model._meta.label]}
    assert empty - set(NEVER_SHOWN) == set()  # a table without rows is one whose words nobody saw


def test_a_line_shown_as_it_was_written_is_found(browser, client, person, live_server, monkeypatch):
    """The control: were lines shown as they were written, the walk would find what runs."""
    monkeypatch.setattr(reading_page, "rendered", lambda text, mentions: SafeString(text))
    ines, guest = person("owner", "service"), person("customer")
    talk = conversation(ines, guest, timezone.now())
    client.force_login(ines.user)
    context = sized(browser, "1280", "paper")
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}])
    ran = watch(context)

    found = walk(context.new_page(), live_server.url, [reverse("converse:conversation", args=[talk.pk])])
    context.close()

    assert len(ran) >= 2
    assert [len(one) >= 3 for one in found.values()] == [True]


def test_a_browser_runs_the_attacks_where_nothing_stops_them(browser):
    """The control of the file: each attack alone in an empty frame."""
    ran, context = [], sized(browser, "1280", "paper")
    context.expose_binding("ranHere", lambda _source, said: ran.append(said))
    context.add_init_script("window.alert = said => window.ranHere(String(said))")
    page = context.new_page()
    page.evaluate(
        """all => all.forEach(one => {
             const frame = document.createElement("iframe"); frame.srcdoc = one; document.body.append(frame) })""",
        attacks(),
    )
    page.wait_for_load_state("networkidle")
    context.close()

    assert len(attacks()) >= 200
    assert len(ran) >= 100


def test_every_column_that_is_spared_is_still_there():
    from django.apps import apps

    spared = [
        (label, name) for tables in NOT_WORDS.values() for label, names in tables.items() for name in names
    ]

    absent = [
        one for one in spared if one[1] not in {c.name for c in apps.get_model(one[0])._meta.concrete_fields}
    ]
    assert (absent, len(spared) - len(set(spared))) == ([], 0)
