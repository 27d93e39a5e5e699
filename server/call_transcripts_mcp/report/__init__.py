"""Self-contained HTML pages: one call, and the calls of a window."""
