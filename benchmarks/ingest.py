"""Import speed of one interactions file, CSV and Parquet, beside Polars on the same file in the same run.

Bellwether: ids hashed, rows recognised by key, accounts written, Delta tables committed. Polars: the file read,
repeated rows dropped, written as Parquet (zstd). CPU seconds are user + system of the whole process.

    python benchmarks/ingest.py PROGRAM [ROWS]      needs the Python package polars
"""
import json, os, pathlib, random, resource, shutil, subprocess, sys, tempfile, time

program, rows = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 2_000_000
place = pathlib.Path(tempfile.mkdtemp(prefix="bellwether-bench-"))


def make(path):
    """Accounts drawn from a heavy tail, one interaction every 15 seconds on average; the same for the same rows."""
    chance, at = random.Random(1), 1_600_000_000
    with open(path, "w") as out:
        out.write("actor,target,kind,at_unix\n")
        for row in range(rows):
            actor, target = int(100_000 * chance.random() ** 2), int(100_000 * chance.random() ** 3)
            out.write(f"u{actor},u{target},{'reply' if row % 3 else 'comment'},{at}\n")
            at += chance.randrange(0, 30)


def timed(name, command):
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.time()
    output = subprocess.run(["/usr/bin/env", "time", "-f", "%M", *command], capture_output=True, text=True)
    wall = time.time() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if output.returncode:
        sys.exit(f"{name}: {output.stderr}")
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    peak = int(output.stderr.strip().splitlines()[-1]) * 1024
    line = {"what": name, "rows": rows, "cpu_s": round(cpu, 2), "wall_s": round(wall, 2), "peak_rss_bytes": peak,
            "rows_per_cpu_s": round(rows / cpu), "rows_per_s_two_cores": round(2 * rows / cpu), "load": os.getloadavg()[0]}
    print(json.dumps(line), flush=True)
    return cpu


polars = ("import sys, polars as pl\n"
          "f = pl.scan_parquet(sys.argv[1]) if sys.argv[1].endswith('parquet') else pl.scan_csv(sys.argv[1])\n"
          "f.unique().sink_parquet(sys.argv[2], compression='zstd', compression_level=1)")
csv, parquet = place / "talk.csv", place / "talk.parquet"
make(csv)
subprocess.run([sys.executable, "-c", "import sys, polars as pl; pl.read_csv(sys.argv[1]).write_parquet(sys.argv[2])",
                csv, parquet], check=True)
for file in (csv, parquet):
    ending = file.suffix[1:]
    ours = timed(f"bellwether ingest interactions, {ending}",
                 [program, "--data-dir", str(place / f"data-{ending}"), "ingest", "interactions", str(file)])
    again = timed(f"bellwether, the same {ending} read again (0 new)",
                  [program, "--data-dir", str(place / f"data-{ending}"), "ingest", "interactions", str(file), "--again"])
    theirs = timed(f"polars unique + sink_parquet, {ending}",
                   [sys.executable, "-c", polars, str(file), str(place / f"polars-{ending}.out")])
    print(json.dumps({"what": f"ratio to polars, {ending}", "cpu_ratio": round(ours / theirs, 2)}), flush=True)
shutil.rmtree(place)
