"""The HTTP API for programs: signals in, webhooks in, the status of sources, and the event stream for open pages."""
