"""The Ultravox side of the sample platform."""
