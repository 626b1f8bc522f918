"""Reads Salesforce: accounts, opportunities and cases, each as soon as it changes."""

from .connector import SalesforceConnector

connector = SalesforceConnector()
