"""The Retell side of the sample platform."""
