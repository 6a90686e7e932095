#!/usr/bin/env python3
"""How fast visitors are led on, beside one worker of nginx that answers a constant 302 and counts nothing.

    benchmarks/redirect.py --program target/release/bellwether [--seconds 5] [--runs 5] [--threads 2] [--load | --kills 100]

Each run of ours stands beside one of nginx in the same minute; the median of the runs counts. Both durabilities, 16, 64 and 256
connections, `wrk` with a browser's agent, so that every hit is judged. The link is a creator's, so that each answer carries a signed
token of its own; with --bare it is one without. Afterwards the clicks stored are compared with the requests answered: the difference
is printed as it is. It is positive where `wrk` hung up on requests whose clicks were stored, at most the connections of each run, and
negative where clicks were lost. The CPU that each of both took an answer is told beside. Ours is measured twice: by itself (`serve --only redirect`) and beside the pages (`serve`).

With --kills N: the program is killed N times at random moments of a second under `wrk`, by 16 and by 256 connections, in both
durabilities, and started again; then the clicks stored are held against the requests answered.

With --load: 2,000 requests a second for two minutes over 100,000 links and 5 million stored clicks, each answer waiting for the
disk, by benchmarks/steady.rs; and how long /tracking takes over 10 million counted clicks.

Needs an idle machine, a release build, `wrk` and `nginx`; prints one JSON document a line.
"""

import argparse
import json
import os
import random
import re
import shutil
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

AGENT = ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
         "Version/26.0 Mobile/15E148 Safari/604.1")
TARGET = "https://shop.example/grinder?color=red&utm_source=instagram&utm_medium=creator"
HERE = os.path.dirname(os.path.abspath(__file__))


def free_port():
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        return line.getsockname()[1]


def wait_for(port):
    for _ in range(600):
        with socket.socket() as line:
            if line.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    sys.exit(f"nobody listens on port {port}")


