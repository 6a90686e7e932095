"""Time and memory against the number of talking pairs: groups and PageRank on made-up graphs of 100,000 to 50 million edges.

    python benchmarks/edges.py PROGRAM RUNS [--up-to EDGES] [--threads N] [--keep FOLDER]

Makes each graph with `evaluate make-graph convo` (ten talks an account, mu 0.3, seed 1), runs `evaluate groups` and
`evaluate pagerank` on it, keeps what they print as RUNS/edges.jsonl, one JSON document a line, and draws RUNS/edges.svg
from all that file holds. A graph that is there already in the file is not run again. Standard library only; CPU seconds.
"""
import argparse, json, math, os, pathlib, subprocess, sys, tempfile

SIZES = [100_000, 300_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000, 50_000_000]
# Equal pairs become one edge, so fewer edges come out than talks go in.
EDGES_A_TALK = 0.7757

arguments = argparse.ArgumentParser()
arguments.add_argument("program")
arguments.add_argument("runs", type=pathlib.Path)
arguments.add_argument("--up-to", type=int, default=5_000_000)
arguments.add_argument("--threads", type=int, default=2)
arguments.add_argument("--keep", type=pathlib.Path, help="keep the graphs here; otherwise each is removed after its runs")
asked = arguments.parse_args()


def ours(*words):
    done = subprocess.run([asked.program, "evaluate", *words, "--json"], capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout)


def measure(size, folder, out):
    talks = round(size / EDGES_A_TALK)
    prefix = str(folder / f"convo-{size}")
    steps = [
        ("make-graph", "convo", prefix, "--n", str(max(talks // 10, 100)), "--m", str(talks)),
        ("groups", "--edges", prefix + ".txt", "--weighted", "--truth", prefix + ".groups", "--threads", str(asked.threads)),
        ("pagerank", "--edges", prefix + ".txt"),
    ]
    for step in steps:
        if step[0] == "make-graph" and os.path.exists(prefix + ".json"):
            figures = json.load(open(prefix + ".json"))
        else:
            figures = ours(*step)
        line = json.dumps({"asked_edges": size, "step": step[0], "load": round(os.getloadavg()[0], 1), **figures})
        print(line, flush=True)
        out.write(line + "\n")
        out.flush()
    if not asked.keep:
        for ending in (".txt", ".groups", ".json"):
            os.remove(prefix + ending)


def ticks(low, high):
    # A graph of nearly a power of ten is drawn at it.
    first, last = math.floor(math.log10(low * 1.05)), math.ceil(math.log10(high / 1.05))
    return [10.0**power for power in range(first, last + 1)]


def words(value):
    for unit, times in (("M", 1e6), ("k", 1e3)):
        if value >= times:
            return f"{value / times:g}{unit}"
    return f"{value:g}"


def panel(left, title, unit, series, colours):
    """One plot with logarithmic axes."""
    width, height, top, inset = 380, 300, 60, 62
    points = [point for line in series.values() for point in line]
    across, up = ticks(min(x for x, _ in points), max(x for x, _ in points)), ticks(min(y for _, y in points), max(y for _, y in points))
    place = lambda value, ends, length: length * math.log10(value / ends[0]) / math.log10(ends[-1] / ends[0])
    x_of = lambda value: left + inset + place(value, across, width - inset)
    y_of = lambda value: top + height - place(value, up, height)
    parts = [f'<text x="{left + inset}" y="{top - 14}" font-weight="600">{title}</text>']
    for value in across:
        parts.append(f'<line x1="{x_of(value):.1f}" x2="{x_of(value):.1f}" y1="{top}" y2="{top + height}" stroke="#ddd"/>'
                     f'<text x="{x_of(value):.1f}" y="{top + height + 18}" text-anchor="middle">{words(value)}</text>')
    for value in up:
        parts.append(f'<line x1="{left + inset}" x2="{left + width}" y1="{y_of(value):.1f}" y2="{y_of(value):.1f}" stroke="#ddd"/>'
                     f'<text x="{left + inset - 6}" y="{y_of(value) + 4:.1f}" text-anchor="end">{value:g} {unit}</text>')
    parts.append(f'<text x="{left + inset + (width - inset) / 2}" y="{top + height + 38}" text-anchor="middle">edges</text>')
    for row, (name, line) in enumerate(series.items()):
        path = " ".join(f"{x_of(x):.1f},{y_of(y):.1f}" for x, y in line)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colours[row]}" stroke-width="2"/>')
        parts += [f'<circle cx="{x_of(x):.1f}" cy="{y_of(y):.1f}" r="3.5" fill="{colours[row]}"><title>{name}: {x:,} edges, {y:,.4g} {unit}</title></circle>' for x, y in line]
        parts.append(f'<rect x="{left + inset + 10}" y="{top + 10 + 18 * row}" width="10" height="10" fill="{colours[row]}"/>'
                     f'<text x="{left + inset + 26}" y="{top + 19 + 18 * row}">{name}</text>')
    return "".join(parts)


def draw(lines):
    of = lambda step, value: sorted((line["edges"], value(line)) for line in lines if line["step"] == step)
    # The clock counts hundredths; what took less is drawn as one.
    seconds = lambda field: lambda line: max(line[field] or 0.0, 0.01)
    megabytes = lambda line: line["peak_rss_bytes"] / 1e6
    time = {
        "groups (Leiden)": of("groups", seconds("cpu_s")),
        "PageRank to 1e-8": of("pagerank", seconds("cpu_s")),
        "reading the text": of("pagerank", seconds("load_cpu_s")),
    }
    memory = {"groups, with reading": of("groups", megabytes), "PageRank, with reading": of("pagerank", megabytes)}
    colours = ["#1b6ca8", "#c2571a", "#4b7f3a"]
    return ('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 820 420" font-family="system-ui, sans-serif" font-size="12" fill="#222">'
            '<title>CPU seconds and peak memory against the number of edges</title><rect width="820" height="420" fill="#fff"/>'
            + panel(10, f"CPU seconds (user and system), {asked.threads} threads", "s", time, colours)
            + panel(420, "Peak memory", "MB", memory, colours) + "</svg>\n")


asked.runs.mkdir(parents=True, exist_ok=True)
kept = asked.runs / "edges.jsonl"
held = [json.loads(line) for line in kept.read_text().splitlines()] if kept.exists() else []
done = {line["asked_edges"] for line in held if line["step"] == "pagerank"}
with kept.open("a") as out, tempfile.TemporaryDirectory() as temporary:
    for size in SIZES:
        if size <= asked.up_to and size not in done:
            measure(size, asked.keep or pathlib.Path(temporary), out)
(asked.runs / "edges.svg").write_text(draw([json.loads(line) for line in kept.read_text().splitlines()]))
