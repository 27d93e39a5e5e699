"""The Vapi side of the sample platform."""
