"""Model formats: what each one says of itself by a few ranges, and what is refused in it. `table` lists them."""
