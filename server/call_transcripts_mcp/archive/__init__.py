"""The archive: ended calls, stored so that they can be searched and need not be read again."""
