"""A talk among staff, a partner and a customer, with a line for each audience."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
STAFF_CANARY, PARTNER_CANARY, CUSTOMER_CANARY = "canary-of-staff", "canary-of-partners", "canary-of-customers"


@pytest.fixture
def mixed(person):
    """Staff, partner, customer and a colleague who looks in; a talk with one line of staff for each audience."""
    from interlock.converse import services  # Django must be set up before rooms are imported
    from interlock.fabric.contexts import context_for

    staff = person("lead", "service", name="Lena Fuchs")
    maker = person("contributor", "production", name="Oluchi Eze")
    partner = person("partner", name="Sabine Weber", account="radhaus")
    customer = person("customer", name="Marta Hagen", account="hagen")
    talk = services.open_conversation(
        context=context_for(kind="team", key="north", label=f"Shops North, {STAFF_CANARY}"),
        title=f"A line of staff, {STAFF_CANARY}",
        purpose=f"late per 100, {STAFF_CANARY}",
        question="Which date may we promise?",
        functions=("service", "production"),
        people=[(staff, "service"), (maker, "production"), (partner, "partner"), (customer, "customer")],
        by=staff,
        now=NOW,
    )
    lines = {
        audience: services.say(
            conversation=talk, by=staff, body=f"A line, {body}.", audience=audience, now=NOW
        )
        for audience, body in (
            ("staff", STAFF_CANARY),
            ("partner", PARTNER_CANARY),
            ("customer", CUSTOMER_CANARY),
        )
    }
    return SimpleNamespace(
        talk=talk,
        staff=staff,
        maker=maker,
        partner=partner,
        customer=customer,
        observer=person("observer", name="Olaf Observer"),
        lines=lines,
        url=f"/conversations/{talk.pk}/",
    )


@pytest.fixture
def say(mixed):
    """Say something in the talk: `say(mixed.staff, "A line.")`."""
    from interlock.converse import services  # see above

    def said(by, body, audience="", **more):
        return services.say(
            conversation=mixed.talk, by=by, body=body, audience=audience, **{"now": NOW, **more}
        )

    return said
