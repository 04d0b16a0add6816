"""What was measured: two ways beside each other, the ratio of their medians, the target, and how all
that is written as a table, as Markdown and as JSON."""
from __future__ import annotations

import statistics
from dataclasses import dataclass


@dataclass
class Spread:
    """Minimum, median and maximum of some repeats."""
    min: float
    median: float
    max: float
    repeats: int

    @staticmethod
    def of(numbers):
        if not numbers:
            raise ValueError("expected at least one number, got none")
        return Spread(min(numbers), statistics.median(numbers), max(numbers), len(numbers))

    def json(self):
        return {"min": self.min, "median": self.median, "max": self.max, "repeats": self.repeats}


@dataclass
class Comparison:
    """One line of the table. `times` says how many times better heed is, by the medians: above 1 it
    is ahead. A target is reached where `times` is no less and the condition, if one is stated, holds."""
    row: str
    what: str
    unit: str
    heed: Spread
    peer: Spread
    against: str
    target: float | None = None
    higher_is_better: bool = False
    condition: str = ""  # what must hold besides, and what was found
    holds: bool = True

    def times(self):
        one, other = self.heed.median, self.peer.median
        return one / other if self.higher_is_better else other / one

    def reached(self):
        """None where neither a target nor a condition is stated."""
        if self.target is None:
            return self.holds if self.condition else None
        return self.times() >= self.target and self.holds

    def json(self):
        result = {"row": self.row, "what": self.what, "unit": self.unit, "heed": self.heed.json(),
                  "peer": self.peer.json(), "against": self.against, "times": self.times(),
                  "target": self.target, "reached": self.reached()}
        if self.condition:
            result["condition"] = {"text": self.condition, "holds": self.holds}
        return result


def number(value):
    """Three digits that say something."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def answer(comparison):
    return {None: "-", True: "yes", False: "no"}[comparison.reached()]


HEADERS = ("what", "heed", "peer", "times", "target", "reached")


def cells(comparison):
    target = "-" if comparison.target is None else number(comparison.target)
    return (f"{comparison.what}, {comparison.unit}", number(comparison.heed.median),
            number(comparison.peer.median), number(comparison.times()), target, answer(comparison))


def wrapped(text, width):
    """`text` in lines of at most `width`, broken at spaces."""
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append("")
        lines[-1] += (" " if lines[-1] else "") + word
    return lines


def table(comparisons, left_out=(), width=80):
    """For people: medians, and below what was left out and why."""
    rows = [cells(one) for one in comparisons]
    narrow = [max(len(row[i]) for row in [HEADERS, *rows]) for i in range(1, 6)]
    first = width - sum(narrow) - 2 * len(narrow)
    first = min(first, max((len(row[0]) for row in [HEADERS, *rows])))

    def line(row):
        texts = wrapped(row[0], first)
        ends = "".join("  " + cell.rjust(size) for cell, size in zip(row[1:], narrow))
        return "\n".join([texts[0].ljust(first) + ends, *("  " + text for text in texts[1:])])

    lines = []
    if rows:
        lines = [line(HEADERS), "  ".join("─" * size for size in [first, *narrow])]
        for comparison, row in zip(comparisons, rows):
            lines.append(line(row))
            if comparison.condition:
                lines += ["  " + text for text in wrapped(comparison.condition, width - 2)]
    for row, reason in left_out:
        lines += wrapped(f"left out: {row}: {reason}", width)
    return "\n".join(lines) + "\n"


def markdown(comparisons, machine):
    """The table of the README's section on performance."""
    lines = ["| what | heed | against | times | target |", "| --- | --- | --- | --- | --- |"]
    for one in comparisons:
        wanted = "" if one.target is None else f"{number(one.target)}, "
        target = {None: "", True: f"{wanted}reached", False: f"{wanted}not reached"}[one.reached()]
        note = f" ({one.condition})" if one.condition else ""
        lines.append(f"| {one.what}, {one.unit}{note} | {number(one.heed.median)} | {one.against}: "
                     f"{number(one.peer.median)} | {number(one.times())} | {target} |")
    lines += ["", f"Medians, the two programs in turns: {machine['cpu']}, {machine['cores']} cores, "
                  f"{machine['threads']} threads, {machine['system']}, heed {machine['heed']}, PyTorch "
                  f"{machine['torch']}, Python {machine['python']}."]
    return "\n".join(lines) + "\n"


def as_json(comparisons, left_out, machine, settings):
    return {"machine": machine, "settings": settings, "rows": [one.json() for one in comparisons],
            "left_out": [{"row": row, "reason": reason} for row, reason in left_out]}
