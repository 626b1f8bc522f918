"""What became part of what: merges that stand, and the post that a reply became."""

from __future__ import annotations

from collections.abc import Iterable

from interlock.converse.models import Merge, Post, Split, Standing

# Nobody merges deeper; a circle cannot be made, and would end here.
DEEPEST = 20


def merged_into(post: Post) -> list[Post]:
    """The posts that are part of this one, also through another, in the order they came. One query, two more a level."""
    found: list[Post] = []
    level = [post.pk]
    for _depth in range(DEEPEST):
        merges = Merge.objects.filter(into__in=level, undone_at=None, post__standing=Standing.MOVED)
        level = list(merges.values_list("post", flat=True))
        if not level:
            break
        posts = Post.objects.select_related("author").in_bulk(level)
        found += [posts[number] for number in level]
    return found


def merge_of(post: Post) -> Merge | None:
    """The merge by which it is part of another post. One query."""
    standing = Merge.objects.filter(post=post, undone_at=None).select_related(
        "into__board", "into__status", "by"
    )
    return standing.first()


def merges_above(post: Post) -> list[Merge]:
    """The merges by which it is part of another post, and that one of another, to the end. One query a level."""
    found: list[Merge] = []
    here = post
    for _depth in range(DEEPEST):
        merge = merge_of(here)
        if merge is None:
            break
        found.append(merge)
        here = merge.into
    return found


def leads_to(post: Post) -> Post | None:
    """The post that holds it now, at the end of all merges; None where it is part of none. One query a level."""
    above = merges_above(post)
    return above[-1].into if above else None


def ends_of(numbers: Iterable[int]) -> dict[int, int]:
    """Which post holds each of these at the end of all merges; those that are part of none are left out. One query a level."""
    ends: dict[int, int] = {}
    here = {number: number for number in numbers}
    for _depth in range(DEEPEST):
        merges = Merge.objects.filter(post__in=set(here.values()), undone_at=None)
        into = dict(merges.values_list("post", "into")) if here else {}
        here = {number: into[at] for number, at in here.items() if at in into}
        if not here:
            break
        ends |= here
    return ends


def split_from(post: Post) -> Split | None:
    """The reply that this post was, with the post it stood under. One query, two where it was one."""
    if not Split.objects.filter(
        post=post
    ).exists():  # as of nearly all; what follows costs three times as much
        return None
    return Split.objects.filter(post=post).select_related("reply__post__board", "by").first()
