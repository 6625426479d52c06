"""Stories become a Digest, and a Digest becomes a Message."""
