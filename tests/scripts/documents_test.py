"""Checks what the documents name: every relative link, every path of this tree in backquotes, every `heed ...` command
and every long option after one. Options and commands come from the program's own help.

usage: documents_test.py ROOT [HEED]

Without HEED, the program, only links and paths are checked.
"""
import functools
import os
import re
import subprocess
import sys

ROOT = sys.argv[1]
HEED = sys.argv[2] if len(sys.argv) > 2 else None

FOLDERS = ("models/", "train/", "src/", "tests/", "configs/", "scripts/", "docs/", ".ci/")
# Old names, which a changelog must mention.
FREE_TO_NAME_ANYTHING = {"CHANGELOG.md"}


def documents():
    yield from (name for name in sorted(os.listdir(ROOT)) if name.endswith(".md"))
    yield from (f"docs/{name}" for name in sorted(os.listdir(os.path.join(ROOT, "docs"))) if name.endswith(".md"))


def read(document):
    with open(os.path.join(ROOT, document), encoding="utf-8") as file:
        return file.read()


def without_fences(text):
    return re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S)


# --- Links ----------------------------------------------------------------------------------------


def anchor(heading):
    """As Git hosts make it of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


@functools.cache
def anchors(path):
    with open(path, encoding="utf-8") as file:
        return {anchor(line.lstrip("#")) for line in without_fences(file.read()).splitlines() if line.startswith("#")}


def wrong_links(document):
    folder = os.path.dirname(os.path.join(ROOT, document))
    for target in re.findall(r"\]\(([^)\s]+)\)", without_fences(read(document))):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, fragment = target.partition("#")
        full = os.path.normpath(os.path.join(folder, path)) if path else os.path.join(ROOT, document)
        if not os.path.exists(full):
            yield f"{document}: the link to {target} leads nowhere"
        elif fragment and full.endswith(".md") and fragment not in anchors(full):
            yield f"{document}: the link to {target} names no heading there"


# --- Paths ----------------------------------------------------------------------------------------


def exists(path):
    """`models/attention/attention` stands for a source and its header."""
    full = os.path.join(ROOT, path)
    return any(os.path.exists(full + ending) for ending in ("", ".h", ".cpp", "_kernels.cpp"))


def wrong_paths(document):
    for span in re.findall(r"`([^`\n]+)`", without_fences(read(document))):
        for word in span.split():
            path = word.rstrip(".,;:/").removeprefix("./")
            if path.startswith(FOLDERS) and not re.search(r"NAME|[*{<=]|\.\.\.", path) and not exists(path):
                yield f"{document}: there is no {path}"


# --- Commands -------------------------------------------------------------------------------------


@functools.cache
def help_text(*words):
    done = subprocess.run([HEED, *words, "--help"], capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else ""


@functools.cache
def commands():
    found = help_text().partition("Commands:")[2]
    return set(re.findall(r"^  (\w+)", found, re.M))


@functools.cache
def options(command):
    return set(re.findall(r"--[a-z][a-z0-9-]*", help_text(command) if command else help_text()))


def command_lines(text):
    """What a reader would type: lines of code blocks, continued by a backslash, and code within a sentence."""
    fences = "\n".join(re.findall(r"^```\w*\n(.*?)^```$", text, re.M | re.S))
    for line in re.sub(r"\\\n\s*", "", fences).splitlines():
        line = line.removeprefix("$ ").partition(" #")[0]
        if re.match(r"(mpirun [^|]*)?(build/release/)?heed [a-z-]", line):
            yield line[line.index("heed ") :]
    for span in re.findall(r"`([^`]+)`", without_fences(text)):
        span = " ".join(span.split())
        if re.match(r"(mpirun [^|]*)?(build/release/)?heed [a-z-]", span):
            yield span[span.index("heed ") :]


@functools.cache
def all_options():
    """Of all commands and scripts, and those of other programs that documents name by themselves."""
    found = {"--mca"}.union(options(""), *(options(command) for command in commands()))
    for name in os.listdir(os.path.join(ROOT, "scripts")):
        path = os.path.join(ROOT, "scripts", name)
        if os.path.isfile(path):
            with open(path, encoding="utf-8") as file:
                found.update(re.findall(r"--[a-z][a-z0-9-]*", file.read()))
    return found


def wrong_commands(document):
    for option in re.findall(r"`(--[a-z][a-z0-9-]*)", without_fences(read(document))):
        if option not in all_options():
            yield f"{document}: neither heed nor its scripts have the option {option}"
    for line in command_lines(read(document)):
        words = re.split(r"[|>]", line)[0].split()[1:]
        command = "" if words[0].startswith("-") else words[0]
        if command and command not in commands():
            yield f"{document}: there is no command heed {command}"
            continue
        for word in words:
            option = re.match(r"[\[(]*(--[a-z][a-z0-9-]*)", word)
            if option and option[1] not in options(command):
                yield f"{document}: heed {command} has no option {option[1]}"


# --- All of it ------------------------------------------------------------------------------------


def main():
    wrong = []
    for document in documents():
        wrong += wrong_links(document)
        if document in FREE_TO_NAME_ANYTHING:
            continue
        wrong += wrong_paths(document)
        if HEED:
            wrong += wrong_commands(document)
    print("\n".join(wrong) or "all that the documents name exists")
    sys.exit(1 if wrong else 0)


main()
