"""Follows docs/guide.md: writes the files that it shows into an empty folder, and does there what it says. heed is then
not the build folder's, but installed from there.

usage: guide_test.py GUIDE BUILD_FOLDER CMAKE NINJA COMPILER
"""
import json
import os
import re
import subprocess
import sys
import tempfile

GUIDE, BUILD, CMAKE, NINJA, COMPILER = sys.argv[1:]


def blocks(text):
    """The files shown: "`folder/name`", then a fenced block."""
    return dict(re.findall(r"^`(majority/[^`]+)`.*?\n```\w+\n(.*?)^```$", text, re.M | re.S))


def commands(text, package):
    """The lines of the block that begins with cmake, each as a list of words."""
    block = re.search(r"^```\n(cmake .*?)^```$", text, re.M | re.S)[1]
    return [line.replace("/path/to/heed/build/release", package).split() for line in block.splitlines()]


def installed(prefix):
    """The folder of the package's files, once installed; the program there runs."""
    run(["cmake", "--install", BUILD, "--prefix", prefix], prefix)
    assert run([os.path.join(prefix, "bin", "heed"), "--version"], prefix).startswith("heed ")
    return next(folder for folder, _, files in os.walk(prefix) if "heed-config.cmake" in files)


def run(command, folder):
    if command[0] == "cmake":
        command = [CMAKE, *command[1:]]
        if "-S" in command:
            command += ["-G", "Ninja", f"-DCMAKE_MAKE_PROGRAM={NINJA}", f"-DCMAKE_CXX_COMPILER={COMPILER}"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}: {done.stdout}\n{done.stderr}"
    return done.stdout


def refuse(command, folder, reason):
    """The program says why this cannot be: exit status 2."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 2 and reason in done.stderr, done


def main():
    if not os.path.exists(os.path.join(BUILD, "heed-config.cmake")):
        print("skipped: this build has no CMake package, since libraries that it needs were downloaded")
        sys.exit(77)
    with open(GUIDE) as file:
        text = file.read()
    with tempfile.TemporaryDirectory() as place:
        files = blocks(text)
        assert len(files) == 7, sorted(files)
        for name, content in files.items():
            path = os.path.join(place, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w") as file:
                file.write(content)
        folder = os.path.join(place, "majority")
        prefix = os.path.join(place, "installed")
        os.makedirs(prefix)
        steps = commands(text, installed(prefix))
        programs = ["cmake"] * 2 + ["build/majority"] * 5 + ["build/attend"]
        assert [step[0] for step in steps] == programs, steps
        outputs = [run(step, folder) for step in steps]
        configured = ["cmake", "-S", ".", "-B", "from_build", f"-Dheed_DIR={BUILD}"]
        run(configured, folder)  # the build folder's own package
        assert "occurs more often" in " ".join(outputs[2].split()), outputs[2]
        for name in ("majority", "bag"):
            found = json.loads(run(["build/majority", "evaluate", f"runs/{name}", "--json"], folder))
            assert found["accuracy"]["accuracy"] > 0.9, (name, found)
        assert "[5, 8], a row of weights sums to 1\n" in outputs[-1], outputs[-1]
        refuse(["build/majority", "train", "majority.toml", "--set", "task.length=4"], folder,
               "expected an odd number, got 4")
        refuse(["build/majority", "train", "bag.toml", "--set", "task.kind=reverse"], folder,
               "the bag model reads tokens and gives one answer per row")


main()
