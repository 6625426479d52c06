"""Rules and their evaluation: pure, from Sightings to Match."""
