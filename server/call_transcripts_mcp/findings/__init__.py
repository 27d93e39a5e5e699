"""What the questions find and the channels show, as frozen types: no logic, and nothing of a provider."""
