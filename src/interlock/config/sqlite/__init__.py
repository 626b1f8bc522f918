"""SQLite, with writers who take turns."""
