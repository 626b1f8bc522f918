"""Addresses for programs, and the pages about them."""
