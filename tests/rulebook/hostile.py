"""Conditions that want more than a condition may have: thrown at the checker by the hundred thousand.

    python -m tests.rulebook.hostile 300000 [seed]

Every text is either refused with ConditionWrong or becomes an expression that DuckDB's own parser finds harmless and
that computes a plain TRUE, FALSE or NULL from the declared columns, whatever stands in them.
"""
# ruff: noqa: E501 (tables are read line by line)

import json
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator

import duckdb
from sqlglot import exp, parse_one

from bangfu.common.facts import FactKind
from bangfu.rulebook.errors import ConditionWrong
from bangfu.rulebook.expressions import Checker, Expression
from bangfu.rulebook.models import GRAINS
from tests.rulebook import small

SECRET = "a-secret-of-the-machine"
COLUMNS = (
    "age birth_ymd joined_ymd name relation illnesses disabled present months wage member_id household_id village_code "
    "household.income_net_pc household.heads household.any_disabled household.eldest_ymd household.phone village.people"
).split()
# What must never come through, and what it is wrapped in.
ATTACKS = """
read_csv('/etc/passwd')|read_csv_auto('/etc/passwd')|read_parquet('s3://x/y.parquet')|read_text('/etc/passwd')
read_blob('/etc/shadow')|read_json('http://169.254.169.254/')|glob('/*')|sniff_csv('/etc/passwd')
parquet_metadata('x.parquet')|getenv('HOME')|current_setting('secret_directory')|getvariable('x')|pg_sleep(9)
(SELECT 1)|(SELECT name FROM member LIMIT 1)|EXISTS(SELECT 1)|age IN (SELECT age FROM member)|age = ANY(SELECT 1)
(WITH x AS (SELECT 1) SELECT * FROM x)|(FROM member)|(VALUES (1))|(TABLE member)|(FROM '/etc/passwd')
count(*)|sum(age)|max(age) OVER ()|row_number() OVER (PARTITION BY name)|lag(age) OVER (ORDER BY age)|list(age)
CAST(name AS BLOB)|TRY_CAST(name AS INTEGER)|name::INTEGER|name::"file"|'x'::REGCLASS|age::VARCHAR|CAST('/etc' AS TEXT)
ATTACH 'x.db'|DETACH x|COPY member TO '/tmp/x'|EXPORT DATABASE '/tmp/x'|INSTALL httpfs|LOAD httpfs|PRAGMA version
SET threads = 1|RESET ALL|CALL pragma_version()|CREATE TABLE x (a INT)|DROP TABLE member|DELETE FROM member
INSERT INTO member VALUES (1)|UPDATE member SET age = 1|VACUUM|CHECKPOINT|EXPLAIN SELECT 1|DESCRIBE member|USE x
[1, 2]|{'a': 1}|MAP {'a': 1}|struct_pack(a := 1)|x -> x + 1|list_transform([1], x -> x)|[x FOR x IN [1]]|age[1]|name[1:2]
unnest([1])|random()|uuid()|now()|current_date|today()|version()|current_user|current_database()|txid_current()|nextval('s')
name LIKE '%'|name ILIKE 'a'|name ~ 'a'|name SIMILAR TO 'a'|name GLOB '*'|name || name|name COLLATE nocase|age ^ 2|age ** 9
regexp_matches(name, name)|regexp_matches(name, '(a+)+$')|regexp_matches(name, '(?i)a')|regexp_matches(name, '[[:alpha:]]')
regexp_matches(name, 'a{1,99999}')|regexp_matches(name, '\\d')|regexp_matches(name, '(((((a)*)*)*)*)*')|regexp_matches(name, '[')
regexp_replace(name, 'a', 'b')|regexp_extract(name, 'a')|regexp_full_match(name, 'a')|string_split(name, ',')|printf('%s', name)
INTERVAL 1 DAY|DATE '2020-01-01'|TIMESTAMP '2020-01-01'|X'00'|b'01'|E'\\x41'|$$x$$|$tag$x$tag$|U&'\\0041'|N'x'|1e308|0x7fffffff
$nothing|$1|$as_of_ymd.x|?|?1|:name|@age|@@version|#1|{{ age }}|${age}|%(age)s|%s|COLUMNS('.*')|*|member.*|EXCLUDE (age)
"age"|"member"."age"|`age`|[age]|member.age.x|main.member.age|temp.main.member.age|household.village.people|work_record.start_ymd
duckdb_tables()|duckdb_secrets()|information_schema.tables|sqlite_master|pg_catalog.pg_tables|query('SELECT 1')|query_table('member')
age -- x|age /* x */|age; SELECT 1|age;|/*!50000 age */|age # x|age --\n > 1|age\u0000|age\u200b|\uff41ge|аge|age\u202e|age\ufeff
if(age > 1, TRUE, FALSE)|iff(age > 1, 1, 2)|ifnull(age, 1)|nullif(age, 1)|nvl(age, 1)|decode(age, 1, 2)|error('x')|concat(name, 'x')
coalesce(DISTINCT age, 1)|least(age ORDER BY age)|abs(age) FILTER (WHERE TRUE)|abs(DISTINCT age)|length(name, 'utf8')|abs(age => 1)
main.abs(age)|system.main.abs(age)|abs.abs(age)|pg_catalog.abs(age)|age.abs()|name.length()|name.upper()|'x'.length()|abs abs(age)
999999999999999999999999|1_000_000_000_000_000_000|99999999999999.99999|-9223372036854775808|age * age * age * age|months * 999999999999999
wage * wage * wage|wage * 99999999999.9999 * 99999999999.9999|- -age|NOT NOT disabled|age // 0|age % 0|age / 2|age // months|age // -1
age AS x|age x|(age, months)|ROW(age)|age BETWEEN SYMMETRIC 1 AND 2|age IS NOT UNKNOWN|age ISNULL|age NOTNULL|age IS OF (INT)
age IN (1, (SELECT 2))|age IN ()|age IN (months)|relation = '99'|CASE END|CASE WHEN THEN END|CASE age WHEN 1 THEN 2|AND|OR TRUE|NOT
""".replace("\n", "|").split("|")
SOUND = """
age < 16 AND relation <> '01'|household.income_net_pc < $line|household.heads <> 1 OR household.any_disabled
disabled IS NOT TRUE AND present|regexp_matches(household.phone, '^1[3-9][0-9]{9}$')|substr(village_code, 1, 6) = '990121'
months_between(joined_ymd, $as_of_ymd) < 12|years_between(birth_ymd, $as_of_ymd) >= $age_low|coalesce(disabled, FALSE)
CASE WHEN age < 16 THEN disabled WHEN age < 60 THEN FALSE ELSE present END|abs(wage - household.income_net_pc) > 10
birth_ymd BETWEEN 19500101 AND $as_of_ymd|least(months, age, 12) + 1 > greatest(months, 3)|contains(illnesses, '03')
relation IN ('01', '02') AND name IS NOT NULL|wage * 12 < $line * household.members_count|length(name) % 2 = 1
(age > 1) = disabled|upper(name) = lower(name)|starts_with(name, '张') IS DISTINCT FROM present|-months < 3|member_id = household_id
""".replace("\n", "|").split("|")
PIECES = [
    *COLUMNS,
    *"AND OR NOT IN IS NULL TRUE FALSE BETWEEN CASE WHEN THEN ELSE END DISTINCT FROM ( ) ( ) , . + - * // % = <> < <= > >= !="
    " == || ; -- /* */ :: -> => := [ ] { } $ $line $age_low $as_of_ymd 0 1 16 20200930 1.5 1e9 '01' '03' '' '%' 'a''b' \" ` @ # ? ^ & ~ !"
    " SELECT FROM WHERE WITH UNION LATERAL OVER FILTER ORDER BY GROUP HAVING LIMIT AS ALL ANY EXISTS LIKE CAST INTERVAL"
    " abs( least( coalesce( length( substr( upper( regexp_matches( contains( months_between( read_csv( getenv( glob(".split(),
]  # fmt: skip
ODD = "\x00\x01\t\r\n\u00a0\u200b\u2028\u3000\ufeff\ufffd'\"`\\;-/*$@#（），。＝＜｀𝓪①é\U0001f600"
HOLES = (
    "{}", "({})", "NOT {}", "{} = 1", "{} IS NULL", "age = {}", "age > {} AND disabled", "disabled OR {}", "abs({}) > 1", "{} > age",
    "coalesce({}, FALSE)", "CASE WHEN {} THEN TRUE END", "CASE WHEN disabled THEN {} ELSE FALSE END", "age IN (1, {})",
    "age BETWEEN {} AND 3", "length({}) > 2", "name = {}", "({}) AND ({})", "least(age, {}) > 1", "regexp_matches({}, 'a')",
    "starts_with(name, {})", "{} IS NOT DISTINCT FROM name", "wage * {} > 3", "-{} < 1", "substr(name, {}, 2) = 'x'", "{} <> {}",
)  # fmt: skip
NESTS = (("(", ")"), ("NOT (", ")"), ("abs(", ")"), ("CASE WHEN disabled THEN ", " END"), ("-(", ")"), ("age + (", ")"), ("- ", ""),
         ("NOT ", ""), ("coalesce(", ", FALSE)"), ("disabled AND (", ")"), ("age + ", ""), ("disabled OR ", ""), ("[", "]"), ("{", "}"),
         ("(SELECT ", ")"), ("f(", ")"), ("CASE age WHEN 1 THEN ", " END"), ("age = ", ""), ("disabled = NOT ", ""))  # fmt: skip


