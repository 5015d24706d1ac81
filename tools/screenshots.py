"""The pictures of README.md, taken from the sample county with Chromium: `.venv/bin/python tools/screenshots.py`.

Serves a home of its own (--home DIR to use one that is prepared already), signs in as officers of the sample county and
writes docs/screenshots/*.png, each under 200 kB. Needs the development lock and Chromium (Debian: apt install chromium
fonts-noto-cjk).
"""

import argparse
import io
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
PASSWORD = "Yunling-2020"
DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
LIMIT = 200_000


@contextmanager
def served(home: Path) -> Iterator[str]:
    """The address of the sample county in `home`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "BANGFU_HOME": str(home)}
    process = subprocess.Popen(
        [sys.executable, "-m", "bangfu", "demo", "--port", str(port)], env=environment, stdout=subprocess.DEVNULL
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(address)
                break
            except OSError:
                time.sleep(0.5)
        yield address
    finally:
        process.terminate()
        process.wait()


def keep(page: Page, file: Path) -> None:
    """A picture of what is seen, in as few colours as keep it under the limit."""
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(700)  # charts draw themselves in
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    for colours in (256, 128, 64, 32):
        out = io.BytesIO()
        picture.quantize(colours, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
        if len(out.getvalue()) < LIMIT:
            break
    file.write_bytes(out.getvalue())
    print(f"{file.relative_to(ROOT)}  {len(out.getvalue()) // 1000} kB")


def signed_in(browser: Browser, address: str, username: str, size: dict[str, int], language: str = "zh-CN") -> Page:
    page = browser.new_context(viewport=size, locale=language, device_scale_factor=1).new_page()  # type: ignore[arg-type]
    page.goto(f"{address}/sign-in/")
    page.fill("input[name=username]", username)
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(lambda url: "sign-in" not in url, timeout=60_000)
    return page


def village(page: Page, address: str) -> None:
    """The profile of the village whose paper prints 17.8 % where its own figures give 18.9 %."""
    page.goto(f"{address}/areas/?q=盘石村")
    page.get_by_role("link", name="盘石村").first.click()


def first_household(page: Page, address: str) -> None:
    """One that is still poor; where there is none, any."""
    page.goto(f"{address}/households/?poor=yes")
    if not page.locator("a[href^='/households/9'], tbody a").count():
        page.goto(f"{address}/households/")
    links = page.locator("a[href^='/households/']").evaluate_all("all => all.map(a => a.getAttribute('href'))")
    page.goto(address + next(link for link in links if re.fullmatch(r"/households/\d+/", link)))


def ledger(page: Page, address: str) -> None:
    first_household(page, address)
    page.goto(f"{page.url}income/")


def rehearsal(page: Page, address: str) -> None:
    """A small table of members with some of the usual faults, rehearsed."""
    rows = [
        "户编号,姓名,证件号码,与户主关系,文化程度,健康状况",
        "990121000001,王小雨,990121201503081242,之女,小学,健康",
        "990121000002,李建国,990121196804121232,配偶,初中,健康",
        "990121000003,张秀兰,522225196804121234,配偶,初中,健康",
        "990121000004,赵明,5.22225E+17,之子,高中,健康",
        "990121000005,陈·梅,990121201001011228,之女,小学二年级,健康",
        "990121999999,周强,990121198001011215,户主,初中,健康",
    ]
    page.goto(f"{address}/households/import/new/")
    page.set_input_files(
        "#id_files", {"name": "石桥村成员.csv", "mimeType": "text/csv", "buffer": "\n".join(rows).encode("gb18030")}
    )
    page.click("#upload button[type=submit]")
    page.wait_for_selector("table", timeout=90_000)


def first_finding(page: Page, address: str) -> None:
    page.goto(f"{address}/findings/")
    page.click("#rows .cell-title a >> nth=0")
    page.wait_for_load_state()


def case_in_appraisal(page: Page, address: str) -> None:
    page.goto(f"{address}/cases/?whose=all&procedure=monitoring_entry&step=appraisal")
    page.click("#rows .cell-title a >> nth=0")
    page.wait_for_load_state()


def first_posting(page: Page, address: str) -> None:
    page.goto(f"{address}/cases/postings/")
    page.click(".cell-title a >> nth=-1")
    page.wait_for_load_state()


def supposed(page: Page, address: str) -> None:
    page.goto(f"{address}/measures/what-if/?figure=monitoring_line&value=6000&amount=400")


def help_of_one(page: Page, address: str) -> None:
    """The help of the first household for which there is a measure."""
    page.goto(f"{address}/help/")
    page.click("#rows a[href^='/help/households/'], #rows a[href^='/households/'] >> nth=0")
    page.wait_for_load_state()


def in_the_field(page: Page, address: str) -> None:
    """A form on a phone that has taken its households along."""
    page.goto(f"{address}/field/")
    page.wait_for_selector("input[type=password]")
    for box in page.locator("input[type=password]").all():
        box.fill("246810")
    page.get_by_role("button", name="设好口令，把户带走").click()
    page.get_by_text("还没有走访记录").first.click()
    page.get_by_text("饮水安全排查").first.click()
    page.wait_for_timeout(500)


def reading_desk(page: Page, address: str) -> None:
    page.goto(f"{address}/plans/documents/")
    page.click(".cell-title a >> nth=0")
    page.wait_for_load_state()


def target_with_parts(page: Page, address: str) -> None:
    page.goto(f"{address}/plans/")
    page.click("table .cell-title a >> nth=0")
    page.wait_for_load_state()


SHOTS: tuple[tuple[str, str, dict[str, int], Callable[[Page, str], object]], ...] = (
    ("home", "xian", DESK, lambda page, at: page.goto(at)),
    ("households", "xian", DESK, lambda page, at: page.goto(f"{at}/households/")),
    ("household", "xian", DESK, first_household),
    ("income", "xian", DESK, ledger),
    ("village", "xian", DESK, village),
    ("rule", "xian", DESK, lambda page, at: page.goto(f"{at}/rules/Q066/?day=2020-09-30")),
    ("findings", "shuji", DESK, lambda page, at: page.goto(f"{at}/findings/")),
    ("finding", "shuji", DESK, first_finding),
    ("case", "cun", DESK, case_in_appraisal),
    ("posting", "cun", DESK, first_posting),
    ("what-if", "xian", DESK, supposed),
    ("help", "shuji", DESK, help_of_one),
    ("field", "shuji", PHONE, in_the_field),
    ("duties", "shuji", DESK, lambda page, at: page.goto(f"{at}/duties/")),
    ("desk", "xian", DESK, reading_desk),
    ("target", "xian", DESK, target_with_parts),
    ("war-room", "xian", DESK, lambda page, at: page.goto(f"{at}/warroom/")),
    ("import", "xian", DESK, rehearsal),
    ("trail", "liuhen", DESK, lambda page, at: page.goto(f"{at}/audit/")),
    ("phone", "cun", PHONE, first_household),
)


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--home", type=Path)
    words.add_argument("--out", type=Path, default=ROOT / "docs" / "screenshots")
    words.add_argument("--only", nargs="*")
    given = words.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    home = given.home or Path(tempfile.mkdtemp(prefix="bangfu-pictures-"))
    try:
        with served(home) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
            )
            for name, username, size, open_page in SHOTS:
                if given.only and name not in given.only:
                    continue
                page = signed_in(browser, address, username, size)
                open_page(page, address)
                keep(page, given.out / f"{name}.png")
                page.context.close()
    finally:
        if not given.home:
            shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
