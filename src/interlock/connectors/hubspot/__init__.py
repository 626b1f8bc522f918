"""Reads HubSpot: companies, deals, tickets and answers to surveys, each as soon as it changes."""

from .connector import HubSpotConnector

connector = HubSpotConnector()
