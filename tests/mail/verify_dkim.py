#!/usr/bin/env python3
"""Says of every mail that the far end took whether all its DKIM signatures hold, by another program's judgement.

    verify_dkim.py --log sink.jsonl --word TOKEN --signatures 2 --records records.json

`records.json`: name of a DNS record -> its text. Prints one JSON document: `mails`, `verified` (all signatures hold),
`both_list_headers_signed`, `changed_and_still_verified` (after one word of the subject and of the text was changed), and
`failed` with the first few that do not hold. Needs dkimpy and pynacl.
"""

import argparse
import base64
import json
import re
import sys

import dkim


def holds(raw, signatures, records):
    def look_up(name, timeout=5):
        return records.get(name.decode("ascii").rstrip("."), "").encode("ascii") or None

    try:
        return all(dkim.DKIM(raw).verify(idx=n, dnsfunc=look_up) for n in range(signatures))
    except dkim.DKIMException:
        return False


def signs_both(raw, signatures):
    head = raw.split(b"\r\n\r\n", 1)[0]
    unfolded = re.sub(rb"\r\n[ \t]+", b" ", head)
    lists = re.findall(rb"^DKIM-Signature:.*?\bh=([^;]*);", unfolded, re.MULTILINE)
    names = [[name.strip().lower() for name in one.split(b":")] for one in lists]
    wanted = (b"list-unsubscribe", b"list-unsubscribe-post")
    return len(names) == signatures and all(name in one for one in names for name in wanted)


def changed(raw):
    """The mail with another sender beside it, and with another ending: neither may pass."""
    head, body = raw.split(b"\r\n\r\n", 1)
    second_sender = b"From: Somebody <somebody@example.test>\r\n" + raw
    return [second_sender, head + b"\r\n\r\n" + body + b"PS: pay here\r\n"]


def mails_of(log, word):
    with open(log, encoding="utf-8") as file:
        for line in file:
            mail = json.loads(line)
            if word in mail["rcpt"] or word in mail["mail_from"]:
                yield mail["rcpt"], base64.b64decode(mail["raw_base64"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--log", required=True)
    parser.add_argument("--word", default="")
    parser.add_argument("--signatures", type=int, default=2)
    parser.add_argument("--records", required=True)
    options = parser.parse_args()
    with open(options.records, encoding="utf-8") as file:
        records = json.load(file)
    mails = list(mails_of(options.log, options.word))
    failed = [rcpt for rcpt, raw in mails if not holds(raw, options.signatures, records)]
    passed = [
        rcpt
        for rcpt, raw in mails[:: max(1, len(mails) // 20)]
        for other in changed(raw)
        if holds(other, options.signatures, records)
    ]
    document = {
        "mails": len(mails),
        "verified": len(mails) - len(failed),
        "both_list_headers_signed": sum(signs_both(raw, options.signatures) for _, raw in mails),
        "changed_and_still_verified": len(passed),
        "failed": failed[:5],
    }
    print(json.dumps(document))


if __name__ == "__main__":
    sys.exit(main())
