"""Show a decision in public: what it will look like, the act, and its undo."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later
from django.views.decorators.http import require_http_methods, require_POST

from interlock.converse.loop import stories
from interlock.converse.loop.errors import NotForThePublic
from interlock.converse.models import Story
from interlock.fabric.access import Act, needs, person_of
from interlock.fabric.personal import masked_for_all
from interlock.listen.models import Theme
from interlock.listen.themes import looking


class StoryForm(forms.Form):
    """What everybody will read."""

    said = forms.CharField(
        label=later("You said"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=later("A customer's words without names, addresses and numbers, or one sentence for all of them."),
    )  # fmt: skip
    did = forms.CharField(
        label=later("We did, or did not do and why"), max_length=600, widget=forms.Textarea(attrs={"rows": 4})
    )
    who = forms.CharField(label=later("Who did it"), max_length=120, required=False)
    product = forms.CharField(label=later("Product"), max_length=120, required=False)


@require_http_methods(["GET", "POST"])
@needs(Act.ANSWER)
def show(request: HttpRequest, key: str) -> HttpResponse:
    """Write it, look at it as the public will, and show it."""
    person = person_of(request)
    theme = get_object_or_404(looking.themes_visible_to(person), key=key, ended_at=None, is_broad=False)
    draft = stories.drafted(theme)
    if draft is None:
        return render(request, "converse/loop/show.html", {"theme": theme, "form": None})
    form = StoryForm(request.POST or None, initial=vars(draft))
    looked_at = request.method == "POST" and form.is_valid()
    if looked_at and request.POST.get("act") == "show":
        try:
            assert person is not None
            stories.show(theme=theme, by=person, now=timezone.now(), **form.cleaned_data)
        except NotForThePublic as error:
            form.add_error(None, str(error))
        else:
            undo = f"undo:{reverse('loop:withdraw', args=[theme.key])}"
            messages.info(request, _("Everybody can read it now."), extra_tags=undo)
            return redirect("loop:show", theme.key)
    context: dict[str, Any] = {
        "theme": theme,
        "form": form,
        "looked_at": looked_at and not form.errors,
        "preview": {name: masked_for_all(text) for name, text in form.cleaned_data.items()}
        if looked_at
        else None,
        "story": Story.objects.filter(theme=theme, withdrawn_at=None).select_related("shown_by").first(),
    }
    return render(request, "converse/loop/show.html", context, status=422 if form.errors else 200)


@require_POST
@needs(Act.ANSWER)
def withdraw(request: HttpRequest, key: str) -> HttpResponse:
    """Take it out of the public again."""
    person = person_of(request)
    theme: Theme = get_object_or_404(looking.themes_visible_to(person), key=key)
    try:
        assert person is not None
        stories.withdraw(theme=theme, by=person, now=timezone.now())
    except NotForThePublic as error:
        messages.warning(request, str(error))
    else:
        messages.info(request, _("Nobody reads it any more."))
    return redirect("loop:show", theme.key)
