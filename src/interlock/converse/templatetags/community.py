"""What the pages of customers need: the company's words, what we promise, people's words made safe, and data for machines."""

from __future__ import annotations

import json
from typing import Any

from django import template
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from interlock.converse.community.promise import Promise, promise
from interlock.converse.models import Kind, Post, Reply
from interlock.converse.moderation import mine
from interlock.converse.moderation.mine import Judged
from interlock.converse.words import rendered
from interlock.fabric import company as companies
from interlock.fabric.models import Company, Person

register = template.Library()
# Within a script element these could end it; JSON has another spelling for each.
_ESCAPES = {ord(">"): "\\u003E", ord("<"): "\\u003C", ord("&"): "\\u0026"}


@register.simple_tag
def company() -> Company:
    """The company as its customers read it. One query."""
    return companies.company()


@register.simple_tag
def our_promise() -> Promise:
    """Within how many hours questions are answered, and how well we keep it. Two queries."""
    return promise(timezone.now())


@register.simple_tag
def judged_of(person: Person) -> Judged:
    """What moderation tells a person of their own texts. Nine queries."""
    return mine.judged_of(person, timezone.now())


@register.filter
def spoken(words: str) -> SafeString:
    """What somebody wrote, as HTML that can do nothing."""
    return rendered(words)


@register.simple_tag
def structured(post: Post, answers: list[Reply], replies: list[Reply], address: str) -> SafeString:
    """A post as schema.org has it: a question with its answers, or a discussion. Data, which no browser runs."""
    replied = [
        _said(one, "Answer" if post.kind == Kind.ASK else "Comment") for one in replies if one.is_public
    ]
    told = [_said(one, "Answer" if post.kind == Kind.ASK else "Comment") for one in answers]
    about: dict[str, Any] = {
        "@type": "Question" if post.kind == Kind.ASK else "DiscussionForumPosting",
        "url": address,
        "datePublished": post.said_at.isoformat(),
        "author": {"@type": "Person", "name": post.author_name},
        "text": post.words,
    }
    if post.kind == Kind.ASK:
        about |= {"name": post.title, "answerCount": len(told) + post.reply_count, "suggestedAnswer": replied}
        if told:
            about["acceptedAnswer"] = told[0]
            about["suggestedAnswer"] = [*told[1:], *replied]
        about = {"@type": "QAPage", "mainEntity": about}
    else:
        about |= {
            "headline": post.title,
            "commentCount": len(told) + post.reply_count,
            "comment": [*told, *replied],
        }
    text = json.dumps({"@context": "https://schema.org", **about}, ensure_ascii=False).translate(_ESCAPES)
    return mark_safe(f'<script type="application/ld+json">{text}</script>')  # noqa: S308 - escaped above


def _said(reply: Reply, kind: str) -> dict[str, Any]:
    return {
        "@type": kind,
        "text": reply.words,
        "datePublished": reply.said_at.isoformat(),
        "author": {"@type": "Person", "name": reply.author_name},
    }
