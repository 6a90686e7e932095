#!/usr/bin/env python3
"""Real mail servers for the tests: Postfix, two Dovecots (one behind a certificate of its own), the far end of all mail
(`sink.py`), and, where they are installed, two further IMAP servers (pymap, and hoodiecrow, which can do little).

    bed.py start --folder DIR [--until-pid PID] [--throw-away] [--stall HOW]
                                                              starts all, prints one JSON document, leaves them running
    bed.py stop --folder DIR                                     ends what was started there
    bed.py deliver --folder DIR --to ADDRESS FILE...             hands raw mails to Dovecot over one LMTP connection
    bed.py deliver --folder DIR --lines < LINES                  the same, of JSON lines {to, mail_from?, raw_base64}

Needs root, the Debian packages postfix, dovecot-imapd, dovecot-lmtpd and openssl, and aiosmtpd for the Python that runs
this (or that BELLWETHER_MAIL_PYTHON names). `start` ends with 3 and names what is missing; with 1 where a server does not
answer. A keeper process ends everything when `stop` asks for it or when the process of --until-pid is gone.
"""

import argparse
import base64
import json
import os
import shutil
import signal
import smtplib
import socket
import subprocess
import sys
import time

sys.dont_write_bytecode = True
import servers  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
HOST = "127.0.0.1"
START_SECONDS = 30
PORTS = [
    "smtp_plain", "smtp_starttls", "smtp_tls", "sink", "lmtp", "imap_plain", "imap_starttls", "imap_tls", "auth",
    "auth_tls", "poor", "poor_control", "pymap",
]  # fmt: skip


def python_of_the_bed():
    return os.environ.get("BELLWETHER_MAIL_PYTHON") or sys.executable


def has_module(name):
    return subprocess.run([python_of_the_bed(), "-c", f"import {name}"], capture_output=True).returncode == 0


def missing_packages():
    programs = {
        "postfix": "/usr/sbin/postfix",
        "dovecot-core": "/usr/sbin/dovecot",
        "dovecot-imapd": "/usr/lib/dovecot/imap",
        "dovecot-lmtpd": "/usr/lib/dovecot/lmtp",
        "openssl": "/usr/bin/openssl",
    }
    missing = [f"Debian package {package}" for package, path in programs.items() if not os.path.exists(path)]
    if not has_module("aiosmtpd"):
        missing.append(f"Python module aiosmtpd for {python_of_the_bed()}")
    if os.geteuid() != 0:
        missing.append("root: Postfix starts as root only")
    return missing


def free_ports(names):
    held = []
    for _ in names:
        holder = socket.socket()
        holder.bind((HOST, 0))
        held.append(holder)
    ports = {name: holder.getsockname()[1] for name, holder in zip(names, held)}
    for holder in held:
        holder.close()
    return ports


def answers(port):
    try:
        with socket.create_connection((HOST, port), timeout=1):
            return True
    except OSError:
        return False


def ran(command, log):
    with open(log, "ab") as out:
        return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out).returncode


def start_children(folder, ports, stall):
    """Starts what does not put itself into the background; returns name -> process."""
    python = python_of_the_bed()
    log = os.path.join(folder, "children.log")
    sink = ["--port", str(ports["sink"]), "--log", os.path.join(folder, "sink.jsonl")]
    commands = {"sink": [python, f"{HERE}/sink.py", *sink, *(["--stall", stall] if stall else [])]}
    if shutil.which("node") and os.path.isdir(f"{HERE}/node_modules/hoodiecrow-imap"):
        poor = ["--port", str(ports["poor"]), "--control", str(ports["poor_control"]), "--messages", "40"]
        commands["poor"] = ["node", f"{HERE}/poor.mjs", *poor]
    if has_module("pymap"):
        quiet = ["--no-tls", "--no-service", "managesieve", "--no-service", "admin"]
        commands["pymap"] = [
            python, "-c", "from pymap.main import main; main()", "--host", HOST, "--port", str(ports["pymap"]), *quiet,
            "dict", "--demo-data",
        ]  # fmt: skip
    out = open(log, "ab")
    return {
        name: subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True)
        for name, command in commands.items()
    }


