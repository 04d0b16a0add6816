"""Includes run downwards only: holds the folders of models/, train/ and src/ to their floors.

A folder may include itself and folders on lower floors; folders on one floor do not include each other.
Loose files belong to the folder "." of their part.
Usage: include_floors_test.py SOURCE_FOLDER
"""

import pathlib
import re
import sys

# From the top floor down. Folders in one string share a floor.
FLOORS = {
    "models": ["transformer", "recurrent", "attention", "layers", "fused", "positions", "."],
    "train": ["distributed", ".", "generation tasks", "data", "files optimizers"],
    "src": ["commands", "compare studies", "attend bench", "experiment", "analysis", "pages figures",
            "files console"],
}
PARTS = ["src", "train", "models"]  # each includes only those after it
# Only models/fused/ itself includes its headers: everything else goes through models/dispatch.h.
PRIVATE = "models/fused/"


def floors_of(part):
    return {folder: floor for floor, folders in enumerate(FLOORS[part]) for folder in folders.split()}


def folder_of(path):
    """models/attention/patterns/pairs.h -> ("models", "attention"); loose files are in "."."""
    parts = path.split("/")
    return parts[0], parts[1] if len(parts) > 2 else "."


def complaint(source, included):
    part, folder = folder_of(source)
    target_part, target = folder_of(included)
    if target_part not in PARTS:
        return None
    if included.startswith(PRIVATE) and not source.startswith(PRIVATE):
        return "only models/dispatch.h is open to other folders"
    if part != target_part:
        return None if PARTS.index(part) < PARTS.index(target_part) else f"{part}/ lies below {target_part}/"
    floors = floors_of(part)
    if folder == target or "." in (folder, target) and part == "src":
        return None
    for name in (folder, target):
        if name not in floors:
            return f"{part}/{name} has no floor: add it to {pathlib.Path(__file__).name}"
    if floors[folder] < floors[target]:
        return None
    return f"{part}/{folder} lies on floor {floors[folder]}, {part}/{target} on floor {floors[target]}"


def main():
    root = pathlib.Path(sys.argv[1])
    failures = []
    for part in PARTS:
        for path in sorted((root / part).rglob("*")):
            if path.suffix not in (".h", ".cpp"):
                continue
            source = path.relative_to(root).as_posix()
            for included in re.findall(r'^#include "([^"]+)"', path.read_text(), re.M):
                reason = complaint(source, included)
                if reason:
                    failures.append(f"{source} includes {included}: {reason}")
    print("\n".join(failures) or "all includes run downwards")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
