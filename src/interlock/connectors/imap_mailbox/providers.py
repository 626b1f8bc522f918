"""Whom a mailbox that takes no password asks for access: Google, Microsoft, or a provider of one's own.

The application is the administrator's own, registered at the provider. Sources: developers.google.com/identity/protocols/
oauth2/web-server and developers.google.com/workspace/gmail/imap/xoauth2-protocol (scope https://mail.google.com/;
`access_type=offline` with `prompt=consent` brings a refresh token); learn.microsoft.com/exchange/client-developer/
legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth (scopes of outlook.office.com).
"""

import re
from collections.abc import Mapping

from ..errors import ConnectorError
from ..oauth import Grant
from ..replies import System

PROVIDERS = (
    ("password", "with a password"),
    ("google", "with Google (Gmail, Workspace)"),
    ("microsoft", "with Microsoft (365, Exchange Online)"),
    ("other", "with another provider (OAuth 2.0)"),
)
_TENANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,120}")
_GOOGLE = System("Google", "in the Google Cloud console under APIs and services > Credentials")
_MICROSOFT = System("Microsoft", "in the Microsoft Entra admin center under App registrations")
_OTHER = System("The provider", "at the provider")
_MICROSOFT_SCOPE = (
    "https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send offline_access"
)


def grant_of(answers: Mapping[str, str]) -> Grant | None:
    """Where access is asked for; None where a password is used.

    Raises:
        ConnectorError: an answer that this provider needs is missing.
    """
    given = {name: value.strip() for name, value in answers.items()}
    way = given.get("sign_in") or "password"
    if way == "password":
        return None
    client, secret = given.get("client_id", ""), given.get("client_secret", "")
    if not client or not secret:
        raise ConnectorError("Enter id and secret of the application that you registered at the provider.")
    if way == "google":
        return Grant(
            _GOOGLE, "https://accounts.google.com/o/oauth2/v2/auth", "https://oauth2.googleapis.com/token",
            client, secret, "https://mail.google.com/",
            extra={"access_type": "offline", "prompt": "consent", "login_hint": given.get("address", "")},
        )  # fmt: skip
    if way == "microsoft":
        tenant = given.get("tenant", "")
        if not _TENANT.fullmatch(tenant):
            raise ConnectorError(
                "Enter the Microsoft tenant: its id or its domain, such as example.onmicrosoft.com."
            )
        base = f"https://login.microsoftonline.com/{tenant}/oauth2/v2.0"
        hint = {"login_hint": given.get("address", "")}
        return Grant(
            _MICROSOFT, f"{base}/authorize", f"{base}/token", client, secret, _MICROSOFT_SCOPE, extra=hint
        )
    if way != "other":
        raise ConnectorError("Choose how to sign in from the list.")
    if not given.get("consent_url") or not given.get("token_url"):
        raise ConnectorError("Enter the provider's consent address and token address.")
    return Grant(_OTHER, given["consent_url"], given["token_url"], client, secret, given.get("scope", ""))
