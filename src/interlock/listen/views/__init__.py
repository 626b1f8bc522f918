"""The pages of listen: sources and their imports, and the signals."""
