"""Programs as processes: how long they take, how much memory they need at most, when they first say
something. The standard library alone, since this process must stay small and quiet."""
from __future__ import annotations

import os
import selectors
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass


class Failed(Exception):
    """A program that ended with another status than 0: its name and its last words."""


@dataclass
class Finished:
    out: str
    err: str
    seconds: float        # from its start to its end
    peak_mebibytes: float  # of resident memory


def last_words(text):
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"


def name_of(arguments):
    scripts = [one for one in arguments if one.endswith(".py")]
    return os.path.basename(scripts[0] if scripts else arguments[0])


def environment_with(more):
    return {**os.environ, **{key: str(value) for key, value in more.items()}}


def run(arguments, environment=None, folder=None):
    """Runs a program to its end."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        start = time.perf_counter()
        process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd=folder,
                                   env=environment_with(environment or {}))
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            process.wait()
            raise
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode(errors="replace"))
    if process.returncode != 0:
        raise Failed(f"{name_of(arguments)}: {last_words(texts[1] or texts[0])}")
    # Linux counts in KiB, macOS in bytes.
    peak = usage.ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024)
    return Finished(texts[0], texts[1], seconds, peak)


def seconds_until(text, arguments, environment=None, folder=None, limit=300):
    """The time from a program's start until it writes `text`, to standard output or error; it is then
    ended."""
    start = time.perf_counter()
    process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, cwd=folder, env=environment_with(environment or {}))
    said = b""
    try:
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while time.perf_counter() - start < limit:
                if not selector.select(limit):
                    break
                piece = os.read(process.stdout.fileno(), 65536)
                said += piece
                if text.encode() in said:
                    return time.perf_counter() - start
                if not piece:
                    break
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    raise Failed(f"{name_of(arguments)}: never said \"{text}\": {last_words(said.decode(errors='replace'))}")


def alternate(repeats, ways, tell=lambda way, repeat: None):
    """Calls each way in turn, `repeats` times over, so that a noisy machine is noisy to all of them.
    `ways`: functions by name. Returns the list of their results by name."""
    results = {name: [] for name in ways}
    for repeat in range(repeats):
        for name, way in ways.items():
            tell(name, repeat)
            results[name].append(way())
    return results
