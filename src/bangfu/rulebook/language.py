"""The first wall of the language of conditions: what may be written at all, before anything is understood.

A text passes here as words and signs; only then is it parsed. What is not on these lists never reaches the parser, let
alone an engine: no second statement, comment, quoted name, string with escapes, cast, or name of an unknown function.
"""

import re
import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches

from django.utils.translation import gettext as _
from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

from bangfu.rulebook.errors import ConditionWrong

LONGEST = 4000  # characters; the longest rule of the field takes some 700
DEEPEST = 24  # brackets, functions and CASE inside one another
TALLEST = 40  # levels of the parsed tree, a chain of ANDs counting as one

# Names of functions as they are written, and what the parser makes of them. `years_between` is ours alone.
FUNCTIONS: dict[str, type[exp.Expr]] = {
    "coalesce": exp.Coalesce,
    "least": exp.Least,
    "greatest": exp.Greatest,
    "abs": exp.Abs,
    "length": exp.Length,
    "substr": exp.Substring,
    "contains": exp.Contains,
    "starts_with": exp.StartsWith,
    "regexp_matches": exp.RegexpLike,
    "upper": exp.Upper,
    "lower": exp.Lower,
    "months_between": exp.MonthsBetween,
    "years_between": exp.Anonymous,
}
WORDS = frozenset(
    {
        TokenType.AND,
        TokenType.OR,
        TokenType.NOT,
        TokenType.IN,
        TokenType.IS,
        TokenType.BETWEEN,
        TokenType.NULL,
        TokenType.TRUE,
        TokenType.FALSE,
        TokenType.CASE,
        TokenType.WHEN,
        TokenType.THEN,
        TokenType.ELSE,
        TokenType.END,
        TokenType.DISTINCT,
        TokenType.FROM,
    }
)
SIGNS = frozenset(
    {
        TokenType.L_PAREN,
        TokenType.R_PAREN,
        TokenType.COMMA,
        TokenType.DOT,
        TokenType.PARAMETER,
        TokenType.EQ,
        TokenType.NEQ,
        TokenType.LT,
        TokenType.LTE,
        TokenType.GT,
        TokenType.GTE,
        TokenType.PLUS,
        TokenType.DASH,
        TokenType.STAR,
        TokenType.DIV,
        TokenType.MOD,
    }
)
NAME = re.compile(r"[a-z_][a-z0-9_]*", re.ASCII)
A_NAME = re.compile(r"(?!(true|false|null|not|case|end)$)[a-z][a-z0-9_]{0,60}(\.[a-z][a-z0-9_]{0,60})?", re.ASCII)
NUMBER = re.compile(r"\d{1,15}(\.\d{1,4})?", re.ASCII)
ONE_FOLLOWED_BY = frozenset({TokenType.NOT, TokenType.DASH})  # these would nest without brackets


