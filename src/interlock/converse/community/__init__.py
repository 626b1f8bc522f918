"""The public community: where customers ask, suggest, report and praise, and a named person answers."""