def start_servers(folder, ports):
    certificate, key = servers.write_certificate(folder)
    servers.write_dovecot(folder, "dove", ports, tls=None)
    servers.write_dovecot(folder, "dove_tls", ports, tls=(certificate, key))
    servers.write_postfix(folder, ports, (certificate, key))
    log = os.path.join(folder, "start.log")
    failed = [name for name in ("dove", "dove_tls") if ran(["dovecot", "-c", f"{folder}/{name}/dovecot.conf"], log)]
    if ran(["postfix", "-c", f"{folder}/pf/etc", "start"], log):
        failed.append("postfix")
    return failed


def end_servers(folder):
    commands = [["postfix", "-c", f"{folder}/pf/etc", "stop"]]
    commands += [["dovecot", "-c", f"{folder}/{name}/dovecot.conf", "stop"] for name in ("dove", "dove_tls")]
    with open(os.path.join(folder, "stop.log"), "ab") as out:
        ending = [subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out) for command in commands]
    for process in ending:
        process.wait()


def began_at(pid):
    """When the process began, in ticks; None when there is none. A number that was given anew is thereby told apart."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return None if fields[0] == "Z" else fields[19]
    except OSError:
        return None


def keep(folder, ports, options):
    """The keeper: starts all, says so in `ready`, waits for the end, ends all."""
    ended = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.append(True))
    until_pid = options.until_pid
    until = began_at(until_pid) if until_pid else None
    children = start_children(folder, ports, options.stall)
    failed = start_servers(folder, ports)
    state = {"failed": failed, "children": sorted(children)}
    with open(os.path.join(folder, "ready.part"), "w", encoding="utf-8") as file:
        json.dump(state, file)
    os.rename(os.path.join(folder, "ready.part"), os.path.join(folder, "ready"))
    while not ended and not os.path.exists(os.path.join(folder, "stop")):
        if until_pid and began_at(until_pid) != until:
            break
        time.sleep(0.3)
    for process in children.values():
        process.terminate()
    end_servers(folder)
    for process in children.values():
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
    os.unlink(os.path.join(folder, "keeper.pid"))
    if options.throw_away:
        shutil.rmtree(folder, ignore_errors=True)


def detach(folder, ports, options):
    """Leaves a keeper behind that hears nothing of the terminal and holds none of our pipes."""
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    quiet = os.open(os.devnull, os.O_RDWR)
    log = os.open(os.path.join(folder, "keeper.log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for number, target in ((0, quiet), (1, log), (2, log)):
        os.dup2(target, number)
    os.closerange(3, 256)
    with open(os.path.join(folder, "keeper.pid"), "w", encoding="ascii") as file:
        file.write(str(os.getpid()))
    try:
        keep(folder, ports, options)
    finally:
        os._exit(0)


def wait_until_up(folder, ports):
    """Waits for every port; returns what did not come up, with the keeper's own words."""
    deadline = time.monotonic() + START_SECONDS
    ready = os.path.join(folder, "ready")
    while not os.path.exists(ready):
        if time.monotonic() > deadline:
            return ["the keeper said nothing"], []
        time.sleep(0.05)
    with open(ready, encoding="utf-8") as file:
        state = json.load(file)
    optional = {"poor": "poor", "poor_control": "poor", "pymap": "pymap"}
    wanted = [name for name in PORTS if name not in optional or optional[name] in state["children"]]
    silent = list(wanted)
    while silent and time.monotonic() < deadline:
        silent = [name for name in silent if not answers(ports[name])]
        time.sleep(0.05)
    return state["failed"] + silent, state["children"]


def last_words(folder):
    for name in ("start.log", "keeper.log", "children.log", "dove/log", "dove_tls/log", "pf/log"):
        path = os.path.join(folder, name)
        if os.path.exists(path):
            with open(path, encoding="utf-8", errors="replace") as file:
                for line in file.readlines()[-8:]:
                    print(f"{name}: {line.rstrip()}", file=sys.stderr)


