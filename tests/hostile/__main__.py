"""Prints the table of docs/reliability.md: `python -m tests.hostile`, or with words, those rows
that have one of them."""

import sys

from tests.hostile.cases import ROWS, outcomes

HEAD = ("file", "what becomes of it", "peak memory, MB", "CPU seconds")


def main(words):
    rows = [row for row in ROWS if not words or any(word in row[0] for word in words)]
    print("| " + " | ".join(HEAD) + " |\n|---|---|---|---|")
    most = [0.0, 0.0]
    for title, one in outcomes(rows):
        print(f"| {title} | {one.what} | {one.peak:.0f} | {one.seconds:.1f} |", flush=True)
        most = [max(most[0], one.peak), max(most[1], one.seconds)]
        if words or one.what != "refused":
            print(f"    {one.said[:300]}", file=sys.stderr, flush=True)
    print(f"| the most | | {most[0]:.0f} | {most[1]:.1f} |")


if __name__ == "__main__":
    main(sys.argv[1:])
