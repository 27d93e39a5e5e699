"""The archive commands: show it, copy it, adopt a space, delete calls."""
