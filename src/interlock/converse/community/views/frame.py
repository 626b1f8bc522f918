"""What the pages of the community have in common: whose frame they stand in, and where a visitor is sent to come in."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from interlock.converse.community.entering import mark_of
from interlock.converse.models import Case, Post, Reply, Standing
from interlock.converse.moderation import cases
from interlock.fabric import callers
from interlock.fabric import company as companies
from interlock.fabric.access import Act, may, person_of
from interlock.fabric.models import Person


def page(request: HttpRequest, name: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """A page that staff read beside the rail and customers in a frame of the company's own."""
    staff = may(person_of(request), Act.READ)
    frame = "web/base.html" if staff else "converse/customers.html"
    more = {
        "frame": frame,
        "company": None if "company" in context else companies.company(),
        "is_staff": staff,
        "may_answer": may(person_of(request), Act.ANSWER),
        "may_set": may(person_of(request), Act.INVITE),
    }
    return render(request, f"converse/community/{name}.html", more | context, status=status)


def kept_back(request: HttpRequest, said: Post | Reply) -> HttpResponse:
    """What somebody without account reads after sending: that it waits, or why it was not let through."""
    post = said if isinstance(said, Post) else said.post
    context = {
        "post": post if post.is_public else None,
        "is_rejected": said.standing == Standing.REJECTED,
        "reasons": cases.reasons_for(said),
        "is_told": Case.objects.filter(closed_at=None, **cases.naming(said)).exclude(address="").exists(),
    }
    return render(request, "converse/community/held.html", context)


# Where the door of customers leads back to.
FOR_CUSTOMERS = ("/community/", "/notices/")


def for_signed_in[**P](
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Send a visitor to the door of customers, not to that of staff, and back here afterwards."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if person_of(request) is None:
            return to_the_door(request.get_full_path() if request.method == "GET" else back_to(request))
        return view(request, *args, **kwargs)

    return login_not_required(guarded)


def to_the_door(address: str) -> HttpResponseRedirect:
    return HttpResponseRedirect(f"{reverse('community:enter')}?{urlencode({'next': address})}")


def back_to(request: HttpRequest) -> str:
    """Where to go on after a form: a page of ours that the form names, else the list."""
    address = request.POST.get("next") or request.GET.get("next") or ""
    if address.startswith(FOR_CUSTOMERS) and url_has_allowed_host_and_scheme(
        address, {request.get_host()}, require_https=request.is_secure()
    ):
        return address
    return reverse("community:list")


def to_post(post: Any, after: str = "") -> HttpResponseRedirect:
    return redirect(f"{reverse('community:post', args=[post.pk, post.slug])}{after}")


def machine_of(request: HttpRequest) -> str:
    """The mark of the machine that a request comes from."""
    return mark_of(callers.network_of(callers.address_of(request)))


def asks_too_often(request: HttpRequest, name: str, an_hour: int) -> bool:
    """Count a request of this machine under a name; whether it is past so many an hour."""
    key = f"{name}:{machine_of(request)}"
    cache.add(key, 0, 3_600)
    try:
        return cache.incr(key) > an_hour
    except ValueError:  # it ran out between the two lines
        return False


def signed_in(request: HttpRequest) -> Person:
    """The person of a request that `for_signed_in` let through."""
    person = person_of(request)
    assert person is not None
    return person
