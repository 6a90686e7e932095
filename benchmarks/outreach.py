#!/usr/bin/env python3
"""How fast outreach answers with many contacts: 50,000 contacts, 500,000 touches, 20,000 threads in a data directory of its
own, with 5,000 deals, then pages asked for over HTTP, each several times, and the median and 95th percentile printed as JSON.

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
    "/", "/outreach/waiting", "/outreach/campaigns", "/outreach/campaigns/1", "/outreach/campaigns/1?show=table",
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
    fill_deals(base, dice, now, day, contacts)
    base.commit()
    base.close()


def fill_deals(base, dice, now, day, contacts):
    """5,000 deals with pieces and payments in twenty campaigns, 20,000 tasks, 10,000 mails that left and 50 of unknown fate."""
    terms = json.dumps({"fee": {"minor_units": 25000, "currency": "EUR"}, "pieces": [{"count": 2, "format": "story"}]})
    base.execute("insert into brief (id, name, created_at) values (1, 'Brew', ?)", (now,))
    base.execute("insert into brief_version (brief_id, version, body, created_at) values (1, 1, '{}', ?)", (now,))
    for number in range(1, 21):
        base.execute(
            "insert into campaign (id, brand_id, name, budget_minor_units, currency, created_at) values (?, 'b', ?, 5000000, 'EUR', ?)",
            (number, f"Campaign {number}", now - 60 * day),
        )
    states = ["proposed", "countered", "accepted", "in-work", "delivered", "settled", "declined", "withdrawn"]
    date = lambda days: time.strftime("%Y-%m-%d", time.gmtime(now / 1e6 + days * 86_400))
    for number in range(1, 5_001):
        state = dice.choice(states)
        base.execute(
            "insert into deal (id, contact_id, campaign_id, brief_id, brief_version, state, state_since, version, created_at) "
            "values (?, ?, ?, 1, 1, ?, ?, 1, ?)",
            (number, dice.randrange(contacts) + 1, number % 20 + 1, state, now - dice.randrange(60) * day, now),
        )
        base.execute(
            "insert into deal_version (deal_id, version, party, terms, message, created_at) values (?, 1, 'us', ?, '', ?)", (number, terms, now)
        )
        if state in ("accepted", "in-work", "delivered", "settled", "withdrawn"):
            for piece in (1, 2):
                due = dice.randrange(-60, 60)
                base.execute(
                    "insert into deliverable (deal_id, number, format, platform, draft_due_on, due_on, state, state_since) values (?,?,'story','instagram',?,?,?,?)",
                    (number, piece, date(due - 7), date(due), dice.choice(["waiting", "drafted", "changes", "approved", "live", "live", "live"]), now),
                )
            base.execute(
                "insert into payment (deal_id, what, amount_minor_units, currency, due_on, state, state_since, created_at) values (?,'fee',25000,'EUR',?,?,?,?)",
                (number, date(dice.randrange(-60, 60)), dice.choice(["owed", "sent", "arrived"]), now, now),
            )
    base.executemany(
        "insert into task (contact_id, title, due_on, created_at, done_at) values (?, 'ring', ?, ?, ?)",
        [(dice.randrange(contacts) + 1, date(dice.randrange(-30, 60)), now, dice.choice([None, now, now])) for _ in range(20_000)],
    )
    base.execute("insert into mailbox (id, address, from_name, settings, state, state_since, created_at) values (1, 'a@b.test', '', '{}', 'paused', 0, 0)")
    base.executemany(
        "insert into outgoing (mailbox_id, contact_id, is_first, subject, body, state, not_before, created_at) values (1, ?, 0, '', '', ?, 0, 0)",
        [(dice.randrange(contacts) + 1, "unknown" if number < 50 else "accepted") for number in range(10_000)],
    )


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