class Nginx:
    def __init__(self, place):
        self.port = free_port()
        conf = os.path.join(place, "nginx.conf")
        temporary = "".join(f"{kind}_temp_path {place}/{kind};" for kind in
                            ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"])
        with open(conf, "w") as file:
            file.write(f"""worker_processes 1; daemon off; pid {place}/nginx.pid; error_log {place}/nginx.log;
events {{ worker_connections 4096; }}
http {{ access_log off; keepalive_requests 1000000000; {temporary}
server {{ listen 127.0.0.1:{self.port}; location / {{ return 302 {TARGET}; }} }} }}""")
        self.process = subprocess.Popen(["nginx", "-c", conf, "-p", place], stderr=subprocess.DEVNULL)
        wait_for(self.port)

    def end(self):
        self.process.terminate()
        self.process.wait()


class Ours:
    def __init__(self, program, data, only):
        self.port = free_port()
        command = [program, "--data-dir", data, "serve", "--listen", f"127.0.0.1:{self.port}"]
        self.process = subprocess.Popen(command + (["--only", "redirect"] if only else []),
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(self.port)

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


def bellwether(program, data, *arguments):
    done = subprocess.run([program, "--data-dir", data, "--json", *arguments], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stderr)
    return json.loads(done.stdout)


def wrk(port, connections, seconds, threads, script):
    done = subprocess.run(["wrk", f"-t{min(threads, connections)}", f"-c{connections}", f"-d{seconds}s", "-s", script,
                           f"http://127.0.0.1:{port}/t/ana"], capture_output=True, text=True, check=True)
    requests = int(re.search(r"(\d+) requests in", done.stdout).group(1))
    wrong = re.search(r"Non-2xx or 3xx responses: (\d+)", done.stdout)
    broken = re.search(r"Socket errors: (.*)", done.stdout)
    return {"a_second": float(re.search(r"Requests/sec:\s+([\d.]+)", done.stdout).group(1)), "requests": requests,
            "wrong": int(wrong.group(1)) if wrong else 0, "broken": broken.group(1) if broken else None}


def cpu_seconds(process):
    """Of a program and those it has begun (nginx answers by a worker)."""
    ticks = 0
    with open(f"/proc/{process}/task/{process}/children") as file:
        everybody = [process, *(int(child) for child in file.read().split())]
    for one in everybody:
        with open(f"/proc/{one}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def stored(program, data):
    links = bellwether(program, data, "tracking", "links")
    return sum(sum(link["clicks"].values()) for link in links)


def make_link(options, place, data):
    """The link `ana`: a creator's, of a deal with her, unless asked for a bare one."""
    if options.bare:
        return bellwether(options.program, data, "tracking", "link", TARGET, "--slug", "ana", "--bare")
    brief = os.path.join(place, "brief.json")
    with open(brief, "w") as file:
        json.dump({"product": "A grinder", "audience": "People", "freedom": "All", "language": "en", "country": "GB"}, file)
    bellwether(options.program, data, "outreach", "add", "Ana Ruiz")
    bellwether(options.program, data, "outreach", "brief", "Spring", "--file", brief)
    bellwether(options.program, data, "outreach", "offer", "Ana Ruiz", "--brief", "Spring", "--fee", "90 EUR",
               "--piece", "1 story instagram")
    return bellwether(options.program, data, "tracking", "link", TARGET, "--slug", "ana", "--deal", "1")


def side_by_side(options, place):
    script = os.path.join(place, "agent.lua")
    with open(script, "w") as file:
        file.write(f'wrk.headers["User-Agent"] = "{AGENT}"\n')
    for durability in ["process", "power"]:
        for only in [True, False]:
            data = os.path.join(place, f"{durability}-{only}")
            make_link(options, place, data)
            bellwether(options.program, data, "tracking", "durability", durability)
            nginx, ours = Nginx(place), Ours(options.program, data, only)
            answered, hung_up = 0, 0
            for connections in options.connections:
                figures, spent = {"nginx": [], "ours": []}, {"nginx": [], "ours": []}
                for _ in range(options.runs):
                    for name, server in [("nginx", nginx), ("ours", ours)]:
                        before = cpu_seconds(server.process.pid)
                        seen = wrk(server.port, connections, options.seconds, options.threads, script)
                        figures[name].append(seen["a_second"])
                        spent[name].append((cpu_seconds(server.process.pid) - before) / seen["requests"] * 1e6)
                        if name == "ours":
                            answered += seen["requests"]
                            hung_up += connections
                            if seen["wrong"] or seen["broken"]:
                                print(json.dumps({"wrong": seen}))
                        time.sleep(0.3)
                medians = {name: statistics.median(values) for name, values in figures.items()}
                print(json.dumps({
                    "durability": durability, "alone": only, "connections": connections, "threads_of_wrk": options.threads,
                    "nginx_a_second": round(medians["nginx"]), "ours_a_second": round(medians["ours"]),
                    "nginx_cpu_us": round(statistics.median(spent["nginx"]), 2), "ours_cpu_us": round(statistics.median(spent["ours"]), 2),
                    "ratio": round(medians["ours"] / medians["nginx"], 3),
                    "ratios": [round(one / other, 3) for one, other in zip(figures["ours"], figures["nginx"])],
                }), flush=True)
            ours.end()
            nginx.end()
            kept = stored(options.program, data)
            print(json.dumps({"durability": durability, "alone": only, "answered": answered, "stored": kept,
                              "stored_minus_answered": kept - answered, "hung_up_at_most": hung_up}), flush=True)


def killed(options, place):
    script = os.path.join(place, "agent.lua")
    with open(script, "w") as file:
        file.write(f'wrk.headers["User-Agent"] = "{AGENT}"\n')
    dice = random.Random(0)
    for durability in ["process", "power"]:
        for connections in [16, 256]:
            data = os.path.join(place, f"killed-{durability}-{connections}")
            make_link(options, place, data)
            bellwether(options.program, data, "tracking", "durability", durability)
            answered = 0
            for _ in range(options.kills):
                ours = Ours(options.program, data, True)
                end = threading.Timer(dice.uniform(0.1, 0.9), ours.process.kill)
                end.start()
                answered += wrk(ours.port, connections, 1, options.threads, script)["requests"]
                end.join()
                ours.process.wait()
            kept = stored(options.program, data)
            print(json.dumps({"durability": durability, "connections": connections, "kills": options.kills, "answered": answered,
                              "stored": kept, "lost": max(0, answered - kept)}), flush=True)


def make_links(program, data, count):
    """Links straight into the database: making them is not what is measured."""
    bellwether(program, data, "tracking", "links")
    base = sqlite3.connect(os.path.join(data, "operations.sqlite"))
    now = int(time.time() * 1e6)
    base.executemany(
        "insert into tracked_link (slug, slug_hash, name, target, is_bare, created_at) values (?, ?, ?, ?, 1, ?)",
        ((f"link-{n:06}", f"hash {n}", f"link {n}", f"{TARGET}&n={n}", now) for n in range(count)))
    base.execute("update tracked_link_revision set revision = revision + 1")
    base.commit()
    base.close()


def fill(data, clicks, links):
    done = subprocess.run(["cargo", "run", "--release", "-q", "-p", "bellwether-clicks", "--example", "fill", "--", data,
                           "--clicks", str(clicks), "--links", str(links)], capture_output=True, text=True, cwd=HERE)
    if done.returncode != 0:
        sys.exit(done.stderr)
    return json.loads(done.stdout)


def load(options, place):
    steady = os.path.join(place, "steady")
    subprocess.run(["rustc", "-O", "--edition", "2024", os.path.join(HERE, "steady.rs"), "-o", steady], check=True)
    data = os.path.join(place, "load")
    make_links(options.program, data, options.links)
    print(json.dumps({"filled": fill(data, options.stored, options.links)}), flush=True)
    bellwether(options.program, data, "tracking", "durability", "power")
    began = time.time()
    bellwether(options.program, data, "tracking", "links")
    print(json.dumps({"counting_s": round(time.time() - began, 1)}), flush=True)
    ours = Ours(options.program, data, True)
    done = subprocess.run([steady, f"127.0.0.1:{ours.port}", "--rate", str(options.rate), "--seconds", str(options.load_seconds),
                           "--links", str(options.links)], capture_output=True, text=True, check=True)
    print(json.dumps({"load": json.loads(done.stdout)}), flush=True)
    ours.end()


def overview(options, place):
    data = os.path.join(place, "overview")
    make_links(options.program, data, options.links)
    print(json.dumps({"filled": fill(data, options.counted, options.links)}), flush=True)
    began = time.time()
    bellwether(options.program, data, "tracking", "links")
    counted = time.time()
    bellwether(options.program, data, "tracking", "recount")
    print(json.dumps({"counting_s": round(counted - began, 1), "recounting_s": round(time.time() - counted, 1)}), flush=True)
    ours = Ours(options.program, data, False)
    for address in ["/tracking", "/tracking?page=500", "/tracking/links/777", "/tracking/clicks", "/tracking/clicks?link=777"]:
        times = []
        for _ in range(20):
            asked = urllib.request.Request(f"http://127.0.0.1:{ours.port}{address}")
            began = time.perf_counter()
            urllib.request.urlopen(asked).read()
            times.append((time.perf_counter() - began) * 1000)
        times.sort()
        print(json.dumps({"page": address, "p50_ms": round(times[10], 1), "p95_ms": round(times[18], 1)}),
              flush=True)
    ours.end()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--program", required=True)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2, help="threads of wrk")
    parser.add_argument("--connections", type=int, nargs="+", default=[16, 64, 256])
    parser.add_argument("--bare", action="store_true", help="a link without a token, in place of a creator's")
    parser.add_argument("--kills", type=int, help="kill the program so often, in place of the comparison")
    parser.add_argument("--load", action="store_true", help="the steady load and the overview, in place of the comparison")
    parser.add_argument("--links", type=int, default=100_000)
    parser.add_argument("--stored", type=int, default=5_000_000)
    parser.add_argument("--counted", type=int, default=10_000_000)
    parser.add_argument("--rate", type=int, default=2_000)
    parser.add_argument("--load-seconds", type=int, default=120)
    parser.add_argument("--place", help="where data directories are made; a temporary folder without it")
    options = parser.parse_args()
    options.program = os.path.abspath(options.program)
    place = options.place or tempfile.mkdtemp(prefix="redirect-")
    os.makedirs(place, exist_ok=True)
    print(json.dumps({"machine": os.uname().release, "cores": os.cpu_count(), "load": os.getloadavg(),
                      "at": time.strftime("%Y-%m-%d %H:%M")}), flush=True)
    try:
        if options.kills:
            killed(options, place)
        elif options.load:
            load(options, place)
            overview(options, place)
        else:
            side_by_side(options, place)
    finally:
        if not options.place:
            shutil.rmtree(place, ignore_errors=True)


if __name__ == "__main__":
    main()
