"""axe finds no serious fault on any page, on desk and phone."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client

from bangfu.accounts.models import Officer, Post
from bangfu.casework.models import Posting
from bangfu.common.places import Level
from tests.browser.conftest import DESK, PHONE, Site
from tests.scope.files import take_snapshot
from tests.scope.walking import QUESTIONS, Pattern, own_values, patterns
from tests.scope.world import DAY, Spot, branch, plant

AXE = Axe()
SESSION = settings.SESSION_COOKIE_NAME
SERIOUS = {"serious", "critical"}
# Doors out, and doors that other programs knock at.
NO_PAGES = re.compile(r"sign-out|set-language|static|media|odk|phone-")
# Who is asked to open a page, in this order. Whoever acts on a case or for a household sees its forms too.
COUNTY, VILLAGE = ("county_office", Level.COUNTY), ("village_committee", Level.VILLAGE)
OTHERS = tuple(
    (role, Level.COUNTY)
    for role in ("policy_officer", "system_administrator", "security_administrator", "audit_administrator")
)
OF_THE_VILLAGE = re.compile(r"cases/(<|meetings|postings|applications)|visits/|help/|households/<|field/")


@pytest.fixture
def world(transactional_db: None) -> Spot:
    """A branch of the tree with a row of every kind in its village."""
    made = plant(branch(None, Level.PROVINCE, 2, 0), [], 0)
    assert made.village
    take_snapshot([made.village])
    Posting.objects.update(on_the_web=True)
    return made


def addresses(pattern: Pattern, world: Spot) -> Iterator[str]:
    """Where a page may be, with whatever it wants to be asked; the first that opens will do."""
    for values in own_values(pattern, world):
        url = pattern.url(values)
        yield url
        yield from (f"{url}?{question}" for question in QUESTIONS.get(pattern.name, ()))


def widths_of(pattern: Pattern) -> list[dict[str, int]]:
    """How wide a page is looked at: lists and forms of their own at both widths; what belongs to one thing as wide as
    those who work with it mostly see it, since both take minutes and are drawn by the same parts."""
    if not pattern.arguments:
        return [DESK, PHONE]
    return [PHONE] if OF_THE_VILLAGE.match(pattern.route) else [DESK]


# Contrasts are worked out from what lies above what, which takes ten times as long as all else together: of what is
# written the same in the same surroundings once is enough. The keys of what was looked at, one for each width.
COLOURS = (Path(__file__).parent / "colours.js").read_text(encoding="utf-8")
CONTRAST = "color-contrast"
# The rules that axe asks by default, of those whose faults are wanted: a rule has one weight for all that it finds.
RUN = f"""() => {{
    axe.configure({{rules: [{{id: '{CONTRAST}', selector: '*:not([data-colours-known])'}}]}});
    const wanted = ({{impact, enabled, tags}}) => enabled && {sorted(SERIOUS)}.includes(impact)
        && !tags.some((tag) => ['experimental', 'deprecated'].includes(tag));
    const values = axe._audit.rules.filter(wanted).map((rule) => rule.id);
    // a fault is told by what is written there: nobody asks by which selector it would be found again
    const told = {{resultTypes: ['violations'], elementRef: false, selectors: false}};
    return axe.run({{...told, runOnly: {{type: 'rule', values}}}});
}}"""


def faults(page: Any, *widths: dict[str, int], known: set[str] | None = None) -> list[str]:
    """Serious faults as sentences: what is wrong, and where; at each of the widths, or as the page is. `known` are the
    colours that need not be looked at again."""
    if page.evaluate("typeof axe") == "undefined":  # else it came with every page of this browser
        page.evaluate(AXE.axe_script)
    known = set() if known is None else known
    found = []
    for width in widths or (page.viewport_size,):
        if width != page.viewport_size:
            page.set_viewport_size(width)
        # thousands of keys: one text goes into the browser at once, a list of them one by one
        known.update(page.evaluate(COLOURS, " ".join(known)).split())
        found += [
            f"{fault['id']}, {width['width']} px: {node['html'][:160]}"
            for fault in page.evaluate(RUN)["violations"]
            if fault["impact"] in SERIOUS
            for node in fault["nodes"]
        ]
    return found


def opened(pattern: Pattern, world: Spot, officers: list[Any]) -> Any:
    """The browser in which a page opens, with its address; None for what only takes a POST, for files and for parts of
    pages. Raises AssertionError when it opens for nobody."""
    tried = []
    for page in officers:
        for address in addresses(pattern, world):
            answer = page.client.get(address)
            tried.append((address, answer.status_code))
            if answer.status_code in (204, 302, 405):
                return None
            if answer.status_code == 200:
                whole = "text/html" in answer.headers["Content-Type"] and b"<html" in answer.content
                return (page, address) if whole else None
    raise AssertionError(f"nobody opens {pattern.name}: {tried}")


def test_axe_finds_no_serious_fault_on_any_page_of_phone_or_desk(site: Site, world: Spot):
    def browser_of(role: str, level: Level) -> Any:
        who = Officer.objects.create(username=f"{role}-axe", name="走查", area=world.at(level))
        Post.objects.create(officer=who, role_id=role, area=world.at(level), starts_on=DAY)
        page = site.open_page(phone=True, bypass_csp=True)
        page.client = Client(raise_request_exception=False)
        page.client.force_login(who, backend="django.contrib.auth.backends.ModelBackend")
        cookie = {"name": SESSION, "value": page.client.cookies[SESSION].value, "url": site.url}
        page.context.add_cookies([cookie])
        page.add_init_script(AXE.axe_script)
        return page

    county, village, *others = (browser_of(*each) for each in (COUNTY, VILLAGE, *OTHERS))
    wrong: dict[str, list[str]] = {}
    colours: set[str] = set()
    looked_at = 0
    for pattern in patterns():
        if NO_PAGES.search(pattern.name) or NO_PAGES.search(pattern.route):
            continue
        first = [village, county] if OF_THE_VILLAGE.match(pattern.route) else [county, village]
        if found := opened(pattern, world, [*first, *others]):
            page, address = found
            page.goto(site.url + address)
            looked_at += 1
            if seen := faults(page, *widths_of(pattern), known=colours):
                wrong[address] = seen
    assert wrong == {}
    assert looked_at > 150


def test_axe_finds_no_serious_fault_before_signing_in(site: Site):
    page = site.open_page(phone=True, bypass_csp=True)
    page.goto(f"{site.url}/sign-in/")
    assert faults(page) == []


def test_axe_would_find_a_field_without_a_label(site: Site):
    page = site.open_page(phone=False, bypass_csp=True)
    page.goto(f"{site.url}/sign-in/")
    page.evaluate("document.querySelector('main').innerHTML = '<input type=text>'")
    assert faults(page)
    # that rules may be left out by their weight
    assert page.evaluate("axe._audit.rules.every((rule) => rule.impact)")


def test_pale_letters_are_found_wherever_they_are_new(site: Site):
    """What was looked at on one page is not looked at again on the next; a paler word there, or a paler ground, is."""
    page = site.open_page(phone=False, bypass_csp=True)
    page.goto(f"{site.url}/sign-in/")
    colours: set[str] = set()
    assert faults(page, DESK, PHONE, known=colours) == []
    first = len(colours)
    assert faults(page, DESK, PHONE, known=colours) == []
    assert len(colours) == first
    for paler in (
        "document.querySelector('.card-body').insertAdjacentHTML('beforeend', '<p style=\"color: #ddd\">太淡的字</p>')",
        "document.querySelector('label').style.color = '#eee'",
        "document.querySelector('.card-body').style.background = '#555'",
    ):
        page.goto(f"{site.url}/sign-in/")
        page.evaluate(paler)
        assert [each for each in faults(page, DESK, known=colours) if each.startswith(CONTRAST)], paler