def wrong(reason: str, proposal: str = "") -> ConditionWrong:
    return ConditionWrong(
        reason=reason, proposal=proposal or _("请参看“条件的写法”（docs/decisions），只用列、指标、政策数值和所列函数")
    )


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name that is most like `name`, or ""."""
    known = list(known)
    same = [each for each in known if each.casefold() == name.casefold()]
    return (same or get_close_matches(name, known, 1, 0.6) or [""])[0]


def proposal(name: str, known: Iterable[str]) -> str:
    found = nearest(name, known)
    return _("是否应为“{name}”").format(name=found) if found else ""


def parse(text: str) -> exp.Expr:
    """The text as a tree, of which only the words and signs are known to be harmless. Raises ConditionWrong."""
    if A_NAME.fullmatch(text):  # most expressions of a book are one name: evidence
        table, _dot, name = text.rpartition(".")
        return exp.column(name, table=table or None)
    _readable(text)
    tokens = _tokens(text)
    _allowed(tokens)
    _not_too_deep(tokens)
    dialect = Dialect.get_or_raise("duckdb")
    try:
        trees = dialect.parser().parse(tokens, text)
    except RecursionError:
        raise _too_deep() from None
    except (SqlglotError, ValueError, TypeError, AttributeError, IndexError, KeyError) as error:
        # Whatever the parser stumbles over is the text's fault, not a reason for a traceback.
        raise wrong(
            _("看不懂这个条件（{where}）").format(where=_where(error)), _("请检查括号、引号和运算符是否成对、完整")
        ) from error
    if len(trees) != 1 or trees[0] is None:
        raise wrong(_("这里没有条件，或多于一个条件"), _("请只写一个条件"))
    _not_too_tall(trees[0])
    return trees[0]


def _where(error: Exception) -> str:
    found = getattr(error, "errors", None)
    if found and found[0].get("col"):
        return _("第 {line} 行第 {column} 字附近").format(line=found[0]["line"], column=found[0]["col"])
    return _("不完整")


def _readable(text: str) -> None:
    if not text.strip():
        raise wrong(_("条件是空的"), _("请写一个条件"))
    if len(text) > LONGEST:
        raise wrong(_("条件长达 {length} 个字符").format(length=len(text)), _("请拆成几条规则，或把一部分写成指标"))
    for character in text:
        if unicodedata.category(character)[0] == "C" and character not in "\n ":
            raise wrong(
                _("条件里有看不见的字符（U+{number:04X}）").format(number=ord(character)), _("请删去该字符，缩进用空格")
            )


def _tokens(text: str) -> list[Token]:
    try:
        return Dialect.get_or_raise("duckdb").tokenize(text)
    except (SqlglotError, ValueError, IndexError) as error:
        raise wrong(_("看不懂这个条件：引号或注释没有写完"), _("文字用一对单引号，如 '01'")) from error


def _allowed(tokens: list[Token]) -> None:
    """Every word and sign is one of ours."""
    for at, token in enumerate(tokens):
        before = tokens[at - 1].token_type if at else None
        after = tokens[at + 1].token_type if at + 1 < len(tokens) else None
        _check_comment(token)
        kind = token.token_type
        if kind in WORDS or kind in SIGNS:
            if kind in ONE_FOLLOWED_BY and before == kind:
                raise wrong(_("连着两个 {sign}").format(sign=token.text.upper()), _("请只写一个，或用括号分开"))
            if kind == TokenType.PARAMETER:
                _check_figure_sign(token, tokens[at + 1] if after else None)
        elif kind == TokenType.STRING:
            _check_string(token.text)
        elif kind == TokenType.NUMBER:
            if not NUMBER.fullmatch(token.text):
                raise wrong(
                    _("“{number}”不是这里能用的数").format(number=token.text[:40]),
                    _("整数最多15位，小数最多4位，不用科学记数"),
                )
        elif kind == TokenType.VAR:
            _check_name(token.text, function=after == TokenType.L_PAREN, dotted=before == TokenType.DOT)
        else:
            _refuse(token)


def _check_comment(token: Token) -> None:
    if token.comments:
        raise wrong(_("条件里有注释"), _("说明请写在规则的 note 里"))


def _check_figure_sign(sign: Token, name: Token | None) -> None:
    if sign.text != "$" or name is None or name.token_type != TokenType.VAR or name.start != sign.end + 1:
        raise wrong(_("“{sign}”后面应是政策数值的名称").format(sign=sign.text), _("写作 $monitoring_line 这样"))


def _check_string(text: str) -> None:
    if "\\" in text or "\n" in text:
        raise wrong(_("文字“{text}”里有反斜杠或换行").format(text=text[:40]), _("数字写作 [0-9]，点号写作 [.]"))


def _check_name(text: str, *, function: bool, dotted: bool) -> None:
    if not text.isascii():
        plain = unicodedata.normalize("NFKC", text)
        if plain.isascii() and plain != text:
            raise wrong(
                _("“{text}”是全角字符").format(text=text[:40]), _("请改为半角“{plain}”").format(plain=plain[:40])
            )
        raise wrong(_("“{text}”不是列名").format(text=text[:40]), _("列名用英文，文字用一对单引号"))
    if not NAME.fullmatch(text) and not (function and text.lower() in FUNCTIONS):
        raise wrong(_("“{text}”不是列名").format(text=text[:40]), _("列名只用小写字母、数字和下划线"))
    if function and (dotted or text.lower() not in FUNCTIONS):
        raise wrong(
            _("不能用函数“{name}”").format(name=text[:40]),
            proposal(text, FUNCTIONS) or _("可用的函数：{names}").format(names="、".join(FUNCTIONS)),
        )


def _refuse(token: Token) -> None:
    kind, text = token.token_type, token.text[:40]
    if kind == TokenType.IDENTIFIER:
        raise wrong(
            _("双引号里的“{text}”").format(text=text), _("列名不加引号；文字用单引号 '{text}'").format(text=text)
        )
    if kind == TokenType.SLASH:
        raise wrong(_("条件里不用除法 /"), _("请改写为乘法，如 收入 < 线 * 人数；整数可用 //"))
    if kind == TokenType.SEMICOLON:
        raise wrong(_("条件里有分号"), _("请只写一个条件，去掉分号"))
    if kind in (TokenType.LIKE, TokenType.ILIKE, TokenType.GLOB, TokenType.SIMILAR_TO):
        raise wrong(_("不能用 {text}").format(text=text), _("请用 starts_with、contains 或 regexp_matches"))
    if kind in (TokenType.DCOLON, TokenType.COLON):
        raise wrong(_("条件里不能转换类型（{text}）").format(text=text), _("请用类型相符的列"))
    if kind == TokenType.SELECT:
        raise wrong(_("条件里不能查询（SELECT）"), _("要汇总其他行，请写成指标（features）"))
    raise wrong(_("不能用“{text}”").format(text=text))


def _too_deep() -> ConditionWrong:
    return wrong(_("条件的括号或函数套得太深"), _("请拆成几条规则，或把一部分写成指标"))


def _not_too_deep(tokens: list[Token]) -> None:
    depth = 0
    for token in tokens:
        depth += token.token_type in (TokenType.L_PAREN, TokenType.CASE)
        depth -= token.token_type in (TokenType.R_PAREN, TokenType.END)
        if depth > DEEPEST:
            raise _too_deep()


def _not_too_tall(tree: exp.Expr) -> None:
    """Measured without recursion, so that the walk that follows cannot run out of it."""
    waiting: list[tuple[exp.Expr, int]] = [(tree, 1)]
    while waiting:
        node, height = waiting.pop()
        if height > TALLEST:
            raise _too_deep()
        for child in node.iter_expressions():
            chained = type(child) is type(node) and isinstance(node, exp.And | exp.Or)
            waiting.append((child, height + (not chained)))
