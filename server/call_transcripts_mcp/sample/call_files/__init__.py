"""Sample calls as files, in the shapes that frameworks write: for those whose calls have no API."""
