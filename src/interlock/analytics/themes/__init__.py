"""What do customers talk about? Themes found without a list of them, kept as data grows, and open to edits."""
