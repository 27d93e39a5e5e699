"""The ElevenLabs side of the sample platform."""
