"""Sign-in at another system by OpenID Connect: the code flow with PKCE, for one provider.

Every ID token is checked: its signature by the keys the provider publishes, issuer, audience, times and nonce.
What a provider says of somebody is believed only from there.

Source: OpenID Connect Core 1.0, sections 3.1.2 and 3.1.3; RFC 7636 (PKCE); RFC 9207 (issuer in the answer).
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import jwt

from .errors import ConnectorError
from .live import Http

# Signatures by published keys. Never "none", and never HS*, where whoever knows the public key could sign.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
# Clocks of two machines differ by less than a minute; a token that is good for a minute more harms nobody.
LEEWAY_SECONDS = 60


class SignOnFailed(ConnectorError):
    """Nobody was signed on; the text says at which step, and what to look at."""


@dataclass(frozen=True)
class Provider:
    """Whom this installation asks, and as whom: the issuer's address, the client's name there and its secret."""

    issuer: str
    client: str
    secret: str


@dataclass(frozen=True)
class Endpoints:
    """Where the provider does what."""

    authorize: str
    token: str
    keys: str
    userinfo: str
    by_basic: bool


@dataclass(frozen=True)
class Asked:
    """What the browser's own session keeps of one sign-on, so that no other's answer is taken for it."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True)
class Told:
    """Who the provider says it is. `subject` never changes; an address counts only when it is `verified`."""

    subject: str
    email: str
    verified: bool
    name: str


def discover(http: Http, provider: Provider) -> Endpoints:
    """Ask the provider where it does what.

    Raises:
        SignOnFailed: it does not answer, speaks for another issuer, or lacks an address.
    """
    found = _asked(http, "GET", f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration")
    if str(found.get("issuer", "")).rstrip("/") != provider.issuer.rstrip("/"):
        raise SignOnFailed(
            f"The sign-on at {_host(provider.issuer)} calls itself {str(found.get('issuer'))[:200]!r}. "
            "Give exactly that address as INTERLOCK_SSO_URL."
        )
    ways = found.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    try:
        return Endpoints(
            authorize=str(found["authorization_endpoint"]),
            token=str(found["token_endpoint"]),
            keys=str(found["jwks_uri"]),
            userinfo=str(found.get("userinfo_endpoint") or ""),
            by_basic="client_secret_basic" in ways,
        )
    except KeyError as error:
        raise SignOnFailed(f"The sign-on at {_host(provider.issuer)} names no {error.args[0]}.") from None


def address(provider: Provider, endpoints: Endpoints, asked: Asked, *, back: str) -> str:
    """Where the browser goes to sign on; it comes `back` with a code."""
    digest = hashlib.sha256(asked.verifier.encode()).digest()
    query = {
        "response_type": "code",
        "client_id": provider.client,
        "redirect_uri": back,
        "scope": "openid email profile",
        "state": asked.state,
        "nonce": asked.nonce,
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
    }
    sign = "&" if urlsplit(endpoints.authorize).query else "?"
    return f"{endpoints.authorize}{sign}{urlencode(query)}"


def told(
    http: Http, provider: Provider, endpoints: Endpoints, asked: Asked, *, code: str, back: str, now: datetime
) -> Told:
    """Change the code for who it is.

    Raises:
        SignOnFailed: the provider refuses the code, or its token is not for us, not now or not its own.
    """
    tokens = _tokens(http, provider, endpoints, asked, code, back)
    claims = _checked(http, provider, endpoints, asked, str(tokens.get("id_token") or ""), now)
    if not claims.get("email") and endpoints.userinfo and tokens.get("access_token"):
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        more = _asked(http, "GET", endpoints.userinfo, headers=headers)
        if more.get("sub") == claims["sub"]:  # section 5.3.2: else it is about somebody else
            claims = {**more, **claims}
    # In small letters the sign of Kelvin (U+212A) would be k: another's address.
    email = str(claims.get("email") or "").strip()
    # Entra has no email_verified; its optional claim xms_edov says that the domain's owner was verified.
    verified = claims.get("email_verified", claims.get("xms_edov"))
    return Told(
        subject=str(claims["sub"]),
        email=email.lower() if email.isascii() else "",
        verified=verified is True or str(verified).lower() in {"true", "1"},
        name=str(claims.get("name") or "").strip(),
    )


def _tokens(
    http: Http, provider: Provider, endpoints: Endpoints, asked: Asked, code: str, back: str
) -> dict[str, Any]:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": back,
        "code_verifier": asked.verifier,
        "client_id": provider.client,
    }
    headers = {}
    if endpoints.by_basic:
        # RFC 6749, 2.3.1: both parts are encoded as in a form first.
        pair = f"{quote(provider.client, safe='')}:{quote(provider.secret, safe='')}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    else:
        form["client_secret"] = provider.secret
    return _asked(http, "POST", endpoints.token, headers=headers, form=form)


