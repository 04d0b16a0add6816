"""Reads what `heed bench NAME --json` says, without leaning on more of its layout than this: a line of a
table is an object that names its sizes, and in which each way has an object {"min", "median", "max"}."""
from figures import Spread

HEED = ("heed", "fused", "ours", "hand")
PEER = ("torch", "scaled_dot_product", "sdpa")
RECORDED = ("recorded", "weights")


def is_spread(value):
    return isinstance(value, dict) and {"min", "median", "max"} <= value.keys()


def spreads(value, path=""):
    """All of them below `value`, by the keys that lead there; lists are lines of their own."""
    if is_spread(value):
        return {path: value}
    found = {}
    if isinstance(value, dict):
        for key, inner in value.items():
            found.update(spreads(inner, f"{path}.{key}".strip(".")))
    return found


def lines(value):
    """The objects in lists, however deep, that hold a spread themselves."""
    found = []
    if isinstance(value, dict):
        for inner in value.values():
            found += lines(inner)
    if isinstance(value, list):
        for inner in value:
            below = lines(inner)
            found += below or ([inner] if spreads(inner) else [])
    return found


def way(line, names, without=()):
    """The spread of the first of `names` that a path begins with or holds; None where there is none."""
    found = spreads(line)
    for name in names:
        for path, spread in found.items():
            if name in path.lower() and not any(word in path.lower() for word in without):
                return Spread(spread["min"], spread["median"], spread["max"], 0)
    return None


def heed_and_peer(line):
    """The two ways of a line; None for one that it lacks."""
    return way(line, HEED, PEER + RECORDED), way(line, PEER, RECORDED)


def recorded(line):
    return way(line, RECORDED, PEER)


def size(line, keys):
    """"12x4x64": what the line says itself, or its numbers of these keys; of a tuple of keys the first."""
    if "sizes" in line:
        return str(line["sizes"]).replace(" ", "")
    values = []
    for names in keys:
        names = names if isinstance(names, tuple) else (names,)
        values += [str(line[name]) for name in names if name in line][:1]
    return "x".join(values)


def fewer_or_all(found, threads):
    """The lines of that many threads; all where none says how many."""
    return [line for line in found if line.get("threads", threads) == threads]
