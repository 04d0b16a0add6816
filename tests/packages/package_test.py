"""Makes both packages, looks into them, and runs what is in the .tar.gz: at another place, with LibTorch at another place
than where the build found it, and with none.

usage: package_test.py BUILD_FOLDER CPACK LIBTORCH
"""
import glob
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile

BUILD, CPACK, LIBTORCH = sys.argv[1:]
SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PLACES = ("/opt/libtorch", "/usr/local/libtorch")

CONTENTS = """
bin/heed lib/heed/heed lib/libheed_models.so lib/libheed_train.so lib/libheed_app.so
include/heed/models/attention/attention.h include/heed/train/tasks/task.h include/heed/src/commands/command.h
lib/cmake/heed/heed-config.cmake lib/cmake/heed/heed-targets.cmake
share/man/man1/heed.1.gz share/bash-completion/completions/heed share/fish/vendor_completions.d/heed.fish
share/doc/heed/README.md share/doc/heed/LICENSE share/doc/heed/docs/guide.md share/doc/heed/configs/grammar.toml
""".split()

# A build that downloaded libraries has nothing for other programs.
if not os.path.exists(os.path.join(BUILD, "heed-config.cmake")):
    CONTENTS = [name for name in CONTENTS if not name.startswith(("include/", "lib/cmake/"))]

TINY = """
name = "tiny"
[task]
kind = "parity"
[model]
kind = "transformer"
layers = 1
heads = 2
d_model = 16
[train]
steps = 20
batch = 4
"""


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(77)


def output_of(command):
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}: {done.stdout}\n{done.stderr}"
    return done.stdout


def packed(folder):
    """The two packages' paths."""
    output_of([CPACK, "--config", os.path.join(BUILD, "CPackConfig.cmake"), "-B", folder])
    deb, = glob.glob(os.path.join(folder, "heed_*.deb"))
    tgz, = glob.glob(os.path.join(folder, "heed-*-linux-*.tar.gz"))
    return deb, tgz


def unpack(archive, folder):
    os.makedirs(folder)
    with tarfile.open(archive) as opened:
        opened.extractall(folder)


def has_contents(root, zsh):
    for name in [*CONTENTS, zsh]:
        path = os.path.join(root, name)
        assert os.path.isfile(path) and os.path.getsize(path) > 0, path
    with gzip.open(os.path.join(root, "share/man/man1/heed.1.gz"), "rt") as page:
        assert page.read().startswith(".TH"), page
    for program in ("bin/heed", "lib/heed/heed"):
        assert os.access(os.path.join(root, program), os.X_OK), program


def names_no_folder_of_this_machine(root):
    """Neither as a place to look for libraries, nor in what CMake and the shell read."""
    for path in [*glob.glob(f"{root}/lib/*.so"), f"{root}/lib/heed/heed"]:
        places = re.search(r"R(?:UN)?PATH.*\[(.*)\]", output_of(["readelf", "-d", path]))[1].split(":")
        assert all(place.startswith("$ORIGIN") or place[:-len("/lib")] in PLACES for place in places), (path, places)
    for path in [*glob.glob(f"{root}/lib/cmake/heed/*"), f"{root}/bin/heed"]:
        with open(path) as file:
            text = file.read()
        for folder in (SOURCE, BUILD, LIBTORCH):
            assert folder not in text, (path, folder)


def states_dependencies(deb):
    def field(name):
        return output_of(["dpkg-deb", "--field", deb, name])

    depends = field("Depends")
    for package in ("libc6", "libstdc++6"):
        assert re.search(rf"{re.escape(package)} \(>= ", depends), depends
    assert "mpi" not in depends and "torch" not in depends, depends
    assert "openmpi-bin" in field("Suggests")
    assert field("Maintainer") == "heed developers\n"
    print("the .deb depends on", depends.strip())


