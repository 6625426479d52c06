"""The only readers of YAML: files become checked settings, or a list of problems."""
