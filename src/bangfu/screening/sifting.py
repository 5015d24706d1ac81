"""A cheap test that lets through every row in which a rule may be a hit or unknown, and few others.

Most rows are clear of all rules. As a filter, an AND stops at the first part that is FALSE and an OR at the first that
is TRUE; as a value, all of it is worked out. So rows are sifted first and only those left are judged in full.
"""

from sqlglot import exp

from bangfu.rulebook.nulls import may_be_null

Known = frozenset[tuple[str, str]]


def not_false(node: exp.Expr, known: Known) -> exp.Expr:
    """TRUE wherever `node` is TRUE or NULL (and perhaps elsewhere), never NULL; `known` columns are not NULL."""
    if isinstance(node, exp.Paren):
        return exp.Paren(this=not_false(node.this, known))
    if isinstance(node, exp.And):
        return exp.And(this=not_false(node.this, known), expression=not_false(node.expression, known))
    if isinstance(node, exp.Or):
        made = exp.Or(this=not_false(node.this, known), expression=not_false(node.expression, known))
        return exp.Paren(this=made)
    if isinstance(node, exp.Not):
        return _not_true(node.this, known)
    if not may_be_null(node, known):
        return node.copy()
    return exp.Coalesce(this=node.copy(), expressions=[exp.Boolean(this=True)])


def _not_true(node: exp.Expr, known: Known) -> exp.Expr:
    """TRUE wherever NOT `node` is TRUE or NULL, never NULL."""
    if isinstance(node, exp.Paren):
        return exp.Paren(this=_not_true(node.this, known))
    if isinstance(node, exp.And):
        return exp.Paren(this=exp.Or(this=_not_true(node.this, known), expression=_not_true(node.expression, known)))
    if isinstance(node, exp.Or):
        return exp.And(this=_not_true(node.this, known), expression=_not_true(node.expression, known))
    if isinstance(node, exp.Not):
        return not_false(node.this, known)
    if not may_be_null(node, known):
        return exp.Not(this=exp.Paren(this=node.copy()))
    inverse = exp.Not(this=exp.Paren(this=node.copy()))
    return exp.Coalesce(this=inverse, expressions=[exp.Boolean(this=True)])
