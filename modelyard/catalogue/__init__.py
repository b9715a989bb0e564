"""How the domain's facts lie in a table: keys, indexes, items, the journal. Written once, for every adapter."""
