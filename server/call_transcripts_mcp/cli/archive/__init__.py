"""What people do with their archive: look at it, copy it, adopt a space, forget calls."""
