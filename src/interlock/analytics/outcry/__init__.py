"""Is something growing faster than chance? An online detector over counts of many streams, and its budget."""
