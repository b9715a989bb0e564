"""From a new name to every version of the model."""
