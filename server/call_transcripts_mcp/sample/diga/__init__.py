"""The Diga side of the sample platform."""
