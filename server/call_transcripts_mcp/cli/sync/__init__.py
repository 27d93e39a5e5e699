"""The command `sync`: fills the archive ahead of need."""
