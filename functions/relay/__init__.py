"""From the journal to the bus."""
