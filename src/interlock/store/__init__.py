"""Analytical tables: the data contract, Delta tables on disk, and the engine that reads them."""
