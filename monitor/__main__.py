"""The process boundary: arguments in, exit code out, and every error as one line that says who must act."""

from __future__ import annotations

import gc
import os
import sys
import traceback
from collections.abc import Callable

from monitor.errors import ConfigError, MarsadError, UserMustFix

OK, FAILED, USER_MUST_FIX = 0, 1, 2
INTERRUPTED = 130


def main() -> int:
    """Run one command. 0 done, 1 something failed that may succeed later, 2 a person must fix something."""
    cli, hoist = _import_commands()
    arguments = hoist(sys.argv[1:])
    try:
        cli(arguments)
    except ConfigError as error:
        _explain_config(error)
        return USER_MUST_FIX
    except MarsadError as error:
        _say(f"marsad: {error}")
        return USER_MUST_FIX if isinstance(error, UserMustFix) else FAILED
    except BrokenPipeError:
        # The reader (`| head`) has gone; without this Python complains once more while it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        if "--verbose" in arguments:
            traceback.print_exc()
        _say(f"marsad: internal error: {type(error).__name__}: {error} (--verbose shows where; please report it)")
        return FAILED
    return OK


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
