"""One module per command group: arguments in, exit code out."""
