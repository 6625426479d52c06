"""The process boundary: arguments in, exit code out, and every error as one line that says who must act."""

from __future__ import annotations

import codecs
import gc
import io
import os
import sys
import traceback
from collections.abc import Callable

from monitor.errors import ConfigError, MarsadError, UserMustFix, may_pass

OK, FAILED, USER_MUST_FIX = 0, 1, 2
INTERRUPTED = 130


def main() -> int:
    """Run one command. 0 done, 1 something failed that may succeed later, 2 a person must fix something."""
    _write_utf8()
    cli, hoist = _import_commands()
    arguments = hoist(sys.argv[1:])
    try:
        cli(arguments)
    except BrokenPipeError:
        # The reader (`| head`) has gone; without this Python complains once more while it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        if "--verbose" in arguments and not isinstance(error, MarsadError):
            traceback.print_exc()
        return _explain(error)
    return OK


def _explain(error: Exception) -> int:
    """Say what went wrong; the exit code says who must act."""
    if isinstance(error, ConfigError):
        _explain_config(error)
    elif isinstance(error, MarsadError):
        _say(f"marsad: {error}")
    elif isinstance(error, OSError) and may_pass(error):
        where = f"{os.fsdecode(error.filename)}: " if error.filename else ""
        _say(f"marsad: {where}{error.strerror}")
    else:
        _say(f"marsad: internal error: {type(error).__name__}: {error} (--verbose shows where; please report it)")
    return USER_MUST_FIX if isinstance(error, UserMustFix) else FAILED


def _write_utf8() -> None:
    """Data is UTF-8 whatever the locale; what UTF-8 cannot say (a file name of other bytes) is replaced."""
    codecs.register_error("marsad.replace", _replace)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="marsad.replace")
    if isinstance(sys.stderr, io.TextIOWrapper):
        sys.stderr.reconfigure(encoding="utf-8", errors="backslashreplace")


def _replace(error: UnicodeError) -> tuple[bytes, int]:
    """For codecs: the UTF-8 encoder takes no letters here that are not ASCII, but their bytes."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "\N{REPLACEMENT CHARACTER}".encode() * (error.end - error.start), error.end


def _import_commands() -> tuple[Callable[[list[str]], object], Callable[[list[str]], list[str]]]:
    """The commands, imported where the collector does not look: all that comes of it stays.

    Else it goes through hundreds of thousands of objects in vain, a fifth of the time that a command takes.
    """
    # Only once in a process: a caller's own garbage (a test's, which calls `main` often) is not ours to freeze.
    is_new = "monitor.cli" not in sys.modules
    if is_new:
        gc.disable()
    try:
        from monitor.cli import cli, hoist
    finally:
        if is_new:
            gc.freeze()
            gc.enable()
    return cli, hoist


def _explain_config(error: ConfigError) -> None:
    from monitor.settings.problems import format_problem

    for problem in error.problems:
        _say(format_problem(problem))
    _say(f"marsad: {error}")


def _say(line: str) -> None:
    from monitor.text.urls import mask_text

    print(mask_text(line), file=sys.stderr)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
