"""Bytes become a Feed: pure, whatever the bytes are."""
