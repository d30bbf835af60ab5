"""Screenshot for README.md of the running dashboard: `python -m tests.support.screenshot`."""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import ViewportSize, sync_playwright

from tests.integration.dashboard.conftest import CHROMIUM, FLAGS
from tidemill.running import running_stack

TARGET = Path(__file__).parents[2] / "docs" / "dashboard.png"
_SIZE = ViewportSize(width=1360, height=900)


def main() -> int:
    """Write the screenshot of the page Now; return the exit code."""
    address, browser = running_stack().get("dashboard_url"), shutil.which(CHROMIUM)
    if address is None or browser is None:
        sys.stderr.write("start a stack with `tidemill run`, and install chromium\n")
        return 2
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=browser, args=FLAGS)
        page = opened.new_page(viewport=_SIZE, color_scheme="light")
        page.goto(f"{address}/now")
        page.wait_for_selector("ol.rows > li:nth-child(6)")
        page.screenshot(path=TARGET)
        opened.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
