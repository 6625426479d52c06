"""Reading YAML files with positions: bytes -> text -> nodes, which can be found by their place."""