def description(folder, ports, children):
    return {
        "folder": folder,
        "host": HOST,
        "python": python_of_the_bed(),
        "certificate": f"{folder}/certificate.pem",
        "password": servers.PASSWORD,
        "domain": servers.DOMAIN,
        "smtp": {"plain": ports["smtp_plain"], "starttls": ports["smtp_starttls"], "tls": ports["smtp_tls"]},
        "imap": {"plain": ports["imap_plain"], "starttls": ports["imap_starttls"], "tls": ports["imap_tls"]},
        "lmtp": ports["lmtp"],
        "sink": {"port": ports["sink"], "log": f"{folder}/sink.jsonl"},
        "poor": {"port": ports["poor"], "control": ports["poor_control"], "user": "testuser", "password": "testpass"}
        if "poor" in children
        else None,
        "pymap": {"port": ports["pymap"], "user": "demouser", "password": "demopass"} if "pymap" in children else None,
        "logs": {"imap": f"{folder}/dove/log", "smtp": f"{folder}/pf/log"},
    }


def start(options):
    missing = missing_packages()
    if missing:
        print("missing: " + "; ".join(missing), file=sys.stderr)
        return 3
    folder = os.path.abspath(options.folder)
    os.makedirs(folder, mode=0o755, exist_ok=True)
    os.chmod(folder, 0o755)
    ports = free_ports(PORTS)
    detach(folder, ports, options)
    failed, children = wait_until_up(folder, ports)
    if failed:
        print("did not come up: " + ", ".join(failed), file=sys.stderr)
        last_words(folder)
        stop(options)
        return 1
    document = description(folder, ports, children)
    with open(os.path.join(folder, "bed.json"), "w", encoding="utf-8") as file:
        json.dump(document, file, indent=1)
    print(json.dumps(document))
    return 0


def stop(options):
    folder = os.path.abspath(options.folder)
    keeper = os.path.join(folder, "keeper.pid")
    if not os.path.exists(keeper):
        print("nothing runs there", file=sys.stderr)
        return 0
    open(os.path.join(folder, "stop"), "w").close()
    for _ in range(200):
        if not os.path.exists(keeper):
            return 0
        time.sleep(0.1)
    print("the keeper did not end within 20 s", file=sys.stderr)
    return 1


def mails_to_deliver(options):
    if options.lines:
        for line in sys.stdin:
            mail = json.loads(line)
            yield mail.get("mail_from", options.mail_from), mail["to"], base64.b64decode(mail["raw_base64"])
    for path in options.files:
        with open(path, "rb") as file:
            yield options.mail_from, options.to, file.read()


def deliver(options):
    with open(os.path.join(options.folder, "bed.json"), encoding="utf-8") as file:
        bed = json.load(file)
    # With no name given it would look its own up.
    with smtplib.LMTP(bed["host"], bed["lmtp"], local_hostname="tests.test") as connection:
        delivered = 0
        for mail_from, to, raw in mails_to_deliver(options):
            connection.sendmail(mail_from, [to], raw)
            delivered += 1
    print(json.dumps({"delivered": delivered}))
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    acts = parser.add_subparsers(required=True)
    for name, act in (("start", start), ("stop", stop), ("deliver", deliver)):
        sub = acts.add_parser(name)
        sub.set_defaults(act=act)
        sub.add_argument("--folder", required=True)
        if act is start:
            sub.add_argument("--until-pid", type=int, help="end when this process is gone")
            sub.add_argument("--stall", choices=["hang", "late", "closedata"], help="how the far end stalls at every mail")
            sub.add_argument("--throw-away", action="store_true", help="remove the folder at the end")
        if act is deliver:
            sub.add_argument("--to")
            sub.add_argument("--from", dest="mail_from", default="")
            sub.add_argument("--lines", action="store_true")
            sub.add_argument("files", nargs="*")
    options = parser.parse_args()
    return options.act(options)


if __name__ == "__main__":
    sys.exit(main())
