"""The exit codes, as the help of each command ends with them."""

from __future__ import annotations


def exit_codes(*, worked: str = "it worked", error: str = "an error, told in one line", more: str = "") -> str:
    """The paragraph at the end of a command's help.

    Args:
        worked: what 0 means.
        error: what 1 means.
        more: the codes that this command has besides, such as `3 something was found (--exit-code)`.
    """
    codes = [
        f"0 {worked}",
        f"1 {error}",
        "2 a usage error, such as an option that does not exist",
        *([more] if more else []),
    ]
    return f"\n\nExit codes: {'; '.join([*codes, '130 interrupted'])}."
