"""The one table between a refusal's code and its HTTP status. The server maps one way, the client back."""

STATUS = {
    "malformed": 400,
    "unauthenticated": 401,
    "forbidden": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "conflict": 409,
    "gone": 410,
    "precondition_failed": 412,
    "too_large": 413,
    "invalid": 422,
    "throttled": 429,
    "internal": 500,
}

CODE = {status: code for code, status in STATUS.items()}
"""Status → code; the client takes a status that is not here as `internal`."""
