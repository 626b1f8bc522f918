"""The settings of single sign-on at the company's own provider. None is set up until its address is set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from interlock.config.setting import Setting, SettingError, names, optional, yes_no


def _issuer(text: str) -> str:
    if text == "none":
        return ""
    url = urlsplit(text)
    if url.scheme not in {"http", "https"} or not url.hostname or url.username or url.query or url.fragment:
        raise SettingError(
            "needs the issuer's address, such as https://login.example.com/realms/company, or none"
        )
    return text


def _domains(text: str) -> frozenset[str]:
    domains = [] if text == "none" else names(text.lower())
    if any(sign in name for name in domains for sign in "/@*? ") or any("." not in name for name in domains):
        raise SettingError("needs mail domains such as example.com, without @ or *, or none")
    return frozenset(domains)


def sign_on_faults(values: Mapping[str, Any]) -> list[str]:
    """What is missing beside what is set, as sentences."""
    if not values.get("INTERLOCK_SSO_URL"):
        return []
    if values.get("INTERLOCK_SSO_CLIENT") and values.get("INTERLOCK_SSO_KEY"):
        return []
    return ["INTERLOCK_SSO_URL is set; INTERLOCK_SSO_CLIENT and INTERLOCK_SSO_KEY are needed beside it."]


def single_sign_on(values: Mapping[str, Any]) -> dict[str, Any]:
    """The single sign-on in one piece; empty where none is set up."""
    if not values["INTERLOCK_SSO_URL"]:
        return {}
    return {
        "issuer": values["INTERLOCK_SSO_URL"],
        "client": values["INTERLOCK_SSO_CLIENT"],
        "secret": values["INTERLOCK_SSO_KEY"],
        "name": values["INTERLOCK_SSO_NAME"],
        "domains": values["INTERLOCK_SSO_DOMAINS"],
        "customers": values["INTERLOCK_SSO_CUSTOMERS"],
    }


SIGN_ON: tuple[Setting, ...] = (
    Setting(
        "INTERLOCK_SSO_URL",
        "none",
        "Issuer of an OpenID Connect sign-on, such as https://login.example.com/realms/company.",
        _issuer,
    ),
    Setting("INTERLOCK_SSO_CLIENT", "none", "Name of this installation as a client there.", optional),
    Setting("INTERLOCK_SSO_KEY", "none", "Secret of that client.", optional),
    Setting("INTERLOCK_SSO_NAME", "single sign-on", "What the button to sign in there calls it.", str),
    Setting(
        "INTERLOCK_SSO_DOMAINS",
        "none",
        "Mail domains, parted by commas, whose people become colleagues there without an invitation.",
        _domains,
    ),
    Setting(
        "INTERLOCK_SSO_CUSTOMERS",
        "no",
        "yes lets everybody else with a verified address there come in as a customer.",
        yes_no,
    ),
)
