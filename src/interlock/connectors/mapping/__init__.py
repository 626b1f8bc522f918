"""The mapping language: YAML that says how a source's columns make the contract's columns."""

from .model import Mapping as Mapping
from .read import load_mapping as load_mapping
from .read import mapping_from as mapping_from
from .read import read_mapping as read_mapping
from .read import save_mapping as save_mapping
from .read import write_mapping as write_mapping
