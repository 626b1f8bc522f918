"""Reading: the list of posts, of all boards or of one, and one post."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from interlock.converse.community import boards as board_rules
from interlock.converse.community import course, entering, keeping, looking, promise, rows
from interlock.converse.community.forms import AnswerForm, ReplyForm, StatusForm
from interlock.converse.community.views.frame import page
from interlock.converse.models import Board, Follow, Kind, Post, Reply, Standing, Status, Vote
from interlock.converse.moderation import lineage
from interlock.converse.moderation.views.beside import beside
from interlock.converse.queries import conversations_visible_to
from interlock.fabric.access import Act, may, person_of
from interlock.fabric.models import Person


@login_not_required
@require_GET
def all_boards(request: HttpRequest) -> HttpResponse:
    """Posts of all boards that the reader may see."""
    return _list(request, None)


@login_not_required
@require_GET
def board(request: HttpRequest, board: str) -> HttpResponse:
    """Posts of one board."""
    return _list(request, board)


@login_not_required
@require_GET
def short(request: HttpRequest, post_id: int) -> HttpResponse:
    """The address of a post without its words leads to the one with them."""
    found = looking.posts_visible_to(person_of(request)).filter(pk=post_id).first()
    if found is None:
        return _to_what_holds_it(request, post_id)
    return redirect("community:post", found.pk, found.slug, permanent=True)


@login_not_required
@require_GET
def post(request: HttpRequest, post_id: int, slug: str) -> HttpResponse:
    """One post with its answer, its replies and where it stands."""
    person = person_of(request)
    found = looking.posts_visible_to(person).filter(pk=post_id).first()
    if found is None:
        return _to_what_holds_it(request, post_id)
    if slug != found.slug:
        return redirect("community:post", found.pk, found.slug, permanent=True)
    after = request.GET.get("after", "")

    def make() -> HttpResponse:
        return post_page(request, found, person, after)

    version = f"{found.version} {found.board.name} {after}"
    if person or not looking.is_place(after):
        return make()
    return keeping.for_visitors(request, f"post {found.pk}", version, make)


def _to_what_holds_it(request: HttpRequest, post_id: int) -> HttpResponse:
    """Lead from a post that is part of another to that one, where the reader may see it."""
    part = get_object_or_404(Post, pk=post_id, standing=Standing.MOVED)
    holder = lineage.leads_to(part)
    found = get_object_or_404(looking.posts_visible_to(person_of(request)), pk=holder.pk if holder else 0)
    answer = redirect("community:post", found.pk, found.slug, permanent=True)
    # A merge can be undone: browsers keep a permanent redirect for ever unless they are told.
    answer.headers["Cache-Control"] = "max-age=3600"
    return answer


def post_page(
    request: HttpRequest, found: Post, person: Person | None, after: str = "", status: int = 200, **forms: Any
) -> HttpResponse:
    """The page of a post, with forms that came back wrong in their places."""
    replies, later = looking.reply_page(found, person, after)
    answers = looking.official_answers(found)
    promise.note_due([found, *replies])
    changes = list(found.status_changes.select_related("after", "by"))
    close = Post.objects.filter(pk__in=found.close_to, standing=Standing.PUBLIC, board=found.board_id)
    today = _today(person)
    context = {
        "post": found,
        "answers": answers,
        "replies": replies,
        "later": f"?{urlencode({'after': later})}" if later else "",
        "steps": course.steps(found, changes),
        "changes": changes,
        "promise": today.promise,
        "on_duty": today.on_duty,
        "company": today.company,
        "close": sorted(close, key=lambda one: found.close_to.index(one.pk)),
        "address": address_of(found),
        "kind_name": Kind(found.kind).label,
        "reply_form": ReplyForm(),
        "by_mail": entering.mail_is_set_up(),
        **beside(found, [*answers, *replies], person, timezone.now()),
        **_of_reader(found, person),
        **forms,
    }
    return page(request, "post", context, status)


def _today(person: Person | None) -> promise.Today:
    """Who signed in reads what is so now, as nothing of theirs is kept."""
    return promise.today(timezone.now()) if person else promise.for_visitors(timezone.now())


def address_of(found: Post) -> str:
    """The one address of a post that search engines and feeds are told."""
    return f"{settings.PAGES_URL}{reverse('community:post', args=[found.pk, found.slug])}"


def _of_reader(found: Post, person: Person | None) -> dict[str, Any]:
    """What the page says and offers to this reader alone."""
    if person is None:
        return {}
    if may(person, Act.READ):
        return _of_staff(found, person)
    return {
        "voted": Vote.objects.filter(post=found, person=person).exists() if found.votable else False,
        "follows": Follow.objects.filter(post=found, person=person).exists(),
        "is_mine": found.author_id == person.pk,
    }


def _of_staff(found: Post, person: Person) -> dict[str, Any]:
    talks = conversations_visible_to(person).filter(context__kind="post", context__key=str(found.pk))
    context: dict[str, Any] = {"talks": talks.order_by("-opened_at")[:5]}
    if not may(person, Act.ANSWER):
        return context
    last = (
        Reply.objects.filter(author=person, is_official=True)
        .order_by("-pk")
        .values_list("author_word", flat=True)
    )
    return context | {
        "answer_form": AnswerForm(initial={"what_i_do": last.first() or ""}),
        "status_form": StatusForm(post=found),
    }


def _list(request: HttpRequest, key: str | None) -> HttpResponse:
    person = person_of(request)
    visible = list(looking.boards_visible_to(person))
    chosen = [one for one in visible if key is None or one.key == key]
    if key is not None and not chosen:
        raise Http404
    filters = looking.Filters.of(request.GET, key or "")
    after = request.GET.get("after", "")

    def make() -> HttpResponse:
        return _list_page(request, person, visible, chosen, filters, after)

    if person or filters.are_free or not looking.is_place(after, looking.ORDERS[filters.order or "newest"]):
        return make()
    version = " ".join(f"{one.pk}.{one.version}" for one in visible)
    return keeping.for_visitors(request, f"list {filters} {after}", version, make)


def _list_page(
    request: HttpRequest,
    person: Person | None,
    visible: list[Board],
    chosen: list[Board],
    filters: looking.Filters,
    after: str,
) -> HttpResponse:
    now = timezone.now()
    found = looking.list_page(chosen, filters, after)
    path = reverse("community:board", args=[filters.board]) if filters.board else reverse("community:list")
    today, staff = _today(person), may(person, Act.READ)
    closed = [one for one in chosen if one.opened_at is None] if staff else []
    context = {
        "posts": found.posts,
        "rows": rows.drawn(
            found.posts,
            who=today.company.customers_word,
            with_board=not filters.board and len(visible) > 1,
            year=timezone.localdate(now).year,
        ),
        "boards": visible,
        "board": chosen[0] if filters.board else None,
        "promise": today.promise,
        "on_duty": today.on_duty,
        "company": today.company,
        "filters": filters,
        "kinds": _tabs(path, filters),
        "orders": _orders(path, filters),
        "statuses": [one for one in Status.objects.all() if not filters.kind or filters.kind in one.kinds],
        "products": sorted({name for one in chosen for name in one.products}),
        "first": f"{path}{filters.as_query()}" if after else "",
        "later": f"{path}{filters.as_query(after=found.later)}" if found.later else "",
        "replies_query": urlencode({"q": filters.q, "among": "replies", "board": filters.board}),
        "canonical": f"{settings.PAGES_URL}{path}",
        "feed": reverse("community:board_feed", args=[filters.board])
        if filters.board
        else reverse("community:feed"),
        "indexed": not (filters.q or filters.status or filters.product or filters.order),
        "closed": [(one, board_rules.missing(one, timezone.localdate(now))) for one in closed],
    }
    return page(request, "list", context)


def _tabs(path: str, filters: looking.Filters) -> list[dict[str, Any]]:
    names = {
        "": _("All"),
        "ask": _("Questions"),
        "idea": _("Ideas"),
        "problem": _("Problems"),
        "praise": _("Praise"),
    }
    return [
        {
            "name": name,
            "url": f"{path}{filters.as_query(kind=kind, status='')}",
            "current": kind == filters.kind,
            "count": "",
        }
        for kind, name in names.items()
    ]


def _orders(path: str, filters: looking.Filters) -> list[dict[str, Any]]:
    names = {"": _("Newest"), "waiting": _("Waits for an answer"), "most": _("Most customers")}
    return [
        {"name": name, "url": f"{path}{filters.as_query(order=order)}", "current": order == filters.order}
        for order, name in names.items()
    ]
