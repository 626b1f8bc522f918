"""Reads RSS and Atom feeds: news about the company, reviews, posts of a community without an interface of its own."""

from .connector import FeedConnector

connector = FeedConnector()
