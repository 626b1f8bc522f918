"""Themes with memory: which signals belong together, what people changed about it, and how much each theme is said."""
