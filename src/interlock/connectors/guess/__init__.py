"""Proposes a mapping for files that nobody described, with a confidence and a reason for every column."""

from .proposal import guess_mapping as guess_mapping
