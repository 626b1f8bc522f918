"""Keys that are used but do not exist, and the existing key each may have meant."""

from .making.maker import Maker
from .records import NearKey


def find_near_keys(maker: Maker) -> tuple[NearKey, ...]:
    return ()
