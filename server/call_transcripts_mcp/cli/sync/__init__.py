"""The command `sync`: reads the ended calls of a window into the archive."""
