"""What people change about a theme; each act comes back to the theme's page with its undo."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime

from django.contrib import messages
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from interlock.converse.loop import counting as loops
from interlock.fabric.access import Act, needs, person_of
from interlock.fabric.models import Person
from interlock.fabric.numbers import number_of
from interlock.listen import queries
from interlock.listen.errors import ListenError
from interlock.listen.models import Theme, ThemeChange
from interlock.listen.themes import counting, deciding, editing, looking
from interlock.web.themes import forms
from interlock.web.themes.listing import address
from interlock.web.themes.page import page_of

_SALT = "themes.question"


@require_POST
@needs(Act.SORT)
def change(request: HttpRequest, key: str, what: str) -> HttpResponse:
    """Rename, merge, split, pin, mute or gather a theme."""
    person, theme = person_of(request), _theme(request, key)
    act = _ACTS.get(what)
    if act is None or person is None:
        raise Http404(_("There is no such change."))
    try:
        done = act(request, theme, person)
    except ListenError as error:
        messages.warning(request, str(error))
        return redirect(address(theme))
    if what in {"merge", "split"}:
        counting.count(now=timezone.now(), only=[one for one in (done.theme_id, done.other_id) if one])
    undo = f"undo:{reverse('web:undo_theme_change', args=[done.pk])}"
    messages.info(request, _SAID[what](done), extra_tags=undo)
    return redirect(address(done.theme))


@require_POST
@needs(Act.SORT)
def undo_change(request: HttpRequest, change_id: int) -> HttpResponse:
    """Take a change back."""
    person = person_of(request)
    visible = looking.themes_visible_to(person)
    one = get_object_or_404(ThemeChange, pk=change_id, theme__in=visible)
    try:
        assert person is not None
        editing.take_back(change=one, by=person, now=timezone.now())
    except ListenError as error:
        messages.warning(request, str(error))
    else:
        counting.count(now=timezone.now(), only=[each for each in (one.theme_id, one.other_id) if each])
        messages.info(request, _("Taken back: everything is as it was before."))
    one.theme.refresh_from_db()
    shown = one.other if one.theme.ended_at and one.other else one.theme
    return redirect(address(shown))


@require_POST
@needs(Act.SORT)
def decision(request: HttpRequest, key: str) -> HttpResponse:
    """Say what has to be decided, by whom and by when, or take that back."""
    person, theme = person_of(request), _theme(request, key)
    if "back" in request.GET and person is not None:
        return _question_back(request, theme, person)
    form = forms.DecisionForm(request.POST)
    before = deciding.asked_of(theme)
    if form.is_valid() and person is not None:
        try:
            kept = deciding.ask_decision(theme=theme, by=person, now=timezone.now(), **form.cleaned_data)
        except ListenError as error:
            form.add_error(None, str(error))
        else:
            undo = f"undo:{request.path}?back={_mark(before, deciding.asked_of(kept))}"
            messages.info(request, _("Kept. It stands with the theme wherever it is shown."), extra_tags=undo)
            return redirect(address(theme))
    return render(request, "web/one_theme.html", page_of(theme, person, decision_form=form), status=422)


def _mark(*asked: deciding.Asked) -> str:
    """What stood before and after, for the link that takes it back; nobody can make one up."""
    # Not Django's encoder: it cuts moments to milliseconds.
    said = [json.dumps(vars(one), default=lambda moment: moment.isoformat()) for one in asked]
    return signing.dumps(said, salt=_SALT, compress=True)


def _question_back(request: HttpRequest, theme: Theme, by: Person) -> HttpResponse:
    try:
        before, after = (_asked(text) for text in signing.loads(request.GET["back"], salt=_SALT))
    except signing.BadSignature as error:
        raise Http404(_("There is no such change.")) from error
    try:
        deciding.take_question_back(theme=theme, before=before, after=after, by=by, now=timezone.now())
    except ListenError as error:
        messages.warning(request, str(error))
    else:
        messages.info(request, _("Taken back: everything is as it was before."))
    return redirect(address(theme))


def _asked(text: str) -> deciding.Asked:
    said = json.loads(text)
    day, since = said.pop("decide_by"), said.pop("state_since")
    return deciding.Asked(
        **said,
        decide_by=date.fromisoformat(day) if day else None,
        state_since=datetime.fromisoformat(since) if since else None,
    )


@require_POST
@needs(Act.SORT)
def decide(request: HttpRequest, key: str) -> HttpResponse:
    """Say what was decided, or take it back."""
    person, theme = person_of(request), _theme(request, key)
    assert person is not None
    decision = request.POST.get("decision", "")
    try:
        if "take_back" in request.POST:
            deciding.take_decision_back(theme=theme, by=person, now=timezone.now())
            messages.info(request, _("Taken back: the question is open again."))
        else:
            is_no = "is_no" in request.POST
            deciding.decide(theme=theme, decision=decision, is_no=is_no, by=person, now=timezone.now())
            loops.ask_to_count(timezone.now())
            messages.info(
                request,
                _(
                    "Kept. It counts as mended when it was below its limit for four weeks. Tell the customers next."
                ),
            )
    except ListenError as error:
        tried = {"decide_error": str(error), "decision_tried": decision}
        return render(request, "web/one_theme.html", page_of(theme, person, **tried), status=422)
    return redirect(address(theme))


def _theme(request: HttpRequest, key: str) -> Theme:
    return get_object_or_404(looking.themes_visible_to(person_of(request)), key=key)


def _rename(request: HttpRequest, theme: Theme, by: Person) -> ThemeChange:
    return editing.rename(theme=theme, name=request.POST.get("name", ""), by=by, now=timezone.now())


def _merge(request: HttpRequest, theme: Theme, by: Person) -> ThemeChange:
    into = _theme(request, request.POST.get("into", ""))
    return editing.merge(theme=theme, into=into, by=by, now=timezone.now())


def _split(request: HttpRequest, theme: Theme, by: Person) -> ThemeChange:
    numbers = [number_of(number) for number in request.POST.getlist("example")]
    examples = list(queries.signals_visible_to(by).filter(pk__in=numbers))
    name = request.POST.get("name", "")
    return editing.split(theme=theme, examples=examples, name=name, by=by, now=timezone.now())


def _gather(request: HttpRequest, theme: Theme, by: Person) -> ThemeChange:
    key = request.POST.get("under", "")
    under = _theme(request, key) if key else None
    return editing.gather(theme=theme, under=under, by=by, now=timezone.now())


def _pin(request: HttpRequest, theme: Theme, by: Person) -> ThemeChange:
    return editing.pin(theme=theme, pinned=not theme.pinned, by=by, now=timezone.now())


def _mute(request: HttpRequest, theme: Theme, by: Person) -> ThemeChange:
    return editing.mute(theme=theme, muted=not theme.muted, by=by, now=timezone.now())


_ACTS: dict[str, Callable[[HttpRequest, Theme, Person], ThemeChange]] = {
    "rename": _rename,
    "merge": _merge,
    "split": _split,
    "gather": _gather,
    "pin": _pin,
    "mute": _mute,
}
_SAID: dict[str, Callable[[ThemeChange], str]] = {
    "rename": lambda done: _("Renamed just now."),
    "merge": lambda done: _("Merged into “%(name)s”.") % {"name": done.theme.name},
    "split": lambda done: _("Split off, with what is like your examples."),
    "gather": lambda done: _("Put where you said."),
    "pin": lambda done: _("Pinned.") if done.theme.pinned else _("No longer pinned."),
    "mute": lambda done: _("Muted; it is counted and not shown.") if done.theme.muted else _("Shown again."),
}
