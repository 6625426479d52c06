"""Reading YAML files with positions: bytes -> text -> nodes, and finding one's way in them."""