def texts(number: int, seed: int) -> Iterator[str]:
    """`number` conditions, nearly all of them wrong in one way or another; the same for the same seed."""
    dice = random.Random(seed)
    makers = (_planted, _planted, _mutated, _mutated, _varied, _varied, _soup, _nested)
    for _ in range(number):
        yield dice.choice(makers)(dice)


def _planted(dice: random.Random) -> str:
    """An attack in the hole of something sound, perhaps in a hole of a hole."""
    text = dice.choice(ATTACKS)
    for _ in range(dice.choice((0, 1, 1, 2, 3))):
        hole = dice.choice(HOLES)
        text = hole.replace("{}", text, 1).replace("{}", dice.choice(COLUMNS + SOUND))
    return text


def _mutated(dice: random.Random) -> str:
    """A sound condition, or an attack, with a few pieces or characters changed."""
    text = dice.choice(SOUND) if dice.random() < 0.8 else _planted(dice)
    for _ in range(dice.randint(1, 3)):
        at, kind = dice.randint(0, len(text)), dice.random()
        words = text.split(" ")
        word = dice.randrange(len(words))
        if kind < 0.15:
            text = text[:at] + text[at + 1 :]
        elif kind < 0.3:
            text = text[:at] + dice.choice(ODD) + text[at:]
        elif kind < 0.4:
            text = text[:at] + f" {dice.choice(ATTACKS)} " + text[at:]
        elif kind < 0.8:
            words[word] = dice.choice(PIECES)
            text = " ".join(words)
        elif kind < 0.9:
            text = " ".join(words[:word] + words[word + 1 :])
        else:
            text = f"{text} {dice.choice(('AND', 'OR', '=', ',', ';', 'UNION', '+', ''))} {dice.choice(SOUND)}"
    return text


