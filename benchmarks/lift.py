"""One analysis of a campaign beside bsts-causalimpact: the same 365 + 28 days with 10 controls, in the same run.

    python benchmarks/lift.py PROGRAM [RUNS]

Needs `pip install bsts-causalimpact` for the peer (its core is Rust; others of the kind take seconds). Both are told the same days; ours
averages 49 kinds of noise exactly, the peer draws. Every line is JSON, times in milliseconds; the medians of RUNS (5) runs that take turns.
"""
import csv, datetime, json, os, random, statistics, subprocess, sys, tempfile, time

program, runs = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 5
pre, post, controls = 365, 28, 10
draw = random.Random(9)
swings = [[0.0] * (pre + post) for _ in range(controls)]
for swing in swings:
    for day in range(1, pre + post):
        swing[day] = 0.5 * swing[day - 1] + draw.gauss(0, 8)
noise, values = 0.0, []
for day in range(pre + post):
    noise = 0.3 * noise + draw.gauss(0, 10)
    values.append(100 + sum(swing[day] for swing in swings[:3]) + noise + (10 if day >= pre else 0))
first = datetime.date(2025, 1, 1)

with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "days.csv")
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["date", "y"] + [f"x{number}" for number in range(1, controls + 1)])
        for day in range(pre + post):
            row = [200 + 2 * swing[day] + draw.gauss(0, 5) for swing in swings]
            writer.writerow([first + datetime.timedelta(days=day), values[day]] + row)

    def ours(engine):
        words = [program, "evaluate", "lift", "--data", path, "--pre", str(pre), "--engine", engine, "--json"]
        return json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)

    def peer():
        import pandas
        from causal_impact import CausalImpact

        data = pandas.read_csv(path, index_col="date", parse_dates=True)
        began = time.perf_counter()
        found = CausalImpact(data, [data.index[0], data.index[pre - 1]], [data.index[pre], data.index[-1]])
        text = found.summary()
        return (time.perf_counter() - began) * 1000, text

    try:
        peer()
    except ImportError:
        sys.exit("bsts-causalimpact is not here: pip install bsts-causalimpact")
    grid, gibbs, others, text = [], [], [], ""
    for _ in range(runs):
        found = ours("grid")
        grid.append(found["wall_ms"])
        gibbs.append(ours("gibbs")["wall_ms"])
        took, text = peer()
        others.append(took)
    ours_ms, peer_ms = statistics.median(grid), statistics.median(others)
    print(json.dumps({
        "days": pre + post, "controls": controls, "runs": runs, "load": round(os.getloadavg()[0], 1),
        "grid_ms": round(ours_ms, 3), "gibbs_10000_draws_ms": round(statistics.median(gibbs), 1),
        "bsts_causalimpact_ms": round(peer_ms, 1), "faster_by": round(peer_ms / ours_ms, 1),
        "effect": found["effect"], "lo": found["lo"], "hi": found["hi"], "peer_says": text.strip().splitlines()[:12],
    }))
