"""Types of expressions: which kinds go together, how large a whole number can become, how many digits an amount.

sqlglot annotates types but raises nothing when they do not agree, and knows nothing of codes or of what a day is.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _
from sqlglot import exp

from bangfu.common.facts import FactKind
from bangfu.common.policy import Code, CodeList, matching_key
from bangfu.rulebook.language import wrong

INT32 = (-(2**31), 2**31 - 1)
INT64 = (-(2**63), 2**63 - 1)
AMOUNT = (12, 2)  # digits before and after the point of DECIMAL(14,2)
FIGURE_DIGITS = (10, 4)
NARROW = 18  # digits of a decimal that DuckDB keeps in 64 bits
MOST_DIGITS = 36  # of a decimal in between; DuckDB and Spark end at 38
# Days are whole numbers of eight digits; those read out of an ID number need not be days of the calendar.
RANGES = {FactKind.DAY: (0, 99_999_999), FactKind.WHOLE: INT32}
FAMILIES = {
    FactKind.TEXT: "text",
    FactKind.CODE: "text",
    FactKind.FLAG: "flag",
    FactKind.WHOLE: "number",
    FactKind.AMOUNT: "number",
    FactKind.DAY: "number",
    FactKind.KEY: "key",
}
# A pattern in which RE2 (DuckDB) and Java (Spark) agree and neither can take long: no escapes, no repeated groups.
PATTERN = re.compile(r"(?:[^\\\[\](){}*+?^$|.&~#]|[\^$|.()]|\[\^?[^\\\[\]&~^$]+\]|[*+?]|\{\d{1,3}(?:,\d{0,3})?\})+")
DOUBLE_QUANTIFIER = re.compile(r"[*+?}][*+?{]|\)[*+?{]|[(|^][*+?{]|\(\?|^[*+?{]")


@dataclass(frozen=True)
class Typed:
    """A node and what is known of it. `kind` None is the literal NULL. For numbers `low`..`high` bound a whole number
    and `digits` are those before and after the point of an amount; `wide` says that it is computed in 64 bits."""

    node: exp.Expr
    kind: FactKind | None
    codes: CodeList | None = None
    low: int = 0
    high: int = 0
    digits: tuple[int, int] = (0, 0)
    wide: bool = False
    constant: bool = False
    shown: str = ""
    atomic: bool = False
    origin: exp.Expr | None = None  # as it was written, for messages

    @property
    def family(self) -> str:
        return FAMILIES[self.kind] if self.kind else ""

    @property
    def bare(self) -> bool:
        """A column, feature or figure as it stands, not something computed."""
        return self.atomic or type(self.node) is exp.Column

    def of_codes(self, codes: CodeList | None) -> "Typed":
        return replace(self, codes=codes)

    def in_brackets(self) -> "Typed":
        return replace(self, node=exp.Paren(this=self.node), shown="", atomic=False)

    def with_node(self, node: exp.Expr) -> "Typed":
        return replace(self, node=node, constant=False, shown="", atomic=False)

    def named(self) -> str:
        return self.shown or (self.origin or self.node).sql(dialect="duckdb", comments=False)[:60]

    def check_code(self, literal: "Typed") -> None:
        """A text compared with a column of codes is one of them."""
        if self.codes is None or type(literal.node) is not exp.Literal:
            return
        written = literal.node.name
        if any(entry.code == written for entry in self.codes.codes):
            return
        meant = _meant(self.codes, written)
        raise wrong(
            _("“{code}”不是“{codes}”的代码").format(code=written[:40], codes=self.codes.label),
            _("是否应为 '{code}'（{label}）").format(code=meant.code, label=meant.label)
            if meant
            else _("可用的代码：{codes}").format(codes="、".join(f"{c.code} {c.label}" for c in self.codes.codes[:12])),
        )


def _meant(codes: CodeList, written: str) -> Code | None:
    """The code that was probably meant: its label or other spelling was written, or a zero before it was lost."""
    key = matching_key(written)
    for entry in codes.codes:
        names = {matching_key(name) for name in (entry.code, entry.label.zh, entry.label.en, *entry.aliases)}
        if key in names or f"0{key}" == entry.code:
            return entry
    return None


# Leaves


def leaf(node: exp.Expr, kind: FactKind, shown: str = "") -> Typed:
    low, high = RANGES.get(kind, (0, 0))
    return Typed(node, kind, low=low, high=high, digits=AMOUNT if kind is FactKind.AMOUNT else (0, 0), shown=shown)


def whole(node: exp.Expr, low: int, high: int) -> Typed:
    return Typed(node, FactKind.WHOLE, low=low, high=high)


def day(name: str, kind: FactKind) -> Typed:
    """One of the days that the screening knows, or its year."""
    made = replace(leaf(exp.Placeholder(this=name), kind, f"${name}"), atomic=True)
    return made if kind is FactKind.DAY else replace(made, low=0, high=9999)


def figure(name: str, kind: FactKind, largest: int) -> Typed:
    """A figure of policy, as a parameter. An amount is cast to one: bound to 7000 it would else be a whole number, and
    compute like one."""
    node: exp.Expr = exp.Placeholder(this=name)
    if kind is FactKind.AMOUNT:
        node = exp.Cast(this=node, to=exp.DataType.build(f"DECIMAL({sum(FIGURE_DIGITS)}, {FIGURE_DIGITS[1]})"))
        return Typed(node, kind, digits=FIGURE_DIGITS, shown=f"${name}", atomic=True)
    low, high = (-largest, largest) if kind is FactKind.WHOLE else RANGES[kind]
    return Typed(node, kind, low=low, high=high, shown=f"${name}", atomic=True)


def text(written: str) -> Typed:
    return Typed(exp.Literal.string(written), FactKind.TEXT, constant=True)


def number(written: str) -> Typed:
    """`written` has passed language.NUMBER: up to fifteen digits, up to four after the point."""
    before, _point, after = written.partition(".")
    if after:
        node = exp.Literal.number(f"{int(before)}.{after}")
        return Typed(node, FactKind.AMOUNT, digits=(max(len(str(int(before))), 1), len(after)), constant=True)
    value = int(before)
    return Typed(exp.Literal.number(value), FactKind.WHOLE, low=value, high=value, wide=value > INT32[1], constant=True)


# What goes together


def expect(given: Typed, want: str) -> None:
    """Raises ConditionWrong unless `given` is of the kind or family `want`; "number" leaves days and keys out of
    neither: a day is a whole number."""
    if want == "any" and given.kind is not None:
        return
    if given.kind is not None and (given.kind.value == want or given.family == want):
        return
    wanted = {"flag": _("是非"), "text": _("文字"), "number": _("数")}.get(want, want)
    raise wrong(
        _("“{text}”应是{wanted}，现为{kind}").format(text=given.named(), wanted=wanted, kind=kind_in_words(given)),
        _("请写成比较，如 {text} = …").format(text=given.named()) if want == "flag" and given.kind else "",
    )


def kind_in_words(given: Typed) -> str:
    return {
        None: "NULL",
        FactKind.TEXT: _("文字"),
        FactKind.CODE: _("代码"),
        FactKind.FLAG: _("是非"),
        FactKind.WHOLE: _("整数"),
        FactKind.AMOUNT: _("金额"),
        FactKind.DAY: _("日期"),
        FactKind.KEY: _("编号"),
    }[given.kind]


def comparable(left: Typed, right: Typed, *, ordered: bool) -> None:
    """Raises ConditionWrong unless the two may stand on the sides of a comparison (`ordered`: smaller, larger)."""
    if left.kind is None or right.kind is None:
        raise wrong(_("与 NULL 比较永远没有结果"), _("请写 IS NULL 或 IS NOT NULL"))
    if left.family != right.family:
        raise wrong(
            _("“{left}”是{kind}，“{right}”是{other}，不能比较").format(
                left=left.named(), kind=kind_in_words(left), right=right.named(), other=kind_in_words(right)
            ),
            _("文字用单引号，数不用引号，是非写 IS TRUE 或 IS FALSE"),
        )
    if ordered and left.family in ("key", "flag"):
        raise wrong(
            _("{kind}“{text}”没有大小").format(kind=kind_in_words(left), text=left.named()), _("只能用 = 或 <>")
        )
    if left.codes and right.codes and left.codes.id != right.codes.id:
        raise wrong(
            _("“{left}”和“{right}”用的不是同一份代码").format(left=left.named(), right=right.named()),
            _("请比较同一份代码的两列"),
        )
    left.check_code(right)
    right.check_code(left)
    _day_like(left, right)
    _day_like(right, left)
    _check_digits(left, right)


def _check_digits(*sides: Typed) -> None:
    """Side by side, all have the digits of the longest before and after the point."""
    digits = [_digits(side) for side in sides]
    if max(each[0] for each in digits) + max(each[1] for each in digits) > MOST_DIGITS:
        raise wrong(_("“{text}”可能大得算不下").format(text=sides[0].named()), _("请少乘一项"))


def _day_like(day: Typed, other: Typed) -> None:
    """What a day is compared with could be a day: 20200930, not 16, and not an age or an amount."""
    if day.kind is not FactKind.DAY or other.kind is FactKind.DAY:
        return
    if other.constant and other.kind is FactKind.WHOLE:
        if not 10_000_000 <= other.low <= 99_999_999:
            raise wrong(
                _("“{day}”是日期，不能与 {number} 比较").format(day=day.named(), number=other.low),
                _("日期写作八位数，如 20200930；年龄用 age 或 years_between"),
            )
    elif other.kind is not FactKind.WHOLE or other.bare:
        raise wrong(
            _("“{day}”是日期，“{other}”是{kind}，不能比较").format(
                day=day.named(), other=other.named(), kind=kind_in_words(other)
            ),
            _("日期与日期比较；相隔多久用 years_between 或 months_between"),
        )


def common(given: Sequence[Typed], where: str) -> Typed:
    """What all of them are together: one family, the widest range. NULL goes with everything."""
    known = [each for each in given if each.kind is not None]
    if not known:
        raise wrong(_("{where}全是 NULL").format(where=where))
    first = known[0]
    for other in known[1:]:
        if other.family != first.family:
            raise wrong(
                _("{where}里“{left}”是{kind}，“{right}”是{other}").format(
                    where=where,
                    left=first.named(),
                    kind=kind_in_words(first),
                    right=other.named(),
                    other=kind_in_words(other),
                ),
                _("各项应是同一类"),
            )
    _check_digits(*known)
    lists = {each.codes.id: each.codes for each in known if each.codes}
    codes = next(iter(lists.values())) if len(lists) == 1 else None
    for each in known:
        if codes and each.constant:
            replace(first, codes=codes).check_code(each)
    return Typed(
        first.node,
        _common_kind([each.kind for each in known if each.kind]),
        codes=codes,
        low=min(each.low for each in known),
        high=max(each.high for each in known),
        digits=(max(_digits(each)[0] for each in known), max(_digits(each)[1] for each in known)),
        wide=any(each.wide for each in known),
    )


def _common_kind(kinds: Sequence[FactKind]) -> FactKind:
    for kind in (FactKind.AMOUNT, FactKind.TEXT, FactKind.CODE, FactKind.WHOLE):
        if kind in kinds and len(set(kinds)) > 1:
            return kind
    return kinds[0]


def _digits(given: Typed) -> tuple[int, int]:
    if given.kind is FactKind.AMOUNT:
        return given.digits
    return (19 if given.wide else 10, 0) if given.family == "number" else (0, 0)


# Arithmetic


def negative(given: Typed) -> Typed:
    expect(given, "number")
    if given.kind is FactKind.DAY:
        raise wrong(_("日期“{day}”前有负号").format(day=given.named()))
    return _signed(given, exp.Neg, -given.high, -given.low)


def absolute(given: Typed) -> Typed:
    expect(given, "number")
    reach = max(abs(given.low), abs(given.high))
    nearest = 0 if given.low <= 0 <= given.high else min(abs(given.low), abs(given.high))
    made = _signed(given, exp.Abs, nearest, reach)
    return replace(made, kind=FactKind.WHOLE if given.kind is FactKind.DAY else given.kind, constant=False)


def _signed(given: Typed, operator: type[exp.Expr], low: int, high: int) -> Typed:
    """The smallest whole number has no counterpart in its own width."""
    too_far = given.kind is not FactKind.AMOUNT and not _within(INT32, low, high)
    node = _widened(given) if too_far else given.node
    return replace(
        given, node=operator(this=node), low=low, high=high, wide=given.wide or too_far, shown="", atomic=False
    )


def _within(width: tuple[int, int], low: int, high: int) -> bool:
    return width[0] <= low and high <= width[1]


def arithmetic(operator: type[exp.Expr], left: Typed, right: Typed) -> Typed:
    """`left operator right` with the width or the digits that its result needs. Raises ConditionWrong for kinds that
    cannot be computed together and for what could overflow every width."""
    for side in (left, right):
        expect(side, "number")
    made = operator(this=left.node, expression=right.node)
    if FactKind.AMOUNT in (left.kind, right.kind):
        return _of_amounts(operator, left, right, made)
    if operator in (exp.IntDiv, exp.Mod):
        return _divided(operator, left, right, made)
    low, high = _range(operator, left, right)
    kind = FactKind.WHOLE
    days = [side.kind for side in (left, right)].count(FactKind.DAY)
    if days == 1 and operator is not exp.Mul and right.kind is not (FactKind.DAY if operator is exp.Sub else None):
        kind = FactKind.DAY  # a day moved by so many years or months stays one
    if days == 2 and operator is not exp.Sub:
        raise wrong(_("两个日期“{left}”“{right}”不能相加或相乘").format(left=left.named(), right=right.named()))
    wide = left.wide or right.wide
    if not _within(INT32, low, high):
        if not _within(INT64, low, high):
            raise wrong(_("“{text}”可能大得算不下").format(text=made.sql(dialect="duckdb")[:60]), _("请少乘一项"))
        # The sides are widened before they are computed with: the sum itself would already have overflowed.
        # A written number takes the width of the other side.
        made = operator(
            this=left.node if left.constant and not right.constant else _widened(left),
            expression=right.node if right.constant and not left.constant else _widened(right),
        )
        wide = True
    return Typed(made, kind, low=low, high=high, wide=wide)


def _widened(side: Typed) -> exp.Expr:
    if side.wide:
        return side.node
    return exp.Cast(this=side.node, to=exp.DataType.build("BIGINT"))


def _range(operator: type[exp.Expr], left: Typed, right: Typed) -> tuple[int, int]:
    if operator is exp.Add:
        return left.low + right.low, left.high + right.high
    if operator is exp.Sub:
        return left.low - right.high, left.high - right.low
    products = [a * b for a in (left.low, left.high) for b in (right.low, right.high)]
    return min(products), max(products)


def _of_amounts(operator: type[exp.Expr], left: Typed, right: Typed, made: exp.Expr) -> Typed:
    """DuckDB multiplies decimals of up to 18 digits each in 18 digits and stops when the product has more: where it
    could, one side is widened first."""
    if operator in (exp.IntDiv, exp.Mod):
        raise wrong(_("// 和 % 只能用于整数"), _("请改写为乘法"))
    if FactKind.DAY in (left.kind, right.kind):
        raise wrong(_("日期不能与金额一起计算"))
    one, other = _as_decimal(left), _as_decimal(right)
    digits = _digits_after(operator, one.digits, other.digits)
    if sum(digits) > NARROW >= max(sum(one.digits), sum(other.digits)):
        one = _cast(one, (NARROW + 1 - one.digits[1], one.digits[1]))
        digits = _digits_after(operator, one.digits, other.digits)
    if sum(digits) > MOST_DIGITS:
        raise wrong(_("“{text}”可能大得算不下").format(text=made.sql(dialect="duckdb")[:60]), _("请少乘一项"))
    return Typed(operator(this=one.node, expression=other.node), FactKind.AMOUNT, digits=digits)


def _digits_after(operator: type[exp.Expr], one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    (a, b), (c, d) = one, other
    return (a + c, b + d) if operator is exp.Mul else (max(a, c) + 1, max(b, d))


def _as_decimal(side: Typed) -> Typed:
    """A side as engines take it: a whole number has ten digits, or nineteen; a written one as many as are written."""
    if side.kind is FactKind.AMOUNT:
        return side
    if side.constant:
        return _cast(side, (len(str(max(abs(side.low), abs(side.high)))), 0))
    return replace(side, digits=_digits(side))


def _cast(side: Typed, digits: tuple[int, int]) -> Typed:
    kind = exp.DataType.build(f"DECIMAL({sum(digits)}, {digits[1]})")
    return replace(side, node=exp.Cast(this=side.node, to=kind), digits=digits)


def _divided(operator: type[exp.Expr], left: Typed, right: Typed, made: exp.Expr) -> Typed:
    """Engines agree on whole division by a written number: both round towards zero, and none divides by zero."""
    if not right.constant or right.low <= 0:
        raise wrong(_("// 和 % 的右边应是写明的正整数"), _("请改写为乘法"))
    if operator is exp.Mod:
        reach = min(right.low - 1, max(abs(left.low), abs(left.high)))
        return Typed(made, FactKind.WHOLE, low=-reach if left.low < 0 else 0, high=reach, wide=left.wide or right.wide)
    low, high = (abs(bound) // right.low * (1 if bound > 0 else -1) for bound in (left.low, left.high))
    return Typed(made, FactKind.WHOLE, low=low, high=high, wide=left.wide or right.wide)


# Patterns


def check_pattern(pattern: str) -> None:
    """Raises ConditionWrong for a pattern that engines read differently, or that could keep one busy for long."""
    if len(pattern) > 200 or not PATTERN.fullmatch(pattern) or DOUBLE_QUANTIFIER.search(pattern):
        raise wrong(
            _("模式“{pattern}”用了这里不能用的写法").format(pattern=pattern[:40]),
            _("只用文字、[0-9]、[^0-9]、点号、^ $ | ( )，及其后的 * + ? {n}；括号不能重复"),
        )
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise wrong(_("模式“{pattern}”写得不对").format(pattern=pattern[:40])) from error
