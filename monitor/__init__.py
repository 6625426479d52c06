"""Marsad: watches news feeds in any language and mails digests of what its rules name."""

__version__ = "0.1.0"
