"""Whether a count of articles per hour is far from what is usual for it: pure."""
