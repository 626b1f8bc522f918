"""The mappings that come with the product, one YAML file each in `samples/`."""

from functools import cache
from importlib import resources

from .errors import MappingError
from .mapping.model import Mapping
from .mapping.read import mark_shipped, read_mapping


@cache
def shipped_mappings() -> tuple[Mapping, ...]:
    """All shipped mappings, by name."""
    folder = resources.files("interlock.connectors") / "samples"
    files = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".yaml")), key=lambda file: file.name
    )
    return tuple(mark_shipped(read_mapping(file.read_text("utf-8"), file.name)) for file in files)


def shipped_mapping(name: str) -> Mapping:
    """One shipped mapping.

    Raises:
        MappingError: none has this name.
    """
    for mapping in shipped_mappings():
        if mapping.name == name:
            return mapping
    known = ", ".join(mapping.name for mapping in shipped_mappings())
    raise MappingError(f"No mapping named {name} is shipped. Shipped: {known}.")
