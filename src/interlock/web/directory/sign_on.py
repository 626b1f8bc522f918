"""The single sign-on's pages: to the provider, back with a code, and joining it to an account that is here."""

from __future__ import annotations

import secrets
from dataclasses import asdict
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from allauth.account.decorators import reauthentication_required
from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import perform_login
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache as kept
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from interlock.connectors import openid
from interlock.connectors.live import Http
from interlock.connectors.outbound import open_http
from interlock.converse.community.views.frame import asks_too_often
from interlock.fabric import single_sign_on
from interlock.fabric.access import person_of

SESSION = "sign_on"
# Who signs in elsewhere with a second factor takes some minutes; an answer of an hour ago is nobody's.
GOOD_FOR_SECONDS = 900
ENDPOINTS_KEPT_SECONDS = 3600
# One that does not answer holds a thread for ten seconds; who comes meanwhile is told at once.
UNREACHED_FOR_SECONDS = 15
# An office behind one address; each of them leaves a session here.
BEGUN_AN_HOUR = 600


@never_cache
@require_GET
@login_not_required
def begin(request: HttpRequest) -> HttpResponse:
    """Send the browser to the provider."""
    provider = _provider()
    joins = request.session.pop(f"{SESSION}_joins", None)
    me = person_of(request)
    if me is not None and joins != me.pk:
        return redirect(_next(request))
    if asks_too_often(request, "sign-on", BEGUN_AN_HOUR):
        return _failed(request, _("That is a lot for one hour from one place. Try again later."), 429)
    asked = openid.Asked(*(secrets.token_urlsafe(32) for _each in range(3)))
    try:
        address = openid.address(provider, _endpoints(provider), asked, back=_back(request))
    except openid.SignOnFailed as error:
        return _failed(request, str(error), status=502)
    request.session[SESSION] = {
        **asdict(asked), "at": timezone.now().timestamp(), "next": _next(request), "joins": joins,
    }  # fmt: skip
    return redirect(address)


@never_cache
@require_GET
@login_not_required
def back(request: HttpRequest) -> HttpResponse:
    """Take the provider's answer, once, and let in whom it names."""
    provider = _provider()
    begun = request.session.pop(SESSION, None)
    now = timezone.now()
    fits = begun and constant_time_compare(begun["state"], request.GET.get("state", ""))
    if not fits or now.timestamp() - begun["at"] > GOOD_FOR_SECONDS:
        return _failed(
            request, _("This sign-on was not begun in this window, or too long ago. Begin again."), 400
        )
    if "error" in request.GET:
        said = request.GET["error"]
        cancelled = _("You did not sign on. Nothing was changed.")
        refused = _("The sign-on refused: %(why)s. Ask its operator.") % {"why": said[:80]}
        return _failed(request, cancelled if said == "access_denied" else refused, 403)
    if request.GET.get("iss", provider.issuer).rstrip("/") != provider.issuer.rstrip("/"):
        return _failed(request, _("The answer came from another sign-on than was asked. Begin again."), 400)
    asked = openid.Asked(begun["state"], begun["nonce"], begun["verifier"])
    try:
        told = openid.told(
            _http(provider.issuer), provider, _endpoints(provider), asked,
            code=request.GET.get("code", ""), back=_back(request), now=now,
        )  # fmt: skip
        return _let_in(request, provider, told, begun)
    except openid.SignOnFailed as error:
        return _failed(request, str(error), status=502)
    except single_sign_on.NotLetIn as error:
        return _failed(request, str(error), status=403)


def _let_in(
    request: HttpRequest, provider: openid.Provider, told: openid.Told, begun: dict[str, Any]
) -> HttpResponse:
    """Sign the person in, or join their account where they are signed in and asked for it."""
    now, me = timezone.now(), person_of(request)
    if begun["joins"] is not None:
        if me is None or me.pk != begun["joins"]:
            raise single_sign_on.NotLetIn(_("You signed out meanwhile. Sign in and connect again."))
        single_sign_on.connect(person=me, issuer=provider.issuer, told=told, now=now)
        messages.info(request, _("Connected: your account there signs you in here."))
        return redirect(begun["next"])
    person = single_sign_on.come_in(issuer=provider.issuer, told=told, now=now)
    record_authentication(request, person.user, method="sign_on")
    return perform_login(request, person.user, redirect_url=begun["next"])


@never_cache
@require_POST
@reauthentication_required
def connect(request: HttpRequest) -> HttpResponse:
    """Note that somebody who is signed in wants to join both accounts.

    The way to the provider is a link, since the content policy lets no form lead out of here.
    """
    _provider()
    request.session[f"{SESSION}_joins"] = person_of(request).pk
    return render(request, "web/sign_on_connect.html")


@require_POST
def disconnect(request: HttpRequest) -> HttpResponse:
    """Take that back."""
    _provider()
    try:
        single_sign_on.disconnect(person=person_of(request), now=timezone.now())
    except single_sign_on.NotLetIn as error:
        messages.warning(request, str(error))
    else:
        messages.info(request, _("Disconnected."))
    return redirect("mfa_index")


def _provider() -> openid.Provider:
    if not settings.SSO:
        raise Http404
    return openid.Provider(settings.SSO["issuer"], settings.SSO["client"], settings.SSO["secret"])


def _endpoints(provider: openid.Provider) -> openid.Endpoints:
    """Where the provider does what; asked once an hour."""
    key = f"sign-on:{provider.issuer}"
    found = kept.get(key)
    if isinstance(found, str):
        raise openid.SignOnFailed(found)
    if found is None:
        try:
            found = openid.discover(_http(provider.issuer), provider)
        except openid.SignOnFailed as error:
            kept.set(key, str(error), UNREACHED_FOR_SECONDS)
            raise
        kept.set(key, found, ENDPOINTS_KEPT_SECONDS)
    return found


@cache
def _http(issuer: str) -> Http:
    """The way out. The issuer may stand in the own network: whoever runs this machine named it."""
    named = urlsplit(issuer).netloc
    return open_http(
        private_hosts=frozenset({named, *settings.PRIVATE_HOSTS}), timeout=10.0, max_bytes=1_000_000
    )


def _back(request: HttpRequest) -> str:
    return request.build_absolute_uri(reverse("web:sign_on_back"))


def _next(request: HttpRequest) -> str:
    """Where somebody wanted to go, inside this installation."""
    wanted = request.GET.get("next", "")
    safe = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if safe else reverse("web:today")


def _failed(request: HttpRequest, why: str, status: int) -> HttpResponse:
    return render(request, "web/sign_on_failed.html", {"why": why}, status=status)
