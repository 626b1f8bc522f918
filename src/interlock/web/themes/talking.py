"""Connect the functions about a theme: who is asked in, what about, until when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from interlock.converse import services as talks
from interlock.converse.errors import ConversationError
from interlock.converse.opening_form import OpeningForm, seat_key
from interlock.converse.queries import MOST_CONVENINGS, open_convenings
from interlock.fabric.access import Act, needs, person_of
from interlock.fabric.contexts import context_for
from interlock.fabric.models import Function, Person, Role
from interlock.listen.models import Theme
from interlock.listen.themes import looking
from interlock.web.themes.page import CONTEXT_KIND

DUE_AFTER = timedelta(days=14)
Seat = tuple[Person, str]  # somebody, and the function they speak for
_SPEAKERS = (Role.OWNER, Role.LEAD, Role.CONTRIBUTOR)


@require_http_methods(["GET", "POST"])
@needs(Act.CONVENE)
def talk(request: HttpRequest, key: str) -> HttpResponse:
    """The page that opens a conversation about a theme."""
    person = person_of(request)
    theme = get_object_or_404(looking.themes_visible_to(person), key=key, ended_at=None)
    assert person is not None
    seats, today = free_seats(person), timezone.localdate()
    form = OpeningForm(request.POST or None, seats=seats, today=today, initial=_initial(theme, seats, today))
    if request.method == "POST" and form.is_valid():
        try:
            conversation = talks.open_conversation(
                context=context_for(kind=CONTEXT_KIND, key=theme.key, label=theme.name),
                title=form.cleaned_data["question"],
                question=form.cleaned_data["question"],
                purpose=form.cleaned_data["purpose"],
                due=form.cleaned_data["due"],
                functions=list(dict.fromkeys(function for _person, function in form.asked())),
                people=[*form.asked(), (person, (person.functions or [Function.CUSTOMER])[0])],
                by=person,
                now=timezone.now(),
            )
        except ConversationError as error:
            form.add_error(None, str(error))
        else:
            return redirect("converse:conversation", conversation.pk)
    context = {"theme": theme, "form": form, "quotes": looking.quotes(theme), "someone": bool(seats)}
    return render(request, "web/talk_about_theme.html", context, status=422 if form.errors else 200)


def free_seats(by: Person) -> list[Seat]:
    """Colleagues who are free to talk, each for each of their functions, leads first. Two queries."""
    held = open_convenings()
    people = Person.objects.filter(left_at=None, role__in=_SPEAKERS).exclude(pk=by.pk).order_by("name", "pk")
    free = [one for one in people if held.get(one.pk, 0) < MOST_CONVENINGS]
    order = list(Function.values)
    seats = [(one, function) for one in free for function in one.functions]
    return sorted(seats, key=lambda seat: (order.index(seat[1]), seat[0].role != Role.LEAD, seat[0].name))


def _initial(theme: Theme, seats: Sequence[Seat], today: date) -> dict[str, Any]:
    """The decider and one of each function that the theme begins in or that answers customers."""
    wanted = {theme.function, Function.SERVICE} - {""}
    chosen: dict[str, str] = {}
    for person, function in seats:
        if person.pk == theme.decider_id or function in wanted:
            chosen.setdefault(function, seat_key(person, function))
    return {
        "people": list(chosen.values()),
        "question": theme.question or _("What do we change about “%(name)s”?") % {"name": theme.name},
        "purpose": _("Fewer voices a week about “%(name)s”") % {"name": theme.name},
        "due": theme.decide_by if theme.decide_by and theme.decide_by >= today else today + DUE_AFTER,
    }
