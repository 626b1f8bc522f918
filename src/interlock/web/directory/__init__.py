"""The directory: people and organisations, one of each, who is asked in, and how they come in."""
