"""attention.html in a real browser: what it shows against the maps that it was made of.

usage: test_page.py MAKE_PAGE [NAME...]    NAME: the tests to run, else all
"""
import subprocess
import sys
import tempfile
import traceback

from browser import Browser, Page
from suite import TESTS
import choices, files, looks, measures, pointing, values  # noqa: E401,F401


def passes(function, browser, folder):
    print(function.__name__, flush=True)
    browser.emulate()
    browser.errors()
    try:
        function(lambda name, address="": Page(browser, folder, name, address))
        severe = [text for text in browser.errors() if "Content Security Policy" not in text]
        assert not severe, severe
    except Exception:  # all tests are run
        traceback.print_exc(limit=-2, file=sys.stdout)
        return False
    return True


def main(program, names):
    chosen = [function for function in TESTS if not names or function.__name__ in names]
    with tempfile.TemporaryDirectory(prefix="heed_pages_") as folder:
        subprocess.run([program, folder], check=True)
        browser = Browser()
        try:
            failed = [function.__name__ for function in chosen if not passes(function, browser, folder)]
        finally:
            browser.close()
    print(f"{len(chosen) - len(failed)} of {len(chosen)} passed")
    for name in failed:
        print(f"failed: {name}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
