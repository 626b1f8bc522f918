"""The pages of themes: the list in the Signals door, one theme, and what people change about it."""
