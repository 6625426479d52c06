"""A Message leaves for the world."""
