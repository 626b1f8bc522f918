"""What a setting is, and the readers that several of them share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ImproperlyConfigured


class SettingError(ImproperlyConfigured):
    """A variable holds a value that Interlock cannot start with."""


@dataclass(frozen=True)
class Setting:
    """One environment variable: its name, default as shown to people, meaning and reader."""

    name: str
    default: str
    meaning: str
    read: Callable[[str], Any]


def whole(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.strip().isdigit() or not low <= int(text) <= high:
            raise SettingError(f"needs a whole number from {low} to {high}")
        return int(text)

    return read


def yes_no(text: str) -> bool:
    if text.lower() not in {"yes", "no", "1", "0", "true", "false"}:
        raise SettingError("needs yes or no")
    return text.lower() in {"yes", "1", "true"}


def one_of(*allowed: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in allowed:
            raise SettingError(f"needs one of {', '.join(allowed)}")
        return text

    return read


def names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def optional(text: str) -> str:
    return "" if text == "none" else text
