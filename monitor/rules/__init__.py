"""Entities, rules and their evaluation: pure, from text to Match."""
