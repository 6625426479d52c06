"""Finding names in text, whatever the script, the grammar and the spelling: pure, from text to Sightings."""
