"""`python -m call_transcripts_mcp`: the same as the console script."""

from call_transcripts_mcp.cli.commands import main

if __name__ == "__main__":
    main()
