"""Answers on a terminal: colour, tables, wrapped lines, local times, a pager; and the progress of long tasks."""
