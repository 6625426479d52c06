"""What Marsad knows of scripts and languages: pure functions and packaged data."""
