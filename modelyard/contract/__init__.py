"""The wire: shapes of HTTP requests and responses, of events, and the codes of refusals. A leaf: pydantic only."""
