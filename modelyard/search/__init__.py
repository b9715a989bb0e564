"""What a search asks for: filters and orders as people write them, as data, and applied to facts. Pure."""
