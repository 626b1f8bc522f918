"""Reads tickets, organisations, requesters and ratings of Zendesk Support, and answers tickets."""

from .connector import ZendeskConnector

connector = ZendeskConnector()
