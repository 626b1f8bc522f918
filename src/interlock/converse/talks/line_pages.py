"""Pages and parts of single lines: one alone, those that came since, its wordings, widening, reactions, pictures."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from interlock.converse import corrections, queries
from interlock.converse.errors import ConversationError
from interlock.converse.models import Audience, Conversation
from interlock.converse.talks import audiences, drafts, mentions, pictures, reactions, reading, widening
from interlock.converse.talks.reading_page import lines_for
from interlock.converse.talks.requests import (
    act_and_return,
    back_to,
    reader_of,
    seen_conversation,
    seen_message,
)
from interlock.converse.words import NotAPicture, redrawn
from interlock.converse.words.pictures import CONTENT_TYPE, MOST_BYTES, path_of
from interlock.fabric.access import Act, may, needs
from interlock.fabric.numbers import number_of

MOST_ARRIVED = 50


@require_GET
@never_cache
def line(request: HttpRequest, message_id: int) -> HttpResponse:
    """One line as it stands now, for a page that heard that it changed."""
    found = seen_message(request, message_id)
    return _lines(request, found.conversation, [found.pk])


@require_GET
@never_cache
def arrived(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """The lines that came after one, the oldest fifty of them; a page that is given fifty asks again."""
    found = seen_conversation(request, conversation_id)
    after = number_of(request.GET.get("after")) or 0
    person = reader_of(request)
    lines = queries.messages_visible_to(person, found).filter(pk__gt=after)
    next_ones = list(lines.order_by("pk").values_list("pk", flat=True)[:MOST_ARRIVED])
    if next_ones:
        before = reading.last_read(found, person)
        reading.note_read(
            conversation=found, person=person, before=before, shown=next_ones[-1], now=timezone.now()
        )
    return _lines(request, found, next_ones)


def _lines(request: HttpRequest, found: Conversation, keys: list[int]) -> HttpResponse:
    person = reader_of(request)
    participants = list(found.participants.select_related("person__stand_in"))
    messages = queries.lines_of(person, found).filter(pk__in=keys)
    context = {
        "conversation": found,
        "lines": lines_for(messages, participants, person, timezone.now()),
        "may_talk": may(person, Act.TALK) and not found.is_over,
    }
    return render(request, "converse/parts/lines.html", context)


@require_GET
def wordings(request: HttpRequest, message_id: int) -> HttpResponse:
    """What a line said before, as far as this reader's circle read it then."""
    found = seen_message(request, message_id)
    person = reader_of(request)
    before = found.wordings.filter(audience__in=queries.audiences_read_by(person))
    context = {
        "message": found,
        "wordings": [] if found.removed_at else list(before),
        "heading": found.conversation.heading_for(person),
    }
    return render(request, "converse/wordings.html", context)


@require_http_methods(["GET", "POST"])
@needs(Act.TALK)
def widen(request: HttpRequest, message_id: int) -> HttpResponse:
    """Let more people read a line of one's own: who they will be is said first, in a page of its own."""
    found = seen_message(request, message_id)
    person = reader_of(request)
    participants = list(found.conversation.participants.select_related("person__stand_in"))
    wider = [
        circle
        for circle in audiences.circles(participants, person)
        if audiences.is_wider(circle.audience, found.audience)
    ]
    refused = ""
    if request.method == "POST":
        try:
            audience = request.POST.get("audience", "")
            if audience not in Audience.values:
                raise ConversationError(_("Choose who will read it."))
            widening.widen(message=found, by=person, audience=audience, now=timezone.now())
        except ConversationError as error:
            refused = str(error)
        else:
            return back_to(found.conversation, f"message-{found.pk}")
    mine = found.author_id == person.pk and found.removed_at is None
    context = {
        "message": found,
        "wider": wider if mine else [],
        "refused": refused,
        "heading": found.conversation.heading_for(person),
        "line": lines_for(queries.lines_of(person, found.conversation).filter(pk=found.pk), participants, person,
                          timezone.now())[0],
    }  # fmt: skip
    return render(request, "converse/widen.html", context, status=422 if refused else 200)


@require_POST
@needs(Act.TALK)
def react(request: HttpRequest, message_id: int) -> HttpResponse:
    """Put a word to a line, or take it away again."""
    found = seen_message(request, message_id)
    word = request.POST.get("word", "")
    answer = act_and_return(
        request, found.conversation, reactions.react, message=found, word=word, place=f"message-{found.pk}"
    )
    return _lines(request, found.conversation, [found.pk]) if request.htmx else answer


@require_POST
@needs(Act.TALK)
def take_back(request: HttpRequest, message_id: int) -> HttpResponse:
    """Unsend a line; its text is the draft again."""
    found = seen_message(request, message_id)
    return act_and_return(request, found.conversation, corrections.take_back, message=found, place="say")


@require_POST
@needs(Act.TALK)
def draft(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """Keep what is begun, and let the others see that somebody writes."""
    found = seen_conversation(request, conversation_id)
    audience = request.POST.get("audience", "")
    try:
        drafts.keep_draft(
            conversation=found,
            by=reader_of(request),
            body=request.POST.get("body", ""),
            audience=audience if audience in Audience.values else "",
            now=timezone.now(),
        )
    except ConversationError as error:
        return HttpResponse(str(error), status=422, content_type="text/plain; charset=utf-8")
    return HttpResponse(status=204)


@require_GET
@never_cache
@needs(Act.TALK)
def people(request: HttpRequest, conversation_id: int) -> JsonResponse:
    """Who can be named in a line for this audience: the first few whose name starts like this."""
    found = seen_conversation(request, conversation_id)
    person = reader_of(request)
    audience = request.GET.get("audience", "")
    if audience not in queries.audiences_read_by(person):
        return JsonResponse({"people": []})
    start = request.GET.get("q", "").strip()[:60]
    named = mentions.suggested(found, audience, person, start)
    return JsonResponse({"people": [{"name": one.name, "note": one.get_role_display()} for one in named]})


@require_POST
@needs(Act.TALK)
def bring_picture(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """Take a picture for the line that is being written; answers with what to write for it."""
    found = seen_conversation(request, conversation_id)
    upload = request.FILES.get("picture")
    try:
        if upload is None:
            raise NotAPicture(_("No picture was sent."))
        picture = pictures.bring_picture(
            conversation=found,
            by=reader_of(request),
            drawn=redrawn(upload.read(MOST_BYTES + 1)),
            now=timezone.now(),
        )
    except (NotAPicture, ConversationError) as error:
        return JsonResponse({"refused": str(error)}, status=422)
    return JsonResponse({"text": pictures.markdown_of(picture)})


@require_GET
def picture(request: HttpRequest, key: str) -> HttpResponse:
    """A picture, for whoever may read its line. No copy of it is kept on the way."""
    found = get_object_or_404(pictures.pictures_visible_to(reader_of(request)), key=key)
    try:
        content = path_of(found.key).read_bytes()
    except FileNotFoundError as error:
        raise Http404 from error
    answer = HttpResponse(content, content_type=CONTENT_TYPE)
    answer["Cache-Control"] = "private, no-store"
    return answer