LIKE_PIECES = (
    COLUMNS, "= <> < <= > >=".split(), "AND OR".split(), "+ - * // %".split(), "0 1 16 60 20200930 1.5 7000".split(),
    "'01' '02' '03' '990121'".split(), "least( greatest( coalesce(".split(), "$line $age_low $as_of_ymd $as_of_year".split(),
)  # fmt: skip


def _varied(dice: random.Random) -> str:
    """Sound conditions joined, in which a few pieces were exchanged for others of their kind: many are sound again."""
    text = f" {dice.choice(('AND', 'OR', 'AND NOT'))} ".join(
        f"({dice.choice(SOUND)})" for _ in range(dice.choice((1, 1, 2, 3)))
    )
    words = text.replace("(", "( ").replace(")", " )").replace(",", " ,").split()
    for _ in range(dice.randint(0, 2)):
        at = dice.randrange(len(words))
        kinds = [kind for kind in LIKE_PIECES if words[at] in kind]
        if kinds:
            words[at] = dice.choice(kinds[0])
    return " ".join(words)


def _soup(dice: random.Random) -> str:
    return " ".join(dice.choice(PIECES) for _ in range(dice.randint(1, 14)))


def _nested(dice: random.Random) -> str:
    before, after = dice.choice(NESTS)
    depth = dice.choice((2, 5, 8, 15, 20, 30, 60, 120))
    core = dice.choice(("disabled", "age > 1", "1", *ATTACKS))
    return before * depth + core + after * depth


# What is asked of every expression that comes through.

FUNCTIONS = frozenset(
    "abs length substring contains starts_with regexp_matches upper lower least greatest + - * // %".split()
)
KINDS = frozenset(
    {"COMPARISON", "CONJUNCTION", "OPERATOR", "COLUMN_REF", "CONSTANT", "FUNCTION", "CASE", "CAST", "TYPE", "BETWEEN"}
)
NODES = (
    exp.And, exp.Or, exp.Not, exp.Paren, exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.NullSafeEQ, exp.NullSafeNEQ,
    exp.Between, exp.In, exp.Is, exp.Case, exp.If, exp.Neg, exp.Add, exp.Sub, exp.Mul, exp.IntDiv, exp.Mod, exp.Coalesce,
    exp.Least, exp.Greatest, exp.Abs, exp.Length, exp.Upper, exp.Lower, exp.Substring, exp.Contains, exp.StartsWith,
    exp.RegexpLike, exp.Column, exp.Identifier, exp.Literal, exp.Boolean, exp.Null, exp.Cast, exp.DataType, exp.DataTypeParam,
)  # fmt: skip


