"""`interlock token`: the token alone on standard output, and every command in words."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from interlock.cli.tokens import token
from interlock.fabric.models import ApiToken
from interlock.listen.models import Source


@pytest.fixture
def run(db, home):
    return lambda *words: CliRunner().invoke(token, list(words))


def test_a_token_is_printed_once_and_alone(run):
    made = run(
        "create", "shop", "--scope", "signals:write", "--scope", "signals:read", "--expires-days", "30"
    )

    assert made.exit_code == 0
    assert made.stdout.startswith("ilk_")
    assert made.stdout.count("\n") == 1
    assert "Keep it now; it is not shown again:" in made.stderr
    assert ApiToken.objects.get().scopes == ["signals:write", "signals:read"]
    assert [(source.key, source.kind) for source in Source.objects.all()] == [("shop", "api")]


def test_a_token_that_only_reads_has_no_source(run):
    run("create", "monitor", "--scope", "status:read")

    assert Source.objects.count() == 0


def test_the_list_shows_how_tokens_begin_and_never_the_rest(run):
    text = run("create", "shop", "--scope", "signals:write").stdout.strip()

    listed = run("list").output

    assert listed == f"{text[:10]}…  shop  signals:write  never used  in use\n"


def test_an_empty_list_says_how_to_make_one(run):
    assert "interlock token create NAME" in run("list").output


def test_revoking_is_by_name_and_final(run):
    run("create", "shop", "--scope", "signals:write")

    first, second = run("revoke", "Shop"), run("revoke", "shop")

    assert (first.exit_code, first.output) == (0, "The token shop is revoked.\n")
    assert (second.exit_code, "There is no usable token named shop" in second.output) == (1, True)
    assert "revoked" in run("list").output


def test_a_name_in_use_is_refused(run):
    run("create", "shop", "--scope", "signals:write")

    again = run("create", "shop", "--scope", "signals:write")

    assert (again.exit_code, "is in use. Revoke it first" in again.output) == (1, True)


@pytest.mark.parametrize("words", [("create", "shop"), ("create", "shop", "--scope", "all")])
def test_a_token_needs_a_known_scope(run, words):
    assert run(*words).exit_code == 2
