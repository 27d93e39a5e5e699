"""The archive on ClickHouse."""
