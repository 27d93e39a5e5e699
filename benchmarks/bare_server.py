"""The smallest server of the same SDK: one tool. The start of ours is compared with it."""

from __future__ import annotations

from mcp.server.mcpserver import MCPServer

server = MCPServer("bare")


@server.tool()
def add(first: int, second: int) -> str:
    """Add two numbers."""
    return str(first + second)


if __name__ == "__main__":
    server.run()