class Judge:
    """A bare DuckDB that may open nothing, with a few rows of the worst values in the declared columns."""

    def __init__(self, checker: Checker) -> None:
        self.checker = checker
        self.columns = {
            (table, name)
            for table in GRAINS
            for name in (
                *(c.name for c in small.SCHEMA.table(table).columns if not c.computed),
                *(f.name for f in small.FEATURES if f.grain == table),
            )
        }
        self.connection = duckdb.connect(config={"enable_external_access": "false", "threads": "1"})
        self.connection.execute("SET lock_configuration = true")
        for table in GRAINS:
            self.connection.execute(f"CREATE TABLE {table} AS {self._rows(table)}")

    def _rows(self, table: str) -> str:
        kinds = {column.name: column.kind for column in small.SCHEMA.table(table).columns if not column.computed}
        kinds |= {
            f.name: self.checker.kind_of_feature(*key) for key, f in self.checker.features.items() if key[0] == table
        }
        worst = {
            FactKind.WHOLE: ("-2147483648", "2147483647", "3"),
            FactKind.AMOUNT: ("-999999999999.99", "999999999999.99", "7000"),
            FactKind.DAY: ("0", "99999999", "20040229"),
            FactKind.KEY: ("-9223372036854775808", "9223372036854775807", "7"),
            FactKind.FLAG: ("FALSE", "TRUE", "TRUE"),
        }
        rows = []
        for at in range(4):
            given = [
                f"({('NULL', *worst.get(kind, (repr(''), repr('é' * 50), repr('13900000000'))))[at]})::{small.sql_type(kind)} AS {name}"
                for name, kind in kinds.items()
            ]
            rows.append(f"SELECT {', '.join(given)}")
        return " UNION ALL ".join(rows)

    def judge(self, expression: Expression, *, run: bool = True) -> None:
        """Raises AssertionError, or DuckDB's own error, for an expression that is more than a condition. Its tree is
        always looked at; `run` also asks DuckDB's parser, renders it for Spark and computes it."""
        sql = expression.sql(bind=small.BIND)
        above = GRAINS[GRAINS.index(expression.grain) :]
        for node in parse_one(sql, dialect="duckdb").walk():
            assert type(node) in NODES, (type(node), sql)
            if isinstance(node, exp.Column):
                assert (node.table, node.name) in self.columns and node.table in above, sql
        if not run:
            return
        statement = f"SELECT {sql} FROM {', '.join(above)}"
        ((told,),) = self.connection.execute("SELECT json_serialize_sql(?)", [statement]).fetchall()
        tree = json.loads(told)
        assert not tree["error"] and len(tree["statements"]) == 1, sql
        self._harmless(tree["statements"][0]["node"]["select_list"], sql)
        expression.sql("spark", bind=small.BIND)
        for (value,) in self.connection.execute(statement).fetchall():
            assert value in (True, False, None), sql

    def _harmless(self, tree: object, sql: str) -> None:
        """What DuckDB itself reads in the text: no other class of expression, no other function."""
        waiting = [tree]
        while waiting:
            node = waiting.pop()
            if isinstance(node, list):
                waiting += node
            elif isinstance(node, dict):
                if "class" in node:
                    assert node["class"] in KINDS, (node["class"], sql)
                    if node["class"] == "FUNCTION":
                        assert node["function_name"] in FUNCTIONS and not node["schema"], (node["function_name"], sql)
                waiting += node.values()


def throw(number: int, seed: int = 1, *, run_one_in: int = 1) -> Counter[str]:
    """Throws `number` texts; counts those tried, refused, accepted and run."""
    checker = small.checker()
    judge = Judge(checker)
    told: Counter[str] = Counter()
    for text in texts(number, seed):
        told["tried"] += 1
        grain = "member" if told["tried"] % 8 else ("household", "work_record", "village")[told["tried"] // 8 % 3]
        try:
            expression = checker.check(text, grain)
        except ConditionWrong as refusal:
            assert refusal.reason and refusal.proposal
            told["refused"] += 1
            continue
        told["accepted"] += 1
        run = told["accepted"] % run_one_in == 0
        told["run"] += run
        judge.judge(expression, run=run)
    return told


def main() -> None:
    import django

    django.setup()
    number, seed = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1
    started = time.perf_counter()
    told = throw(number, seed, run_one_in=4)
    seconds = time.perf_counter() - started
    sys.stdout.write(f"{dict(told)} in {seconds:.0f} s\n")


if __name__ == "__main__":
    main()
