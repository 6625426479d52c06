"""The world becomes Documents."""
