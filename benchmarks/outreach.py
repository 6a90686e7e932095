#!/usr/bin/env python3
"""How fast outreach answers with many contacts: 50,000 contacts, 500,000 touches, 20,000 threads in a data directory of its
own, then pages asked for over HTTP, each several times, and the median and 95th percentile printed as JSON.

    benchmarks/outreach.py --program target/debug/bellwether [--contacts 50000] [--touches 500000]

The rows are written straight into the database: bringing them in is not what is measured. Addresses are left out, they are
sealed with a key that only the program has.
"""

import argparse
import json
import os
import random
import socket
import sqlite3
import statistics
import subprocess
import tempfile
import time
import urllib.request

STAGES = ["look", "write", "written", "talking", "negotiating", "agreed", "worked", "expired", "not-for-us"]
FIRST = "ana ben cem dee eli fay gus hal ida jon kim leo mia noa oli pia quin rui sam tea uma vic wen xia yan zoe".split()
LAST = "brew stone rivers field baker miller weber rossi garcia novak silva jansen kowalski moreau lind".split()
PAGES = [
    "/outreach/board", "/outreach/board?owner=mia", "/outreach/contacts", "/outreach/contacts?words=rivers",
    "/outreach/contacts?words=zoe+weber&stage=talking", "/outreach/contacts?tag=vip", "/outreach/contacts/25000", "/outreach",
]


def fill(place, contacts, touches, threads):
    dice = random.Random(1)
    base = sqlite3.connect(os.path.join(place, "operations.sqlite"))
    now = int(time.time() * 1e6)
    day = 86_400_000_000
    people = []
    for number in range(1, contacts + 1):
        name = f"{dice.choice(FIRST).title()} {dice.choice(LAST).title()}"
        stage = dice.choice(STAGES)
        at = now - dice.randrange(90) * day
        owner = dice.choice(["mia", "tom", ""])
        people.append((number, name, stage, at, owner, at, "wrote back", at))
    base.executemany(
        "insert into contact (id, name, stage, stage_since, owner, last_touch_at, last_touch, created_at) values (?,?,?,?,?,?,?,?)",
        people,
    )
    base.executemany(
        "insert into contact_tag (contact_id, tag) values (?, ?)",
        [(number, "vip") for number in range(1, contacts + 1, 10)],
    )
    base.executemany(
        "insert into touch (contact_id, at, kind, actor, summary) values (?,?,?,?,?)",
        (
            (dice.randrange(contacts) + 1, now - dice.randrange(365) * day, dice.choice(["note", "mail_in", "mail_out", "call"]), "team", f"touch {number}")
            for number in range(touches)
        ),
    )
    for number in range(1, threads + 1):
        contact = dice.randrange(contacts) + 1
        at = now - dice.randrange(60 * 86_400) * 1_000_000
        base.execute(
            "insert into thread (id, contact_id, subject, state, opened_at, last_at, last_way, unread) values (?,?,?,?,?,?,?,?)",
            (number, contact, f"About coffee {number}", dice.choice(["open", "done"]), at, at, dice.choice(["in", "out"]), dice.randrange(2)),
        )
        base.execute(
            "insert into mail (way, message_id, sha256, thread_id, contact_id, counterpart, from_shown, to_shown, subject, "
            "subject_norm, text, at, is_bulk, class, class_version, is_read) values ('in',?,?,?,?,'','a@b.test','c@d.test',?,?,"
            "'words of a mail',?,0,'personal',1,0)",
            (f"m{number}@b.test", f"none{number}", number, contact, f"About coffee {number}", f"about coffee {number}", at),
        )
    base.commit()
    base.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--contacts", type=int, default=50_000)
    parser.add_argument("--touches", type=int, default=500_000)
    parser.add_argument("--threads", type=int, default=20_000)
    parser.add_argument("--times", type=int, default=20)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        subprocess.run([given.program, "--data-dir", place, "outreach", "settings"], check=True, capture_output=True)
        fill(place, given.contacts, given.touches, given.threads)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        serving = subprocess.Popen([given.program, "--data-dir", place, "serve", "--listen", f"127.0.0.1:{port}"], stderr=subprocess.DEVNULL)
        try:
            home = f"http://127.0.0.1:{port}"
            for _ in range(100):
                try:
                    urllib.request.urlopen(home + "/health").read()
                    break
                except OSError:
                    time.sleep(0.1)
            figures = {}
            for page in PAGES:
                took, size = [], 0
                for _ in range(given.times):
                    began = time.perf_counter()
                    size = len(urllib.request.urlopen(home + page).read())
                    took.append((time.perf_counter() - began) * 1000)
                figures[page] = {
                    "first_ms": round(took[0], 1),
                    "median_ms": round(statistics.median(took), 1),
                    "p95_ms": round(sorted(took)[int(len(took) * 0.95) - 1], 1),
                    "bytes": size,
                }
            print(json.dumps({"contacts": given.contacts, "touches": given.touches, "threads": given.threads, "pages": figures}, indent=1))
        finally:
            serving.terminate()
            serving.wait()


if __name__ == "__main__":
    main()