def _checked(
    http: Http, provider: Provider, endpoints: Endpoints, asked: Asked, token: str, now: datetime
) -> dict[str, Any]:
    """The claims of an ID token that is signed by the provider, for us, now and for this very sign-on."""
    where = _host(provider.issuer)
    try:
        head = jwt.get_unverified_header(token)
        key = _key(_asked(http, "GET", endpoints.keys), head.get("kid"), str(head.get("alg")))
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=ALGORITHMS,
            audience=provider.client,
            # The times are checked below, by the clock that was given.
            options={
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
                "require": ["exp", "iat", "sub"],
            },
        )
        expires, begins = float(claims["exp"]), float(claims["iat"])
    except (jwt.PyJWTError, KeyError, TypeError, ValueError) as error:
        raise SignOnFailed(f"The sign-on at {where} sent a token that does not hold: {error}") from error
    if str(claims.get("iss", "")).rstrip("/") != provider.issuer.rstrip("/"):
        raise SignOnFailed(f"The token of the sign-on at {where} is of another issuer.")
    if claims.get("nonce") != asked.nonce:
        raise SignOnFailed(f"The token of the sign-on at {where} belongs to another sign-on. Begin again.")
    if isinstance(claims["aud"], list) and len(claims["aud"]) > 1 and claims.get("azp") != provider.client:
        raise SignOnFailed(f"The token of the sign-on at {where} was made for somebody else.")
    if not begins - LEEWAY_SECONDS <= now.timestamp() <= expires + LEEWAY_SECONDS:
        raise SignOnFailed(
            f"The token of the sign-on at {where} is not good now. Compare the clocks of both machines."
        )
    return claims


def _key(published: Mapping[str, Any], number: object, algorithm: str) -> jwt.PyJWK:
    """The published key that signed: of this number, or the only one where the token names none."""
    keys = [one for one in published.get("keys", []) if one.get("use", "sig") == "sig"]
    fitting = [one for one in keys if number is None or one.get("kid") == number]
    if len(fitting) != 1 or algorithm not in ALGORITHMS:
        raise ValueError("no published key signed it")
    return jwt.PyJWK.from_dict(fitting[0], algorithm=fitting[0].get("alg") or algorithm)


def _asked(
    http: Http,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    form: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The object that the provider answers with."""
    try:
        reply = http(method, url, headers={"Accept": "application/json", **(headers or {})}, form=form)
    except ConnectorError as error:
        raise SignOnFailed(f"The sign-on at {_host(url)} cannot be asked: {error}") from error
    try:
        found = json.loads(reply.body)
    except ValueError:
        found = None
    if reply.status != 200 or not isinstance(found, dict):
        why = found.get("error") if isinstance(found, dict) else None
        raise SignOnFailed(
            f"The sign-on at {_host(url)} answered {reply.status}{f' ({str(why)[:80]})' if why else ''}. "
            "Look at client, secret and return address there."
        )
    return found


def _host(url: str) -> str:
    return urlsplit(url).hostname or url[:80]
