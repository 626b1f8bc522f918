"""The widget: one script tag with which other sites take feedback, and show what became of it."""
