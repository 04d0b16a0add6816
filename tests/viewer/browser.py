"""Debian's Chromium, headless, driven through selenium; and what tests ask of a page in it."""
import csv
import io
import json
import os
import re
import shutil
import sys
import tempfile

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
DRIVER = shutil.which("chromedriver")

try:
    import numpy
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.support.ui import WebDriverWait
    if not CHROMIUM or not DRIVER:
        raise ImportError("no Chromium with its chromedriver")
except ImportError as missing:
    print(f"skipped: {missing}; scripts/test installs what this test needs")
    sys.exit(77)


def size_of(path):
    """0 where there is no such file, for one that may be renamed at any time."""
    try:
        return os.path.getsize(path)
    except FileNotFoundError:
        return 0


class Browser:
    """One browser, whose downloads go into a folder of its own."""

    def __init__(self):
        self.downloads = tempfile.mkdtemp(prefix="heed_downloads_")
        options = webdriver.ChromeOptions()
        options.binary_location = CHROMIUM
        for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1100,1200"):
            options.add_argument(argument)
        options.add_experimental_option("prefs", {"download.default_directory": self.downloads})
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service(DRIVER))

    def close(self):
        self.driver.quit()
        shutil.rmtree(self.downloads, ignore_errors=True)

    def emulate(self, width=1100, height=1200, scheme="light"):
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                                    {"width": width, "height": height, "deviceScaleFactor": 1,
                                     "mobile": False})
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia",
                                    {"features": [{"name": "prefers-color-scheme", "value": scheme}]})

    def wait(self, what, condition, seconds=20):
        WebDriverWait(self.driver, seconds, 0.02).until(lambda _: condition(), f"waited in vain for {what}")

    def errors(self):
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] == "SEVERE"]

    def requests(self):
        messages = (json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance"))
        return [message["params"]["request"]["url"] for message in messages
                if message["method"] == "Network.requestWillBeSent"]


class Page:
    """One of make_page's pages, with the maps that it was made of."""

    def __init__(self, browser, folder, name, address=""):
        self.browser, self.driver = browser, browser.driver
        maps = os.path.join(folder, name + ".npz")
        self.maps = numpy.load(maps) if os.path.exists(maps) else None
        self.path = os.path.join(folder, name + ".html")
        self.driver.get("about:blank")
        self.open(address)

    def open(self, address):
        """A new address within the page is followed, not loaded again."""
        self.driver.get("file://" + self.path + address)
        self.browser.wait("the page", lambda: self.script("return document.documentElement.dataset.ready"))

    def script(self, text, *arguments):
        return self.driver.execute_script(text, *arguments)

    def one(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def text(self, selector):
        """As it is in the document, even where it is out of sight."""
        return self.script("return document.querySelector(arguments[0]).textContent", selector)

    def texts(self, selector):
        return self.script("return Array.from(document.querySelectorAll(arguments[0]), e => e.textContent)",
                           selector)

    def choose(self, selector, value):
        self.script("const e = document.querySelector(arguments[0]); e.value = arguments[1];"
                    "for (const kind of ['input', 'change']) e.dispatchEvent(new Event(kind));", selector, str(value))

    def press(self, *keys):
        """Each key to what has the focus then."""
        for key in keys:
            self.driver.switch_to.active_element.send_keys(key)

    def focus(self, selector):
        self.script("document.querySelector(arguments[0]).focus()", selector)

    def address(self):
        return dict(re.findall(r"([a-z]+)=([^&]*)", self.script("return location.hash")))

    def locked(self):
        query, key = self.address()["lock"].replace("%2C", ",").split(",")
        return int(query), int(key)

    def picture(self, selector="#map canvas"):
        return self.script("return document.querySelector(arguments[0]).toDataURL()", selector)

    def save(self, button):
        """What a button saves, as (name, bytes)."""
        folder = self.browser.downloads
        for old in os.listdir(folder):
            os.remove(os.path.join(folder, old))
        self.one(button).click()

        def saved():  # Chromium holds the name with an empty file until all is there
            names = os.listdir(folder)
            if len(names) != 1 or names[0].startswith(".") or names[0].endswith(".crdownload"):
                return None
            return names[0] if size_of(os.path.join(folder, names[0])) else None

        self.browser.wait(f"the file of {button}", saved)
        name = saved()
        with open(os.path.join(folder, name), "rb") as file:
            return name, file.read()

    def table(self):
        """The saved CSV as [(query, its token, key, its token, weight)]."""
        rows = list(csv.reader(io.StringIO(self.save("#map-csv")[1].decode(), newline="")))
        assert rows[0] == ["query", "query_token", "key", "key_token", "weight"], rows[0]
        return [(int(q), query, int(k), key, float(weight)) for q, query, k, key, weight in rows[1:]]

    def matrix(self, shape):
        """The saved weights as a matrix, NaN where none is shown."""
        matrix = numpy.full(shape, numpy.nan)
        for query, _, key, _, weight in self.table():
            matrix[query, key] = weight
        return matrix
