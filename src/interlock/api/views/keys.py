"""The page of tokens and webhooks: what lets programs in, made, shown once, changed and taken back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from interlock.api import services
from interlock.api.forms import FieldsForm, TokenForm, WebhookForm
from interlock.api.webhooks.fields import lines_of
from interlock.fabric import tokens
from interlock.fabric.access import Act, needs, person_of
from interlock.fabric.models import ApiToken
from interlock.listen import pushing
from interlock.listen.errors import ListenError


@never_cache
@needs(Act.IMPORT)
def keys(request: HttpRequest) -> HttpResponse:
    """All tokens and webhooks, and making a token."""
    if request.method != "POST":
        return _page(request)
    form = TokenForm(request.POST, prefix="token")
    if form.is_valid():
        now, days = timezone.now(), form.cleaned_data.pop("days")
        ends = now + timedelta(days=days) if days else None
        try:
            made, text = services.give_token(
                by=person_of(request), now=now, expires_at=ends, **form.cleaned_data
            )
        except (tokens.TokenError, ListenError) as error:
            form.add_error("name", str(error))
        else:
            address = request.build_absolute_uri(reverse("api:signals"))
            shown = {"token": made, "text": text, "address": address if _sends(made) else ""}
            return _page(request, made=shown)
    return _page(request, form=form, status=422)


def _sends(token: ApiToken) -> bool:
    return tokens.SIGNALS_WRITE in token.scopes


@never_cache
@require_POST
@needs(Act.IMPORT)
def webhook(request: HttpRequest) -> HttpResponse:
    """Make a webhook, and show its address and secret."""
    form = WebhookForm(request.POST, prefix="hook")
    if form.is_valid():
        try:
            source, secret = pushing.open_webhook(
                name=form.cleaned_data["name"],
                fields=form.cleaned_data["fields_text"],
                by=person_of(request),
                now=timezone.now(),
            )
        except ListenError as error:
            form.add_error("name", str(error))
        else:
            return _page(request, hook={"source": source, "secret": secret, "is_new": True})
    return _page(request, hook_form=form, status=422)


@never_cache
@require_POST
@needs(Act.IMPORT)
def secret(request: HttpRequest, source_id: int) -> HttpResponse:
    """Give a webhook a new secret, shown once; the old one is good for a day more."""
    source = get_object_or_404(pushing.webhooks_visible_to(person_of(request)), pk=source_id)
    was_lost = bool(pushing.trouble_of(source))
    new = pushing.change_secret(source=source, by=person_of(request), now=timezone.now())
    return _page(
        request, hook={"source": source, "secret": new, "is_new": False, "old_is_good": not was_lost}
    )


@require_POST
@needs(Act.IMPORT)
def fields(request: HttpRequest, source_id: int) -> HttpResponse:
    """Keep which part of a webhook's messages becomes which field."""
    source = get_object_or_404(pushing.webhooks_visible_to(person_of(request)), pk=source_id)
    form = FieldsForm(request.POST, prefix=f"fields-{source.pk}")
    if not form.is_valid():
        return _page(request, fields_form=(source.pk, form), status=422)
    pushing.change_fields(
        source=source, fields=form.cleaned_data["fields_text"], by=person_of(request), now=timezone.now()
    )
    messages.success(request, _("Kept. The next message of %(name)s is read so.") % {"name": source.name})
    return redirect("api:keys")


@require_POST
@needs(Act.IMPORT)
def revoke(request: HttpRequest, token_id: int) -> HttpResponse:
    """Take a token back."""
    token = get_object_or_404(ApiToken, pk=token_id)
    tokens.revoke_token(token=token, by=person_of(request), now=timezone.now())
    messages.info(request, _("%(name)s is revoked; nothing opens with it any more.") % {"name": token.name})
    return redirect("api:keys")


def _page(
    request: HttpRequest,
    *,
    form: TokenForm | None = None,
    hook_form: WebhookForm | None = None,
    fields_form: tuple[int, FieldsForm] | None = None,
    status: int = 200,
    **shown: Any,
) -> HttpResponse:
    now, known = timezone.now(), list(ApiToken.objects.select_related("made_by"))
    context = {
        "usable": [one for one in known if _is_usable(one, now)],
        "ended": [one for one in known if not _is_usable(one, now)],
        "hooks": [
            _hook(request, source, fields_form) for source in pushing.webhooks_visible_to(person_of(request))
        ],
        "form": form or TokenForm(prefix="token"),
        "hook_form": hook_form or WebhookForm(prefix="hook"),
        **shown,
    }
    if "hook" in shown:
        context["hook_address"] = _address(request, shown["hook"]["source"].key)
    return render(request, "api/keys.html", context, status=status)


def _is_usable(token: ApiToken, now: datetime) -> bool:
    return token.revoked_at is None and (token.expires_at is None or token.expires_at > now)


def _hook(request: HttpRequest, source: Any, wrong: tuple[int, FieldsForm] | None) -> dict[str, Any]:
    written = {"fields_text": lines_of(source.connection.get("fields", {}))}
    form = wrong[1] if wrong and wrong[0] == source.pk else None
    return {
        "source": source,
        "address": _address(request, source.key),
        "trouble": pushing.trouble_of(source),
        "form": form or FieldsForm(initial=written, prefix=f"fields-{source.pk}"),
        "open": form is not None,
    }


def _address(request: HttpRequest, key: str) -> str:
    return request.build_absolute_uri(reverse("api:hook", args=[key]))
