"""Pages of moderators, and those where authors and readers ask for them."""
