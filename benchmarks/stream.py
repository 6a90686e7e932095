#!/usr/bin/env python3
"""How many events of a network's stream are taken a second, in how much memory, and whether a kill loses or doubles any.

Writes down a stream of made-up events as Jetstream sends them (posts, answers, likes, reposts, follows, some of them taken back), serves
it at a rate or as fast as it is taken, and lets `bellwether ingest listen` take all of it. With --kills the program is killed so often
at random moments and started again; at the end the lake must hold exactly what an undisturbed run of the same stream holds.

    pip install websockets psutil
    benchmarks/stream.py --binary target/release/bellwether --events 600000 --rate 5000
    benchmarks/stream.py --binary target/release/bellwether --events 300000 --kills 10
"""

import argparse
import asyncio
import json
import pathlib
import random
import subprocess
import tempfile
import threading
import time
import urllib.parse

import psutil
import websockets

PEOPLE = 20_000
BEGAN = 1_760_000_000_000_000


def record(events, number, rng):
    """One event; what is taken back is something written before."""
    who = f"did:plc:p{rng.randrange(PEOPLE)}"
    at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime((BEGAN + number * 200) / 1e6)) + ".000Z"
    kind = rng.random()
    posts, written = events["posts"], events["written"]
    if kind < 0.05 and written:
        did, collection, key = written.pop(rng.randrange(len(written)))
        return did, {"operation": "delete", "collection": collection, "rkey": key}
    if kind < 0.25 or not posts:
        collection, value = "app.bsky.feed.post", {"text": f"words of number {number} about bread", "createdAt": at}
        posts.append((who, f"k{number}"))
        if len(posts) > 5_000:
            posts.pop(0)
    elif kind < 0.40:
        author, key = posts[rng.randrange(len(posts))]
        subject = {"uri": f"at://{author}/app.bsky.feed.post/{key}", "cid": "c"}
        collection = "app.bsky.feed.post"
        value = {"text": f"an answer of number {number}", "createdAt": at, "reply": {"root": subject, "parent": subject}}
    elif kind < 0.80:
        author, key = posts[rng.randrange(len(posts))]
        collection = "app.bsky.feed.like" if kind < 0.72 else "app.bsky.feed.repost"
        value = {"subject": {"uri": f"at://{author}/app.bsky.feed.post/{key}", "cid": "c"}, "createdAt": at}
    else:
        collection, value = "app.bsky.graph.follow", {"subject": f"did:plc:p{rng.randrange(PEOPLE)}", "createdAt": at}
    written.append((who, collection, f"k{number}"))
    if len(written) > 20_000:
        written.pop(0)
    return who, {"operation": "create", "collection": collection, "rkey": f"k{number}", "record": value, "cid": "c"}


def recorded(count, seed):
    rng, events, lines = random.Random(seed), {"posts": [], "written": []}, []
    for number in range(count):
        did, commit = record(events, number, rng)
        lines.append(json.dumps({"did": did, "time_us": BEGAN + number * 200, "kind": "commit", "commit": commit}))
    return lines


def serve(lines, rate, port):
    """Serves from the place that is asked for, at a rate or as fast as it is taken; then says nothing."""

    async def each(socket):
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(socket.request.path).query)
        cursor = int(query.get("cursor", [BEGAN - 1])[0])
        place = max(0, (cursor - BEGAN) // 200 + 1)
        began, first = time.monotonic(), place
        while place < len(lines):
            await socket.send(lines[place])
            place += 1
            if rate and (place - first) % 100 == 0:
                await asyncio.sleep(max(0, began + (place - first) / rate - time.monotonic()))
        await asyncio.sleep(3_600)

    async def forever():
        async with websockets.serve(each, "127.0.0.1", port, compression=None, max_queue=None):
            await asyncio.Future()

    threading.Thread(target=lambda: asyncio.run(forever()), daemon=True).start()
    time.sleep(0.5)


def run(binary, folder, *arguments):
    done = subprocess.run([binary, "--data-dir", folder, *arguments, "--json"], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout)


def listening(binary, folder):
    command = [binary, "--data-dir", folder, "ingest", "listen", "Bluesky", "--quiet-seconds", "3", "--json"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def watched(process):
    """Until it ends: its largest memory, how it was in the second and in the last quarter, and its CPU seconds."""
    sizes, cpu = [], 0.0
    handle = psutil.Process(process.pid)
    while process.poll() is None:
        try:
            sizes.append(handle.memory_info().rss)
            times = handle.cpu_times()
            cpu = times.user + times.system
        except psutil.Error:
            break
        time.sleep(0.2)
    quarter = max(1, len(sizes) // 4)
    mean = lambda some: round(sum(some) / max(1, len(some)) / 2**20)
    return {"peak_mib": round(max(sizes) / 2**20), "second_quarter_mib": mean(sizes[quarter : 2 * quarter]), "last_quarter_mib": mean(sizes[-quarter:]), "cpu_seconds": round(cpu, 1)}


def held(binary, folder):
    imports = run(binary, folder, "ingest", "list")
    counts = run(binary, folder, "conversations", "counts")
    return {"interactions": counts["interactions"], "ties": counts["ties_between_people"], "pairs": counts["pairs"], "imports": len(imports)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", default="target/release/bellwether")
    parser.add_argument("--events", type=int, default=300_000)
    parser.add_argument("--rate", type=int, default=0, help="events a second; 0: as fast as they are taken")
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    lines = recorded(asked.events, asked.seed)
    port = 20_000 + random.randrange(20_000)
    serve(lines, asked.rate, port)

    def connected():
        folder = tempfile.mkdtemp(prefix="bellwether-stream-")
        run(asked.binary, folder, "ingest", "connect", "bluesky", "--stream", f"http://127.0.0.1:{port}", "--stream-everybody", "--internal")
        return folder

    folder = connected()
    began = time.monotonic()
    process = listening(asked.binary, folder)
    used = watched(process)
    seconds = time.monotonic() - began - 3
    told = json.loads(process.communicate()[0])
    whole = held(asked.binary, folder)
    result = {
        "events": told["events"], "seconds": round(seconds, 1), "events_a_second": round(told["events"] / seconds),
        "facts_new": told["facts_new"], "rows_removed": told["rows_removed"], **used, "held": whole,
    }
    if asked.kills:
        folder, rng, kills = connected(), random.Random(asked.seed), 0
        while kills < asked.kills:
            process = listening(asked.binary, folder)
            time.sleep(rng.uniform(0.3, max(2.0, seconds * 0.8)))
            if process.poll() is not None:
                break
            process.kill()
            process.wait()
            kills += 1
        process = listening(asked.binary, folder)
        process.wait()
        again = held(asked.binary, folder)
        same = all(again[key] == whole[key] for key in ("interactions", "ties", "pairs"))
        result.update({"kills": kills, "held_after_kills": again, "lost_or_doubled": not same})
    print(json.dumps(result))


if __name__ == "__main__":
    main()
