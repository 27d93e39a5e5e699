"""What the server offers to a host beside its tools, and how requests reach it."""
