"""The documents that `--json` prints: their types, and how they are made of what was found.

Their JSON Schema is made from the types; docs/json.md explains them. Times are ISO 8601 in UTC, enumerations their
words, and null means that the provider did not say.
"""
