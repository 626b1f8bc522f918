"""Build the page assets."""
