"""attention.html in a real browser: what it shows against the maps that it was made of.

usage: test_page.py MAKE_PAGE HEED [NAME...]    NAME: the tests to run, else all
"""
import os
import subprocess
import sys
import tempfile
import traceback

from browser import Browser, Page
from suite import TESTS
import choices, commands, files, looks, measures, pointing, values  # noqa: E401,F401


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


CONFIG = """[task]
kind = "text"
path = "{corpus}"
unit = "word"
[model]
kind = "transformer"
layers = 2
heads = 2
d_model = 8
[train]
steps = 2
batch = 2
context = 8
threads = 1
[analysis]
every = 1
"""


def make_pages_of_commands(heed, folder):
    """Pages and archives as a user makes them, of a tiny model of odd words."""
    corpus, config, run = (os.path.join(folder, name) for name in ("corpus.txt", "tiny.toml", "run"))
    with open(corpus, "w", encoding="utf-8") as file:
        file.write(" ".join(commands.ODD_WORDS * 60))
    with open(config, "w", encoding="utf-8") as file:
        file.write(CONFIG.format(corpus=corpus))

    def run_heed(*arguments):
        done = subprocess.run([heed, *arguments], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    run_heed("train", config, "--run", run)
    out = {name: os.path.join(folder, name) for name in ("attend", "generate", "analyze")}
    run_heed("attend", run, "--text", " ".join(commands.ODD_WORDS), "--figures", "none", "--out", out["attend"])
    run_heed("generate", run, "--prompt", "plain plain", "--tokens", "5", "--attend", out["generate"])
    run_heed("analyze", run, "--sentences", "8", "--out", out["analyze"])
    for name, place in out.items():
        os.rename(os.path.join(place, "attention.html"), place + ".html")
        if name != "analyze":
            os.rename(os.path.join(place, "attention.npz"), place + ".npz")


def main(program, heed, names):
    chosen = [function for function in TESTS if not names or function.__name__ in names]
    with tempfile.TemporaryDirectory(prefix="heed_pages_") as folder:
        subprocess.run([program, folder], check=True)
        make_pages_of_commands(heed, folder)
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
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
