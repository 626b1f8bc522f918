"""What machines read: robots.txt, the sitemap, and Atom feeds. Names are as everybody reads them; no address is there."""

from __future__ import annotations

from collections.abc import Iterable
from xml.sax.saxutils import escape

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db.models import Max, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from interlock.converse.community import keeping, looking
from interlock.converse.models import Board, Post, Standing
from interlock.fabric import company
from interlock.fabric.atom import Feed

# A sitemap may name 50,000 addresses; parts are cut by number, so that an old part never changes its pages.
PART = 10_000
SITEMAPS = "http://www.sitemaps.org/schemas/sitemap/0.9"


@login_not_required
@require_GET
def robots(request: HttpRequest) -> HttpResponse:
    """The community may be indexed once a board is open; nothing else may."""
    lines = ["User-agent: *"]
    if looking.boards_visible_to(None).exists():
        lines += [
            "Allow: /community/",
            "Allow: /static/",
            "Disallow: /community/enter/",
            "Disallow: /community/mine/",
        ]
    lines += ["Disallow: /", "", f"Sitemap: {settings.PAGES_URL}{reverse('community:sitemap')}", ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


@login_not_required
@require_GET
def sitemap(request: HttpRequest) -> HttpResponse:
    """The parts of the sitemap."""
    last = _indexed().aggregate(last=Max("pk"))["last"] or 0
    parts = (
        f"{settings.PAGES_URL}{reverse('community:sitemap_part', args=[n])}" for n in range(last // PART + 1)
    )
    return _xml("sitemapindex", (f"<sitemap><loc>{escape(one)}</loc></sitemap>" for one in parts))


@login_not_required
@require_GET
def sitemap_part(request: HttpRequest, part: int) -> HttpResponse:
    """The posts of one part with when they changed; the boards stand in the first."""
    if part > 10**9:
        raise Http404
    posts = _indexed().filter(pk__range=(part * PART, (part + 1) * PART - 1)).order_by("pk")
    urls = (
        []
        if part
        else [(reverse("community:board", args=[one.key]), "") for one in looking.boards_visible_to(None)]
    )
    urls += [
        (reverse("community:post", args=[one.pk, one.slug]), one.changed_at.date().isoformat())
        for one in posts.only("pk", "title", "changed_at")
    ]
    return _xml("urlset", (_url(path, changed) for path, changed in urls))


@login_not_required
@require_GET
def all_boards(request: HttpRequest) -> HttpResponse:
    """The newest posts of all open boards."""
    return _feed(request, list(looking.boards_visible_to(None)), None)


@login_not_required
@require_GET
def board(request: HttpRequest, board: str) -> HttpResponse:
    """The newest posts of one open board, also for staff: feeds carry nothing that the public may not read."""
    found = looking.boards_visible_to(None).filter(key=board).first()
    if found is None:
        raise Http404
    return _feed(request, [found], found)


def _feed(request: HttpRequest, boards: list[Board], one: Board | None) -> HttpResponse:
    version = " ".join(f"{board.pk}.{board.version}" for board in boards)
    name = f"feed {one.pk if one else ''}"
    return keeping.for_visitors(request, name, version, lambda: _made(boards, one))


def _made(boards: list[Board], one: Board | None) -> HttpResponse:
    about = company.company()
    path = reverse("community:board", args=[one.key]) if one else reverse("community:list")
    title = f"{about}: {one.name}" if one else str(about)
    feed = Feed(title, f"{settings.PAGES_URL}{path}", one.about if one else about.about)
    for post in looking.list_page(boards, looking.Filters()).posts:
        feed.add_item(
            post.title,
            f"{settings.PAGES_URL}{reverse('community:post', args=[post.pk, post.slug])}",
            post.words,
            author_name=post.author_name,
            pubdate=post.said_at,
            updateddate=post.changed_at,
            unique_id=f"{settings.PAGES_URL}{reverse('community:short', args=[post.pk])}",
        )
    return HttpResponse(feed.writeString("utf-8"), content_type=feed.content_type)


def _indexed() -> QuerySet[Post]:
    return Post.objects.filter(standing=Standing.PUBLIC, board__opened_at__isnull=False)


def _url(path: str, changed: str) -> str:
    when = f"<lastmod>{changed}</lastmod>" if changed else ""
    return f"<url><loc>{escape(settings.PAGES_URL + path)}</loc>{when}</url>"


def _xml(root: str, parts: Iterable[str]) -> HttpResponse:
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="{SITEMAPS}">\n{"\n".join(parts)}\n</{root}>\n'
    return HttpResponse(text, content_type="application/xml; charset=utf-8")
