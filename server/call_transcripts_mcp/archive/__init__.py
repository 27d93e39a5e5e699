"""The archive: what was read of ended calls, kept so that it need not be read again, and can be searched."""
