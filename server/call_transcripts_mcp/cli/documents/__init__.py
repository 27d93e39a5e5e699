"""The documents that `--json` prints: their types, and how they are made from found objects.

Their JSON Schema is generated from the types; docs/json.md explains them. Times are ISO 8601 in UTC, enumerations are
words, and null means that the provider did not say.
"""
