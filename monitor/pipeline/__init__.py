"""Three short functions are the whole program: poll, digest, deliver."""
