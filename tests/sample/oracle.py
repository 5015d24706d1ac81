"""What the rules of the field find in plain tables, asked in SQL that knows nothing of the generator.

`find` answers, for every rule, who breaks it: a set of (household_no, person_no), person "" for a rule about the
household. Ages are full years on the day of the sample county, for schools on 1 September.
"""
# ruff: noqa: E501 (a rule is read in one piece)

import duckdb
import pyarrow as pa

DAY = "DATE '2020-09-30'"
YEAR = 2020
WATCH_LINE = 5000
ID = "regexp_full_match(id_no, '[0-9]{17}[0-9X].*')"
CHECK = " + ".join(
    f"{w} * CAST(substr(id_no, {i}, 1) AS INT)"
    for i, w in enumerate((7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2), 1)
)
AGE = "CAST(strftime({day}, '%Y%m%d') AS INT) // 1 - CAST(strftime(birth_date, '%Y%m%d') AS INT)"

VIEWS = f"""
CREATE VIEW h AS SELECT *, household_type = '01' AS poor, monitor_category IS NOT NULL AS mon FROM household;
CREATE VIEW p AS SELECT m.*, poor, mon,
    ({AGE.format(day=DAY)}) // 10000 AS age, ({AGE.format(day="DATE '2020-09-01'")}) // 10000 AS school_age,
    health_status = '01' AS healthy, student_status IS NOT NULL AND student_status <> '01' AS student,
    labor_capacity IN ('01', '02') AS full_labour
  FROM member m JOIN h USING (household_no) WHERE left_on IS NULL;
CREATE VIEW w AS SELECT w.*, p.household_no, p.age, p.healthy, p.student, p.labor_capacity, p.phone, p.birth_date,
    p.tekun_status, p.student_status
  FROM work_record w JOIN p USING (person_no);
CREATE VIEW head AS SELECT household_no, min(sex) AS sex, min(birth_date) AS birth_date, min(age) AS age, count(*) AS n
  FROM p WHERE relation_to_head = '01' GROUP BY household_no;
CREATE VIEW spouse AS SELECT household_no, min(sex) AS sex, min(birth_date) AS born_first, max(birth_date) AS born_last,
    count(*) AS n FROM p WHERE relation_to_head = '02' GROUP BY household_no;
CREATE VIEW size AS SELECT household_no, count(*) AS n,
    bool_or(labor_capacity NOT IN ('03', '04')) AS able,
    bool_or(dibao_status = '02' OR tekun_status = '02') AS helped FROM p GROUP BY household_no;
CREATE TABLE net AS SELECT household_no, i.year, floor(sum(CASE
      WHEN code LIKE 'production_expense.%' THEN -amount WHEN code LIKE 'transfer_expense.%' THEN 0 ELSE amount END)
      / any_value(members_counted)) AS per_head
  FROM income_item i JOIN income_year y USING (household_no, year) GROUP BY household_no, i.year;
"""

HOMES = "household_no, ''"
PERSONS = "household_no, person_no"


def p(condition: str) -> str:
    return f"SELECT {PERSONS} FROM p WHERE {condition}"


def h(condition: str) -> str:
    return f"SELECT {HOMES} FROM h WHERE {condition}"


def w(condition: str) -> str:
    return f"SELECT DISTINCT {PERSONS} FROM w WHERE {condition}"


