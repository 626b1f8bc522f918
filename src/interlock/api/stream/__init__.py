"""The event stream: open pages hear of changes through one small ASGI process that never runs a page.

`hub` remembers the latest events and who reads, `application` speaks HTTP, `passes` makes and checks the signed
tokens that pages hand to browsers, `feeding` brings events from the database, `doorkeeping` closes the streams
of people who signed out or left. `config/asgi.py` puts them together.
"""
