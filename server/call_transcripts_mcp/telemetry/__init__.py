"""Traces and metrics of this server, by OpenTelemetry, when the standard variables ask for them."""