class Elsewhere:
    """The program in `folder`, in an environment that tells of no LibTorch but what is named."""

    def __init__(self, folder):
        self.folder = folder
        self.nowhere = os.path.join(folder, "empty")
        os.makedirs(self.nowhere)

    def run(self, program, *arguments, **environment):
        environment = {"PATH": self.nowhere, "HOME": self.folder, "OMP_NUM_THREADS": "1", **environment}
        return subprocess.run([program, *arguments], cwd=self.folder, env=environment, capture_output=True, text=True)

    def says_its_version(self, program, **environment):
        done = self.run(program, "--version", **environment)
        assert done.returncode == 0 and done.stdout.startswith("heed "), (environment, done)

    def trains(self, program, **environment):
        with open(os.path.join(self.folder, "tiny.toml"), "w") as file:
            file.write(TINY)
        done = self.run(program, "train", "tiny.toml", **environment)
        assert done.returncode == 0, done
        with open(os.path.join(self.folder, "runs/tiny/summary.json")) as file:
            assert json.load(file)["steps"] == 20

    def refuses(self, program, reason, **environment):
        done = self.run(program, "--version", **environment)
        assert done.returncode == 1 and done.stdout == "", done
        lines = done.stderr.splitlines()
        assert len(lines) == 2 and all(line.startswith("heed: ") for line in lines), done.stderr
        assert reason in lines[0] and "set LIBTORCH" in lines[1], done.stderr


def another_version(folder):
    """What looks like a LibTorch, of version 1.0."""
    for name, text in (("lib/libtorch_cpu.so", ""),
                       ("share/cmake/Torch/TorchConfigVersion.cmake", 'set(PACKAGE_VERSION "1.0.0")\n')):
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path))
        with open(path, "w") as file:
            file.write(text)
    return folder


def python_with_torch(folder, torch):
    """A folder with a python3 that answers where its torch is."""
    os.makedirs(folder)
    path = os.path.join(folder, "python3")
    with open(path, "w") as file:
        file.write(f"#!/bin/sh\necho {torch}\n")
    os.chmod(path, 0o755)
    return folder


def runs_elsewhere(root, place):
    torch = os.path.join(place, "torch")
    os.symlink(LIBTORCH, torch)
    link = os.path.join(place, "heed")
    os.symlink(os.path.join(root, "bin/heed"), link)
    program = os.path.join(root, "bin/heed")
    elsewhere = Elsewhere(place)
    elsewhere.trains(program, LIBTORCH=torch)
    elsewhere.says_its_version(program, Torch_DIR=os.path.join(torch, "share/cmake/Torch"))
    elsewhere.says_its_version(program, LD_LIBRARY_PATH=f"/nowhere:{torch}/lib")
    elsewhere.says_its_version(program, PATH=python_with_torch(os.path.join(place, "python"), torch))
    elsewhere.says_its_version(link, LIBTORCH=torch, PATH=os.path.dirname(shutil.which("readlink")))
    if any(os.path.exists(folder) for folder in PLACES):
        print("not tried: what it says without LibTorch, since one is in", " or ".join(PLACES))
        return
    elsewhere.refuses(program, "there is no LibTorch")
    wrong = another_version(os.path.join(place, "wrong"))
    elsewhere.refuses(program, f"another version is in {wrong}", LIBTORCH=wrong)


def main():
    for tool in ("dpkg-shlibdeps", "dpkg-deb", "patchelf", "readelf"):
        if not shutil.which(tool):
            skip(f"{tool} is missing, with which packages are made or looked into")
    with tempfile.TemporaryDirectory() as place:
        deb, tgz = packed(os.path.join(place, "packages"))
        states_dependencies(deb)
        output_of(["dpkg-deb", "--extract", deb, os.path.join(place, "deb")])
        unpack(tgz, os.path.join(place, "tgz"))
        root, = glob.glob(os.path.join(place, "tgz", "heed-*"))
        for unpacked, zsh in ((os.path.join(place, "deb/usr"), "vendor-completions"), (root, "site-functions")):
            has_contents(unpacked, f"share/zsh/{zsh}/_heed")
            names_no_folder_of_this_machine(unpacked)
        assert os.path.isfile(os.path.join(place, "deb/usr/share/doc/heed/copyright"))
        brought = {os.path.basename(path) for path in glob.glob(os.path.join(root, "lib/heed/*.so*"))}
        assert brought == set(os.listdir(os.path.join(root, "share/doc/heed/licences"))), brought
        assert not glob.glob(os.path.join(root, "lib/**/libtorch*.so*"), recursive=True)
        runs_elsewhere(root, os.path.join(place, "deb"))


main()
