"""What Marsad remembers: one store over two SQL dialects."""
