"""What stands in the panel on another site: its words, the boards, and what was done lately."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, get_language_bidi
from django.utils.translation import gettext as _

from interlock.converse.community import looking, promise
from interlock.converse.loop import own_feedback, stories
from interlock.converse.models import Kind, Post
from interlock.fabric import company
from interlock.fabric.models import Person

STORIES, OWN = 5, 20


def panel() -> dict[str, Any]:
    """Everything the panel shows before somebody says who they are. Seven queries."""
    return {
        "title": str(company.company()),
        "language": get_language(),
        "direction": "rtl" if get_language_bidi() else "ltr",
        "promise": promise.promise(timezone.now()).sentence,
        "boards": [
            {
                "key": one.key,
                "name": one.name,
                "kinds": [[code, str(label)] for code, label in Kind.choices if code in (one.kinds or Kind.values)],
            }
            for one in looking.boards_visible_to(None)
        ],
        "stories": [_story(one) for one in stories.with_figures(list(stories.public()[:STORIES]))],
        "pages": {
            name: f"{settings.PAGES_URL}{reverse(address)}"
            for name, address in (
                ("tell", "community:tell"),
                ("mine", "community:mine"),
                ("did", "loop:you_said"),
                ("kept", "community:kept"),
            )
        },
        "words": _words(),
    }  # fmt: skip


def feedback_of(person: Person) -> dict[str, Any]:
    """What one customer told us and what became of it; what they sent a moment ago stands first, heard or not."""
    said = own_feedback.feedback_of(person)
    beside = own_feedback.posts_beside(person, said)
    things = [*map(_post, beside), *map(_thing, said)]
    return {"headline": own_feedback.headline(said, beside, person), "things": things[:OWN]}


def _post(one: Post) -> dict[str, Any]:
    return {
        "words": one.title,
        "stands": str(one.status if one.is_public else one.get_standing_display()),
        "wrote": "",
        "is_asked": False,
        "url": f"{settings.PAGES_URL}{reverse('community:short', args=[one.pk])}" if one.is_public else "",
    }


def _thing(one: own_feedback.Feedback) -> dict[str, Any]:
    signal, now = one.signal, next((step for step in one.steps if step["is"] == "now"), None)
    return {
        "words": (signal.title or signal.body or signal.reason or signal.kind)[:160],
        "stands": " ".join(part for part in (now["name"], now["note"]) if part) if now else "",
        "wrote": one.wrote,
        "is_asked": one.is_asked and one.says not in {"yes", "no"},
        "url": one.url,
    }


def _story(one: stories.Shown) -> dict[str, Any]:
    story, told = one.story, one.told
    verdict = _("%(yes)d of %(told)d who were told say: solved.") % {"yes": told.yes, "told": told.told}
    again = _("Customers opened it again.") if one.is_open_again else ""
    return {
        "said": story.said,
        "did": story.did,
        "verdict": " ".join(part for part in (verdict if told.told else "", again) if part),
    }


def _words() -> dict[str, str]:
    return {
        "close": _("Close"),
        "tell": _("Tell us"),
        "mine": _("My feedback"),
        "did": _("You said, we did"),
        "kind": _("What is it"),
        "board": _("About"),
        "words": _("Your words"),
        "name": _("Your name, if you like"),
        "name_help": _("Others read your first name and one letter."),
        "address": _("Your mail address, if you want to hear what becomes of it"),
        "address_help": _("Nobody sees it."),
        "send": _("Send"),
        "another": _("Tell us something else"),
        "kept": _("What we keep about you"),
        "not_open": _("There is no board to write on so far."),
        "nothing_done": _("Nothing has been released here yet."),
        "all": _("Read all of it"),
        "sign_in": _("Sign in, to see what became of what you told us"),
        "whole": _("Open it there"),
        "your_turn": _("Your turn: does this solve it?"),
        "unreached": _("We cannot be reached just now. Your words are still here; try again, or write here:"),
        "preview": _("This is a preview: nothing was sent."),
    }
