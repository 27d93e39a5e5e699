"""The commands for people; `commands.main` is the console script."""
