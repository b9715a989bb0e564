"""The nouns and rules of a model registry: pure, with no clock, no ids and no I/O."""
