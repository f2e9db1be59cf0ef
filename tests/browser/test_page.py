"""A page in Chromium and in Firefox: it asks nobody, runs nothing, and can be read by anybody."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webdriver import WebDriver

from tests.jitgate.measurements import made_of
from tests.jitgate.plugin.golden_measurements import six
from tests.jitgate.report.html.pages import nasty_page, page

Open = Callable[[str], WebDriver]

PAGES = {
    "green": lambda: page(made_of(1.4)),
    "red": lambda: page(*six().values(), code=1),
    "undecided": lambda: page(made_of(1.10, seed=3), code=1),
    "empty": page,
    "nasty": nasty_page,
}


@pytest.mark.parametrize("name", PAGES)
def test_no_request_leaves_and_the_console_is_silent(opened: Open, browser: WebDriver, name: str) -> None:
    said: list[Any] = []
    if browser.capabilities["browserName"] == "firefox":
        browser.script.add_console_message_handler(said.append)
        browser.script.add_javascript_error_handler(said.append)
    driver = opened(PAGES[name]())
    assert driver.execute_script("return performance.getEntriesByType('resource').map(entry => entry.name)") == []
    if browser.capabilities["browserName"] != "firefox":
        said += browser.get_log("browser")
        assert {url for url in sent(browser) if not url.startswith("file:")} == set()
    assert said == []


def sent(browser: WebDriver) -> list[str]:
    """Every address that Chromium's network log names."""
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    return [each["params"]["request"]["url"] for each in events if each["method"] == "Network.requestWillBeSent"]


def test_hostile_names_run_nothing(opened: Open) -> None:
    driver = opened(nasty_page())
    tags = driver.execute_script("return [...new Set([...document.querySelectorAll('*')].map(each => each.localName))]")
    assert not {"script", "img", "iframe", "base", "form", "object", "embed", "link"} & set(tags)
    names = driver.execute_script(
        "return [...new Set([...document.querySelectorAll('*')].flatMap(each => each.getAttributeNames()))]"
    )
    assert [name for name in names if name.startswith("on")] == []
    assert driver.title.startswith("RED")
    assert driver.find_element(By.CSS_SELECTOR, "main").is_displayed()


@pytest.mark.parametrize("name", [name for name in PAGES if name != "nasty"])
def test_axe_finds_nothing_serious(opened: Open, name: str) -> None:
    driver = opened(PAGES[name]())
    for details in driver.find_elements(By.TAG_NAME, "details"):
        driver.execute_script("arguments[0].open = true", details)
    driver.set_script_timeout(240)
    driver.execute_script((files("axe_core_python") / "axe.min.js").read_text())
    found = driver.execute_async_script("axe.run(document).then(found => arguments[0](found.violations))")
    bad = [(each["id"], each["nodes"][0]["html"][:200]) for each in found if each["impact"] in ("serious", "critical")]
    assert bad == []


def test_a_keyboard_reaches_the_table_of_every_picture(opened: Open) -> None:
    driver = opened(page(*six().values(), code=1))
    wanted = {each.text for each in driver.find_elements(By.CSS_SELECTOR, "figure summary")}
    assert len(wanted) >= 3
    pictures = len(driver.find_elements(By.CSS_SELECTOR, "figure"))
    reached = 0
    for _ in range(1000):
        driver.switch_to.active_element.send_keys(Keys.TAB)
        here = driver.switch_to.active_element
        inside = "return arguments[0].localName === 'summary' && arguments[0].closest('figure') !== null"
        if not driver.execute_script(inside, here):
            if driver.execute_script("return arguments[0] === document.body", here):
                break
            continue
        here.send_keys(Keys.ENTER)
        table = here.find_element(By.XPATH, "following-sibling::div//table")
        assert table.is_displayed()
        here.send_keys(Keys.ENTER)
        reached += 1
        if reached == pictures:
            break
    assert reached == pictures


def test_it_can_be_read_without_javascript_in_the_dark_and_on_paper(opened: Open) -> None:
    driver = opened(page(made_of(1.0), code=1))
    rules = driver.execute_script(
        "return [...document.styleSheets].flatMap(sheet => [...sheet.cssRules]).map(rule => rule.conditionText || '')"
    )
    assert "(prefers-color-scheme: dark)" in rules
    assert "print" in rules
    assert driver.find_elements(By.TAG_NAME, "script") == []
    assert driver.find_element(By.CSS_SELECTOR, ".headline").text == "RED: of 8 gates 1 failed."
