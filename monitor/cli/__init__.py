"""One module per command group: arguments in, exit code out."""

from monitor.cli.main import cli
from monitor.cli.options import hoist

__all__ = ["cli", "hoist"]
