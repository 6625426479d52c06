"""Matches about one event become a Story: pure."""
