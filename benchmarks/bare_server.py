"""The least a server of the same SDK can be: one tool. What the start of ours is compared with."""

from __future__ import annotations

from mcp.server.mcpserver import MCPServer

server = MCPServer("bare")


@server.tool()
def add(first: int, second: int) -> str:
    """Add two numbers."""
    return str(first + second)


if __name__ == "__main__":
    server.run()
