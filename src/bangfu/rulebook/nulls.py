"""Whether a checked expression can come out NULL, and so a rule "unknown".

The answer errs on the side of "it can". It sees what people write on purpose: `x IS NULL OR x > 500` never is, and
neither is `coalesce(x, FALSE)`.
"""

from collections.abc import Iterable, Mapping

from sqlglot import exp

Key = tuple[str, str]
Known = frozenset[Key]
# What derived columns are made of: `mobile_ok` is unknown only where `phone` is.
Made = Mapping[Key, exp.Expr]
NOTHING: Made = {}

# NULL as soon as one part is NULL, and only then.
_STRICT = (
    exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.Between, exp.Neg, exp.Add, exp.Sub, exp.Mul, exp.IntDiv,
    exp.Mod, exp.Abs, exp.Length, exp.Upper, exp.Lower, exp.Substring, exp.Contains, exp.StartsWith, exp.RegexpLike,
    exp.Not, exp.Paren, exp.In, exp.Cast,
)  # fmt: skip
_NEVER = (exp.Is, exp.NullSafeEQ, exp.NullSafeNEQ, exp.Literal, exp.Boolean, exp.Placeholder)


def may_be_null(node: exp.Expr, known: Known, made: Made = NOTHING) -> bool:
    """Whether a row in which the columns `known` are not NULL could make the expression NULL. `made` may say of what
    derived columns are made."""
    if isinstance(node, _NEVER):
        return False
    if isinstance(node, exp.Column):
        key = (node.table, node.name)
        return key not in known and (key not in made or may_be_null(made[key], known, made))
    if isinstance(node, exp.And | exp.Or):
        return _chain_may_be_null(node, known, made)
    if isinstance(node, exp.Coalesce | exp.Least | exp.Greatest):
        return all(may_be_null(part, known, made) for part in (node.this, *node.expressions))
    if isinstance(node, exp.Case):
        return _case_may_be_null(node, known, made)
    if isinstance(node, _STRICT):
        return any(_part_may_be_null(part, known, made) for part in node.iter_expressions())
    return True


def _part_may_be_null(part: exp.Expr, known: Known, made: Made) -> bool:
    return not isinstance(part, exp.DataType) and may_be_null(part, known, made)


def _chain_may_be_null(node: exp.Expr, known: Known, made: Made) -> bool:
    """An OR is NULL when one part is and no other is TRUE: so the others that cannot be NULL are FALSE then, and what
    that says of their columns is known. AND likewise, with TRUE."""
    parts = list(_chain(node))
    while True:
        sure = [part for part in parts if not may_be_null(part, known, made)]
        more = known.union(*(_not_null_when(part, isinstance(node, exp.And), made) for part in sure)) if sure else known
        if len(sure) == len(parts) or more == known:
            return len(sure) < len(parts)
        known = more


def _chain(node: exp.Expr) -> Iterable[exp.Expr]:
    kind, rest = type(node), node
    while type(rest) is kind:
        yield rest.args["expression"]
        rest = rest.this
    yield rest


def _case_may_be_null(node: exp.Expr, known: Known, made: Made) -> bool:
    for branch in node.args["ifs"]:
        if may_be_null(branch.args["true"], known | _not_null_when(branch.this, True, made), made):
            return True
        if not may_be_null(branch.this, known, made):
            known |= _not_null_when(branch.this, False, made)
    default = node.args.get("default")
    return default is None or may_be_null(default, known, made)


def _not_null_when(node: exp.Expr, true: bool, made: Made) -> Known:
    """The columns that cannot be NULL when the condition is TRUE (or, `true` False, when it is FALSE)."""
    if isinstance(node, exp.Paren):
        return _not_null_when(node.this, true, made)
    if isinstance(node, exp.Not):
        return _not_null_when(node.this, not true, made)
    if isinstance(node, exp.And | exp.Or):
        if true is isinstance(node, exp.And):
            return frozenset().union(*(_not_null_when(part, true, made) for part in _chain(node)))
        return frozenset()
    if isinstance(node, exp.Is):
        if isinstance(node.expression, exp.Null) is not true:  # IS NULL that is false; IS TRUE that is true
            return _needed(node.this)
        return frozenset()
    if isinstance(node, exp.NullSafeEQ | exp.NullSafeNEQ):
        return frozenset()
    needed = _needed(node)
    if isinstance(node, exp.Column) and (node.table, node.name) in made:
        needed |= _not_null_when(made[node.table, node.name], true, made)
    return needed


def _needed(node: exp.Expr) -> Known:
    """The columns without which the expression is NULL."""
    if isinstance(node, exp.Column):
        return frozenset({(node.table, node.name)})
    if isinstance(node, _STRICT):
        return frozenset().union(*(_needed(part) for part in node.iter_expressions()))
    return frozenset()
