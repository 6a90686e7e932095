"""Groups and walks beside public graph libraries on the same made-up graph in the same run; CPU seconds and ratios.

    python benchmarks/groups.py PROGRAM PEERS OUT [N M]     PEERS: the folder with gen_graph.py and peers.py

Needs numpy, scipy, polars, python-igraph, networkit. Every line is JSON; ratios are ours over theirs.
"""
import json, os, pathlib, subprocess, sys

program, peers, out = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
n, m = (int(sys.argv[4]), int(sys.argv[5])) if len(sys.argv) > 5 else (1_000_000, 10_000_000)
prefix = str(out / f"convo-{n}")
if not os.path.exists(prefix + ".txt"):
    subprocess.run([sys.executable, peers / "gen_graph.py", "convo", prefix, "--n", str(n), "--m", str(m)], check=True)


def say(what, **figures):
    print(json.dumps({"what": what, **figures}), flush=True)


def ours(what, *words):
    done = subprocess.run([program, "evaluate", *words, "--json"], capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    figures = json.loads(done.stdout)
    figures.pop("tried", None)
    say(what, load=round(os.getloadavg()[0], 1), **figures)
    return figures


def theirs(library, *steps):
    words = [sys.executable, str(peers / "peers.py"), library, prefix, "--threads", "2"]
    done = subprocess.run(words + (["--steps", ",".join(steps)] if steps else []), capture_output=True, text=True)
    if done.returncode:
        say(library, failed=done.stderr.strip().splitlines()[-1:])
        return {}
    found = {}
    for line in done.stdout.splitlines():
        figures = json.loads(line)
        print(line, flush=True)
        found[figures["step"]] = figures
    return found


seeds = pathlib.Path(prefix + ".seeds")
if not seeds.exists():
    import numpy

    # The first 100 of the stable order of mix(i * G), as peers.py and the engine's random numbers define it.
    mixed = numpy.arange(1, n + 1, dtype=numpy.uint64) * numpy.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> numpy.uint64(31)
    seeds.write_text("".join(f"{seed}\n" for seed in numpy.argsort(mixed, kind="stable")[:100]))
groups = ["groups", "--edges", prefix + ".txt", "--weighted", "--threads", "2", "--truth", prefix + ".groups"]
parallel = ours("bellwether groups, parallel", *groups)
same = ours("bellwether groups, deterministic", *groups, "--deterministic")
anywhere = ours("bellwether pagerank 1e-8", "pagerank", "--edges", prefix + ".txt")
near = ours("bellwether from 100 seeds, 1e-8", "pagerank", "--edges", prefix + ".txt", "--seeds", str(seeds))
rough = ours("bellwether from 100 seeds, 5e-5", "pagerank", "--edges", prefix + ".txt", "--seeds", str(seeds),
             "--tolerance", "5e-5")
networkit = theirs("networkit", "plm", "leiden", "pagerank")
igraph = theirs("igraph", "leiden", "pagerank")
scipy = theirs("scipy")


def ratio(what, mine, peer, step):
    if step in peer and mine is not None:
        say("ratio", of=what, to=step, cpu_ratio=round(mine / max(peer[step]["cpu"], 1e-9), 3))


for name, found in (("parallel", parallel), ("deterministic", same)):
    ratio(f"groups, {name}", found["cpu_s"], networkit, "plm-refine")
    ratio(f"groups, {name}", found["cpu_s"], networkit, "parallel-leiden-3it")
    ratio(f"groups, {name}", found["cpu_s"], igraph, "leiden-2it")
ratio("text to undirected graph", parallel["load_cpu_s"], networkit, "load")
ratio("text to directed graph", anywhere["load_cpu_s"], scipy, "load")
ratio("pagerank 1e-8", anywhere["cpu_s"], scipy, "pagerank-power")
ratio("from 100 seeds, 1e-8", near["cpu_s"], scipy, "ppr-power")
ratio("from 100 seeds, 5e-5", rough["cpu_s"], scipy, "ppr-power")
say("bytes an edge at most", groups=round(parallel["peak_rss_bytes"] / parallel["edges"], 1))
