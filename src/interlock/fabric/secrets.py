"""Credentials of sources, kept so that a stolen copy of the database does not open other systems.

Sealed with a key derived from the installation's secret key; whoever has both can open them.
"""

from __future__ import annotations

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.translation import gettext as _


class SealBroken(Exception):
    """The installation's secret key changed since this was sealed; the text says what to do."""


def sealed(text: str) -> str:
    """Encrypt a text for keeping."""
    return _box(settings.SECRET_KEY).encrypt(text.encode()).decode()


def opened(sealed_text: str) -> str:
    """Return what was sealed.

    Raises:
        SealBroken: it was sealed with another key.
    """
    try:
        return _box(settings.SECRET_KEY).decrypt(sealed_text.encode()).decode()
    except InvalidToken as error:
        raise SealBroken(
            _(
                "The secret key of this installation changed, so kept credentials cannot be read. Enter them again."
            )
        ) from error


@lru_cache(maxsize=4)
def _box(secret_key: str) -> Fernet:
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"interlock credentials of sources").derive(
        secret_key.encode()
    )
    return Fernet(base64.urlsafe_b64encode(key))
