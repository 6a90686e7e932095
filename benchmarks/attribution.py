#!/usr/bin/env python3
"""How long crediting orders on many paths by all seven models takes.

    benchmarks/attribution.py --program target/release/bellwether [--paths 10000] [--creators 60] [--runs 5]

Paths of one to six creators with their orders and those that did not buy, made from one seed; prints one JSON document with the median
of the runs, as the program itself tells it.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import tempfile


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--program", required=True)
    parser.add_argument("--paths", type=int, default=10_000)
    parser.add_argument("--creators", type=int, default=60)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    dice = random.Random(5)
    with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
        file.write("path,conversions,nulls\n")
        for _ in range(options.paths):
            path = ">".join(f"creator-{dice.randint(1, options.creators)}" for _ in range(dice.choice([1, 1, 1, 2, 2, 3, 4, 5, 6])))
            file.write(f"{path},{dice.randint(0, 3)},{dice.randint(0, 9)}\n")
        file.flush()
        command = [options.program, "--json", "evaluate", "attribution", "--paths", file.name]
        took = [json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)["wall_s"] for _ in range(options.runs)]
    print(json.dumps({"paths": options.paths, "creators": options.creators, "load": os.getloadavg(),
                      "ms": [round(one * 1000, 1) for one in sorted(took)], "median_ms": round(statistics.median(took) * 1000, 1)}))


main()
