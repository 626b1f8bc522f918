"""Other communities brought in: Discourse, Fider, Canny, and any table of rows."""
