"""Replies by mail: the addresses that lead back into a talk or post, and what comes to them."""
