"""What moderation puts beside each text of a post's page: where it came from, how it was reworded, what one may do."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from interlock.converse.models import Post, Reply, Split, Standing
from interlock.converse.moderation import cases, lineage, merging, rewording, taking
from interlock.fabric.access import Act, may
from interlock.fabric.models import Person

Offered = tuple[str, str]


def beside(found: Post, said: list[Reply], person: Person | None, now: datetime) -> dict[str, Any]:
    """Mark the post and these replies with their acts and earlier words; return what the page says of the post itself.

    Three queries, more only where something was merged, split or not let through.
    """
    everything: list[Any] = [found, *said]
    earlier = rewording.rewordings_of(everything)
    for one in everything:
        kind = "post" if isinstance(one, Post) else "reply"
        one.rewordings = earlier.get((kind, one.pk), [])
        one.shows_old = may(person, Act.READ) or _is_own(one, person)
        one.acts = _acts(one, kind, person, now)
        if not one.is_public and one.standing in {Standing.HELD, Standing.REJECTED}:
            one.reasons = cases.reasons_for(one)
            one.may_appeal = cases.may_appeal(one, person)
    _lead_on(said)
    return {
        "merged": merging.merges_of(found) if may(person, Act.ANSWER) else [],
        "merged_posts": lineage.merged_into(found),
        "split": lineage.split_from(found),
        "merge": lineage.merge_of(found) if found.standing == Standing.MOVED else None,
    }


def _acts(one: Any, kind: str, person: Person | None, now: datetime) -> list[Offered]:
    """What this reader may do with it, each with its address. No query."""
    found: list[tuple[bool, str, str]] = [
        (
            rewording.may_reword(one, person, now),
            _("Correct") if _is_own(one, person) else _("Reword"),
            f"reword_{kind}",
        ),
        (taking.may_take_away(one, person), _("Take away"), f"take_away_{kind}"),
        (_may_report(one, person), _("Report"), f"report_{kind}"),
    ]
    if may(person, Act.ANSWER) and one.is_public:
        found += [
            (kind == "post", _("Make it part of another"), "merge"),
            (kind == "reply" and not one.is_official, _("Make it a post"), "split"),
        ]
    acts = [(name, reverse(f"community:{address}", args=[one.pk])) for there, name, address in found if there]
    if may(person, Act.ANSWER) and one.author_id and not _is_own(one, person):
        acts += (
            [] if _is_ours(one) else [(_("All of theirs"), reverse("community:doings", args=[one.author_id]))]
        )
    return acts


def _may_report(one: Any, person: Person | None) -> bool:
    """Readers report what others say; who moderates looks at it again instead."""
    return one.is_public and not (_is_own(one, person) or _is_ours(one) or may(person, Act.ANSWER))


def _is_own(one: Any, person: Person | None) -> bool:
    return person is not None and one.author_id == person.pk


def _is_ours(one: Any) -> bool:
    return bool(one.written_by_id) or (isinstance(one, Reply) and one.is_official)


def _lead_on(replies: list[Reply]) -> None:
    """Give replies that became posts the post they are. One query, none where there are none."""
    moved = {one.pk: one for one in replies if one.standing == Standing.MOVED}
    if moved:
        for split in Split.objects.filter(reply__in=list(moved)).select_related("post"):
            moved[split.reply_id].became = split.post  # type: ignore[attr-defined]  # read by the template
