"""Reads posts of a Discourse community, and answers in their topics."""

from .connector import DiscourseConnector

connector = DiscourseConnector()
