#!/usr/bin/env python3
"""The far end of every mail the tests send: a server that answers as asked by the address it is given.

The first word of the local part decides (`nouser.ana@creator.test`, `grey+1@creator.test`):

    nouser     550 5.1.1 at RCPT          full       552 5.2.2 at RCPT
    spam       554 5.7.1 after DATA       grey       451 4.7.1 at the first try of this sender and recipient
    slow       answers RCPT after 3 s     drop       closes the connection at RCPT
    late       answers DATA after 5 s     hang       reads the message, never answers
    closedata  reads the message, closes without an answer
    else       250

`--stall hang|late|closedata` does the same for every recipient. Each message taken is one JSON line in the log, written
to the disk before the answer is given: rcpt, mail_from, message_id, raw_base64, `answered` (false where the sender never
learns of it) and `times`: how often this recipient was given this Message-ID so far. `--counts` prints what came twice.
"""

import argparse
import asyncio
import base64
import collections
import json
import os
import re
import signal
import sys

WORD = re.compile(r"[a-z0-9]+")
UNANSWERED = ("hang", "closedata")


def first_word(address):
    found = WORD.match(address.lower())
    return found.group(0) if found else ""


def message_id(raw):
    head = re.split(rb"\r?\n\r?\n", raw, maxsplit=1)[0]
    found = re.search(rb"^message-id:\s*<?([^>\s]+)>?", head, re.IGNORECASE | re.MULTILINE)
    return found.group(1).decode("utf-8", "replace") if found else None


def lines_of(log):
    if not os.path.exists(log):
        return
    with open(log, encoding="utf-8") as file:
        for line in file:
            if line.endswith("\n"):
                yield json.loads(line)


class Sink:
    def __init__(self, log, stall):
        self.stall = stall
        self.greyed = set()
        self.times = collections.Counter((line["rcpt"], line["message_id"]) for line in lines_of(log))
        self.log = open(log, "ab", buffering=0)

    async def handle_RCPT(self, server, session, envelope, address, options):
        word = first_word(address)
        if word == "nouser":
            return "550 5.1.1 no such user here"
        if word == "full":
            return "552 5.2.2 the mailbox is full"
        if word == "grey":
            pair = (envelope.mail_from, address)
            if pair not in self.greyed:
                self.greyed.add(pair)
                return "451 4.7.1 greylisted, try again"
        if word == "slow":
            await asyncio.sleep(3)
        if word == "drop":
            server.transport.abort()
            await asyncio.sleep(3600)
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server, session, envelope):
        words = [self.stall or first_word(address) for address in envelope.rcpt_tos]
        if "spam" in words:
            return "554 5.7.1 looks like spam"
        answered = not any(word in UNANSWERED for word in words)
        if "late" in words:
            await asyncio.sleep(5)
        for address in envelope.rcpt_tos:
            self.keep(address, envelope, answered)
        if "closedata" in words:
            server.transport.abort()
        if not answered:
            await asyncio.sleep(3600)
        return "250 2.0.0 taken"

    def keep(self, address, envelope, answered):
        identity = message_id(envelope.content)
        self.times[(address, identity)] += 1
        line = {
            "rcpt": address,
            "mail_from": (envelope.mail_from or "").replace("<>", ""),
            "message_id": identity,
            "times": self.times[(address, identity)],
            "answered": answered,
            "raw_base64": base64.b64encode(envelope.content).decode("ascii"),
        }
        self.log.write(json.dumps(line).encode("utf-8") + b"\n")
        os.fsync(self.log.fileno())


async def serve(options):
    from aiosmtpd.smtp import SMTP

    sink = Sink(options.log, options.stall)

    def session():
        # Without a name of its own it asks the resolver, which may take seconds.
        return SMTP(sink, hostname="sink.test", data_size_limit=None, enable_SMTPUTF8=True, timeout=600)

    server = await asyncio.get_running_loop().create_server(session, options.host, options.port)
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    await ended.wait()
    server.close()


def print_counts(log):
    times = collections.Counter((line["rcpt"], line["message_id"]) for line in lines_of(log))
    twice = [{"rcpt": rcpt, "message_id": identity, "times": n} for (rcpt, identity), n in times.items() if n > 1]
    print(json.dumps({"messages": sum(times.values()), "different": len(times), "more_than_once": twice}))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=2526)
    parser.add_argument("--log", required=True)
    parser.add_argument("--stall", choices=["hang", "late", "closedata"])
    parser.add_argument("--counts", action="store_true", help="print what the log says came more than once, and end")
    options = parser.parse_args()
    if options.counts:
        return print_counts(options.log)
    asyncio.run(serve(options))


if __name__ == "__main__":
    sys.exit(main())
