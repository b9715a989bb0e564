"""The grammar of filters and orders, for lark, and its terminals in words that people understand."""

FILTER, ORDER = "filter", "order"

GRAMMAR = r"""
filter: disjunction
?disjunction: conjunction (_OR conjunction)*
?conjunction: inversion (_AND inversion)*
?inversion: _NOT inversion -> inverted
    | "(" disjunction ")"
    | field _compared -> compared
    | field _NOT _matched -> compared_not
_compared: COMPARE _literal | _matched
_matched: (LIKE | ILIKE) STRING | IN "(" _literal ("," _literal)* ")"
order: field (ASC | DESC)?
field: WORD (QUOTED | STRING)?
_literal: STRING | NUMBER

COMPARE: "==" | "=" | "!=" | "<>" | "<=" | ">=" | "<" | ">"
_OR.2: /or(?![\w.-])/i
_AND.2: /and(?![\w.-])/i
_NOT.2: /not(?![\w.-])/i
IN.2: /in(?![\w.-])/i
LIKE.2: /like(?![\w.-])/i
ILIKE.2: /ilike(?![\w.-])/i
ASC.2: /asc(?![\w.-])/i
DESC.2: /desc(?![\w.-])/i
WORD: /(?!(?:and|or|not|in|like|ilike)(?![\w.-]))[^\W\d][\w.-]*/i
NUMBER: /[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)(e[+-]?[0-9]+)?(?![\w.])/i
QUOTED: /`[^`]*(``[^`]*)*`/
STRING: /'[^']*(''[^']*)*'/ | /"[^"]*(""[^"]*)*"/
%ignore /\s+/
"""

IN_WORDS = {
    "WORD": "a field such as name, stage, tags.team or metrics.auc",
    "_NOT": "NOT",
    "LPAR": "(",
    "RPAR": ")",
    "COMMA": ",",
    "COMPARE": "=, !=, <, <=, > or >=",
    "LIKE": "LIKE",
    "ILIKE": "ILIKE",
    "IN": "IN",
    "STRING": "a quoted text",
    "NUMBER": "a number",
    "QUOTED": "a key in backticks",
    "_AND": "AND",
    "_OR": "OR",
    "ASC": "ASC",
    "DESC": "DESC",
    "$END": "the end",
}
