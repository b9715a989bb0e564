"""What the registry does: one module a use case, each given the effects it may have. A service never calls another."""