COMPULSORY = "school_age BETWEEN 6 AND 16 AND NOT student"
UNINSURED = (
    "coalesce(resident_medical_insurance, false) = false AND coalesce(employee_medical_insurance, false) = false"
)
NOW = "end_month IS NULL"
RULES: dict[str, str] = {
    "Q001": p("substr(id_no, 1, 18) IN (SELECT substr(id_no, 1, 18) FROM p GROUP BY 1 HAVING count(*) > 1)"),
    "Q002": p("length(id_no) NOT IN (18, 20, 22)"),
    "Q003": p(f"length(id_no) = 18 AND {ID} AND substr('10X98765432', ({CHECK}) % 11 + 1, 1) <> substr(id_no, 18, 1)"),
    "Q004": p(
        f"length(id_no) IN (20, 22) AND (NOT {ID} OR substr('10X98765432', ({CHECK}) % 11 + 1, 1) <> substr(id_no, 18, 1)"
        " OR substr(id_no, 19, 1) NOT IN ('1','2','3','4','5','6','7') OR substr(id_no, 20, 1) NOT IN ('1','2','3','4'))"
    ),
    "Q005": p("id_no IS NULL OR id_no = '' OR id_no LIKE '999999%'"),
    "Q006": p(
        f"length(id_no) IN (18, 20, 22) AND (try_strptime(substr(id_no, 7, 8), '%Y%m%d') IS NULL OR "
        f"substr(id_no, 7, 4) < '1900' OR substr(id_no, 7, 8) > strftime({DAY}, '%Y%m%d'))"
    ),
    "Q007": p(
        "length(id_no) IN (18, 20, 22) AND (substr(id_no, 7, 8) <> strftime(birth_date, '%Y%m%d') OR "
        "(CAST(substr(id_no, 17, 1) AS INT) % 2 = 1) <> (sex = '1'))"
    ),
    "Q008": p("health_status LIKE '%04%' AND id_type <> '02'"),
    "Q009": p("id_type = '02' AND health_status NOT LIKE '%04%'"),
    "Q010": p(
        "substr(id_no, 1, 18) IN (SELECT substr(id_no, 1, 18) FROM p GROUP BY 1 HAVING count(DISTINCT household_no) > 1)"
    ),
    "Q011": "SELECT a.household_no, a.person_no FROM p a JOIN p b ON a.name = b.name AND a.birth_date = b.birth_date "
    "AND a.person_no <> b.person_no WHERE length(a.id_no) >= 18 AND length(b.id_no) >= 18 AND "
    "hamming(substr(a.id_no, 1, 18), substr(b.id_no, 1, 18)) BETWEEN 1 AND 2",
    "Q012": p("substr(id_no, 1, 18) IN (SELECT substr(id_no, 1, 18) FROM member WHERE left_by = '01')"),
    "Q015": h(
        "household_no IN (SELECT household_no FROM member WHERE left_by = '01' AND relation_to_head = '01') AND "
        "household_no NOT IN (SELECT household_no FROM head)"
    ),
    "Q020": h("household_no NOT IN (SELECT household_no FROM head)"),
    "Q021": f"SELECT {HOMES} FROM head WHERE n > 1",
    "Q022": f"SELECT {HOMES} FROM spouse WHERE n > 1",
    "Q023": p("relation_to_head IS NULL"),
    "Q024": f"SELECT {HOMES} FROM head JOIN spouse USING (household_no) WHERE head.sex = spouse.sex AND head.n = 1",
    "Q025": p(
        "(relation_to_head IN ('03','06','07','09','11','13','15','17','19','22','24','27') AND sex = '2') OR "
        "(relation_to_head IN ('04','05','08','10','12','14','16','18','20','23','25','26') AND sex = '1')"
    ),
    "Q026": """SELECT p.household_no, p.person_no FROM p LEFT JOIN head USING (household_no)
        LEFT JOIN spouse USING (household_no), LATERAL (SELECT CASE
          WHEN relation_to_head IN ('03', '04') THEN least(p.birth_date - head.birth_date, p.birth_date - spouse.born_last)
          WHEN relation_to_head IN ('11', '12') THEN head.birth_date - p.birth_date
          WHEN relation_to_head IN ('13', '14', '15', '16') THEN spouse.born_first - p.birth_date END AS low, CASE
          WHEN relation_to_head IN ('03', '04') THEN greatest(p.birth_date - head.birth_date, p.birth_date - spouse.born_first)
          WHEN relation_to_head IN ('11', '12') THEN head.birth_date - p.birth_date
          WHEN relation_to_head IN ('13', '14', '15', '16') THEN spouse.born_last - p.birth_date END AS high)
        WHERE low < 14 * 365.25 OR high > 60 * 365.25""",
    "Q027": f"SELECT {HOMES} FROM head WHERE age < 16",
    "Q028": h("phone IS NULL OR NOT regexp_full_match(phone, '1[3-9][0-9]{9}')"),
    "Q029": p("phone IN (SELECT phone FROM p GROUP BY 1 HAVING count(DISTINCT household_no) > 1)"),
    "Q030": f"SELECT DISTINCT {PERSONS} FROM w WHERE {NOW} AND (household_no, phone) IN (SELECT (household_no, phone) "
    f"FROM w WHERE {NOW} AND phone IS NOT NULL GROUP BY household_no, phone HAVING count(DISTINCT work_place_code) > 1)",
    "Q031": w(f"{NOW} AND (phone IS NULL OR NOT regexp_full_match(phone, '1[3-9][0-9]{{9}}'))"),
    "Q032": p("ethnicity IS NULL OR health_status IS NULL OR labor_capacity IS NULL OR relation_to_head IS NULL"),
    "Q040": p("education_level IS NULL AND student_status IS NULL AND dropout_reason IS NULL"),
    "Q041": p("education_level IS NOT NULL AND student_status IS NOT NULL"),
    "Q042": p(f"{COMPULSORY} AND dropout_reason IS NULL"),
    "Q043": p(f"{COMPULSORY} AND dropout_reason IS NULL AND NOT mon"),
    "Q044": p("dropout_reason IN ('01', '02') AND healthy"),
    "Q045": p("age >= 7 AND healthy AND student_status IN ('17', '02')"),
    "Q046": p("student_status = '03' AND (age < 6 OR age > 14)"),
    "Q047": p("student_status IN ('04', '05', '06') AND (age < 12 OR age > 17)"),
    "Q048": p("student_status BETWEEN '07' AND '12' AND (age < 15 OR age > 20)"),
    "Q049": p("student_status IN ('13','14','15','16','18','19','20','21','22','23','24','25','26','27') AND age < 18"),
    "Q050": p("student_status = '27' AND age < 20"),
    "Q051": p("age BETWEEN 16 AND 22 AND NOT student AND education_level IN ('01', '02')"),
    "Q052": p("student AND student_status <> '17' AND labor_capacity <> '04'"),
    "Q053": w(f"{NOW} AND student_status BETWEEN '02' AND '12'"),
    "Q057": p(
        "(education_level IN ('05', '07', '08') OR labor_capacity = '02') AND age BETWEEN 16 AND 59 AND "
        "person_no NOT IN (SELECT person_no FROM work_record)"
    ),
    "Q060": p(UNINSURED),
    "Q061": p("resident_medical_insurance AND employee_medical_insurance"),
    "Q062": p("(poor OR mon) AND coalesce(serious_illness_insurance, false) = false"),
    "Q063": p(
        "serious_illness_insurance = false OR (resident_medical_insurance = false AND "
        "coalesce(employee_medical_insurance, false) = false)"
    ),
    "Q064": p("age >= 16 AND NOT student AND resident_pension IS NULL AND employee_pension IS NULL"),
    "Q065": p(f"{UNINSURED} AND medical_assistance_received"),
    "Q066": p("age BETWEEN 16 AND 59 AND healthy AND NOT student AND labor_capacity IN ('03', '04', '05')"),
    "Q067": p("age < 16 AND labor_capacity <> '04'"),
    "Q068": p("age >= 60 AND full_labour"),
    "Q069": p("age BETWEEN 16 AND 59 AND NOT healthy AND full_labour"),
    "Q070": p("length(id_no) >= 20 AND substr(id_no, 19, 2) IN ('41', '42') AND labor_capacity = '01'"),
    "Q071": p(
        "regexp_matches(health_status, '02|03') AND coalesce(serious_illness_insurance, false) = false AND NOT mon"
    ),
    "Q072": p("tekun_status = '02' AND age BETWEEN 18 AND 59 AND healthy AND NOT student"),
    "Q073": w("tekun_status = '02'"),
    "Q074": f"SELECT {HOMES} FROM size WHERE NOT able AND NOT helped",
    "Q080": w("labor_capacity IN ('03', '04', '05')"),
    "Q081": w("start_month + INTERVAL 1 MONTH - INTERVAL 1 DAY < birth_date + INTERVAL 16 YEAR"),
    "Q082": p("public_job IS NOT NULL AND age < 16"),
    "Q083": p("public_job IS NOT NULL AND age >= 70"),
    "Q084": p("(public_job IS NULL) <> (public_job_months IS NULL)"),
    "Q086": p("public_job IS NOT NULL AND labor_capacity IN ('03', '04')"),
    "Q087": w("work_place_code <> '990121' AND employment_channel IN ('04', '05')"),
    "Q088": w("work_place_code IS NULL OR work_place_code LIKE '__0000'"),
    "Q089": w(
        f"{NOW} AND (monthly_income IS NULL OR employer IS NULL OR industry IS NULL OR employment_channel IS NULL OR "
        "point_to_point_transport IS NULL)"
    ),
    "Q090": w("monthly_income < 40000 OR monthly_income > 3000000"),
    "Q091": "SELECT DISTINCT a.household_no, a.person_no FROM w a JOIN w b USING (person_no) WHERE "
    "b.start_month > a.start_month AND b.start_month < coalesce(a.end_month, DATE '9999-01-01')",
    "Q096": w("travel_subsidy > 0 AND work_place_code = '990121'"),
    "Q100": h("dangerous_house AND poor AND NOT mon"),
    "Q101": h("safe_water_solved = false AND poor AND NOT mon"),
    "Q102": h(f"poor AND NOT mon AND household_no IN (SELECT household_no FROM net WHERE year = {YEAR} AND "
              f"per_head < {WATCH_LINE * 100})"),
    "Q103": h(
        "NOT mon AND (dangerous_house OR safe_water_solved = false OR household_no IN (SELECT household_no FROM p WHERE "
        f"({UNINSURED}) OR ({COMPULSORY})))"
    ),
    "Q104": h(
        "safe_water_solved IS NULL OR dangerous_house IS NULL OR house_area_m2 IS NULL OR sanitary_toilet IS NULL OR "
        "access_road_type IS NULL OR living_power IS NULL"
    ),
    "Q105": h("living_power = false"),
    "Q106": h(
        "cultivated_land_mu IS NULL OR forest_mu IS NULL OR returned_forest_mu IS NULL OR orchard_mu IS NULL OR "
        "pasture_mu IS NULL OR water_mu IS NULL OR irrigated_land_mu IS NULL"
    ),
    "Q107": h(
        "cultivated_land_mu NOT BETWEEN 0 AND 10000 OR forest_mu NOT BETWEEN 0 AND 20000 OR returned_forest_mu NOT BETWEEN "
        "0 AND 10000 OR orchard_mu NOT BETWEEN 0 AND 20000 OR pasture_mu NOT BETWEEN 0 AND 10000 OR water_mu NOT BETWEEN "
        "0 AND 10000"
    ),
    "Q108": h("distance_to_main_road_km IS NULL OR distance_to_main_road_km > 500"),
    "Q109": f"SELECT {HOMES} FROM h JOIN size USING (household_no) WHERE house_area_m2 < 1300 * n OR house_area_m2 > 10000 * n",
    "Q189": f"SELECT DISTINCT {HOMES} FROM net a JOIN net b USING (household_no) WHERE b.year = a.year + 1 AND "
    "(b.per_head > 1.5 * a.per_head OR b.per_head < 0.5 * a.per_head)",
    "Q190": f"SELECT {HOMES} FROM net JOIN h USING (household_no) WHERE year = {YEAR} AND (village_id, per_head) IN "
    f"(SELECT (village_id, per_head) FROM net JOIN h USING (household_no) WHERE year = {YEAR} GROUP BY village_id, "
    "per_head HAVING count(*) >= 8)",
    "Q194": h("house_grade IN ('C', 'D') AND dangerous_house = false"),
}  # fmt: skip


def find(tables: dict[str, pa.Table]) -> dict[str, set[tuple[str, str]]]:
    """Everybody whom each rule finds."""
    connection = duckdb.connect()
    for name, table in tables.items():
        connection.register(name, table)
    connection.execute(VIEWS)
    return {rule: set(connection.execute(sql).fetchall()) for rule, sql in RULES.items()}
