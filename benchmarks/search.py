"""Searching creators beside PostgreSQL full text and SQLite FTS5: the same profiles, the same questions, the same run.

    python benchmarks/search.py PROGRAM OUT [CREATORS]     OUT: a folder for the profiles and both databases

Needs PostgreSQL's own programs (initdb, pg_ctl; found in /usr/lib/postgresql) and Python with SQLite. PostgreSQL runs as
the user `postgres` where the script is root. Every line is JSON; times in milliseconds, CPU in seconds.
"""
import glob, json, os, pathlib, pwd, shutil, sqlite3, subprocess, sys, threading, time

program, out = sys.argv[1], pathlib.Path(sys.argv[2])
creators = int(sys.argv[3]) if len(sys.argv) > 3 else 1_000_000
readers, questions = 8, 400
out.mkdir(parents=True, exist_ok=True)


def say(what, **figures):
    print(json.dumps({"what": what, "load": round(os.getloadavg()[0], 1), **figures}), flush=True)


def quantile(times, share):
    times = sorted(times)
    return round(times[min(len(times) - 1, max(0, -int(-len(times) * share // 1) - 1))], 2)


profiles = out / f"profiles-{creators}.jsonl"
words = [program, "evaluate", "search", "--creators", str(creators), "--json", "--folder", str(out / "index")]
words += ["--export", str(profiles)] if not profiles.exists() else []
done = subprocess.run(words, capture_output=True, text=True)
if done.returncode:
    sys.exit(done.stderr)
ours = json.loads(done.stdout)
say("bellwether", **ours)
asked = [json.loads(line) for line in open(profiles) if line.startswith('{"kind"') or '"query"' in line[:12]]
asked = [line for line in asked if "query" in line]


def rows():
    for line in open(profiles):
        row = json.loads(line)
        if "account" in row:
            first = lambda key: (row[key] or [None])[0]
            yield (row["account"], row["name"], row["bio"], row["posts"], first("platform"), first("language"),
                   first("country"), first("level"), row["followers"], row["engagement"], row["engagement_lo"],
                   row["last_post"], row["growth"])


def bag(query):
    """The words of a question as both databases take them: all of them, no mended spelling, exclusions as exclusions."""
    wanted, unwanted, phrase = [], [], query.count('"') == 2
    if phrase:
        return [query.split('"')[1].split()], [], True
    for word in query.replace('"', "").split():
        plain = "".join(letter for letter in word.lower().split(":")[-1] if letter.isalnum() or letter == " ")
        (unwanted if word.startswith("-") else wanted).append(plain)
    return wanted, unwanted, False


FILTERS = ("platform in ('instagram', 'tiktok', 'youtube') and (followers is null or followers between 1000 and 100000) "
           "and (engagement_lo is null or engagement_lo >= 0.01) and (last_post is null or last_post <= 365) "
           "and (growth is null or growth >= -0.2)")
COLUMNS = ["platform", "language", "country", "level"]


def side_by_side(connect, ask):
    times, lock, next_one = [], threading.Lock(), iter(range(questions))

    def reader():
        connection = connect()
        while True:
            with lock:
                place = next(next_one, None)
            if place is None:
                return
            began = time.perf_counter()
            ask(connection, asked[place % len(asked)]["query"])
            took = (time.perf_counter() - began) * 1e3
            with lock:
                times.append(took)

    threads = [threading.Thread(target=reader) for _ in range(readers)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    return times


def cpu_of_children():
    usage = os.times()
    return usage.user + usage.system + usage.children_user + usage.children_system


# SQLite FTS5
file = out / f"profiles-{creators}.sqlite"
file.unlink(missing_ok=True)
began, cpu = time.perf_counter(), cpu_of_children()
base = sqlite3.connect(file)
base.execute("pragma journal_mode = off")
base.execute("pragma synchronous = off")
base.execute("create table creator (account integer primary key, name, bio, posts, platform, language, country, level, "
             "followers real, engagement real, engagement_lo real, last_post real, growth real)")
base.execute("create virtual table words using fts5 (name, bio, posts, content='creator', content_rowid='account', "
             "tokenize='unicode61 remove_diacritics 2')")
base.executemany("insert into creator values (?,?,?,?,?,?,?,?,?,?,?,?,?)", rows())
base.execute("insert into words (words) values ('rebuild')")
base.execute("insert into words (words) values ('optimize')")
base.execute("create index creator_platform on creator (platform, followers)")
base.commit()
say("sqlite fts5 index", cpu_s=round(cpu_of_children() - cpu, 1), wall_s=round(time.perf_counter() - began, 1),
    bytes=file.stat().st_size)


def fts_words(query):
    wanted, unwanted, phrase = bag(query)
    if phrase:
        return '"' + " ".join(wanted[0]) + '"'
    text = " AND ".join(f'"{word}"' for word in wanted if word)
    return text + "".join(f' NOT "{word}"' for word in unwanted if word)


def ask_sqlite(connection, query):
    return connection.execute(
        f"select account, bm25(words, 3.0, 1.5, 1.0) as score from words join creator on creator.account = words.rowid "
        f"where words match ? and {FILTERS} order by score limit 20", (fts_words(query),)).fetchall()


times = side_by_side(lambda: sqlite3.connect(f"file:{file}?mode=ro", uri=True, check_same_thread=False), ask_sqlite)
say("sqlite fts5", p50_ms=quantile(times, 0.5), p95_ms=quantile(times, 0.95), p99_ms=quantile(times, 0.99))
counted = []
reader = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
for line in asked:
    began = time.perf_counter()
    for column in COLUMNS:
        reader.execute(f"select {column}, count(*) from words join creator on creator.account = words.rowid "
                       f"where words match ? and {FILTERS} group by 1", (fts_words(line["query"]),)).fetchall()
    counted.append((time.perf_counter() - began) * 1e3)
say("sqlite counts of four columns", p50_ms=quantile(counted, 0.5), p95_ms=quantile(counted, 0.95))

# PostgreSQL
programs = sorted(glob.glob("/usr/lib/postgresql/*/bin"))
if not programs:
    say("postgresql", skipped="its programs are not there")
    sys.exit()
home = pathlib.Path(f"/tmp/bellwether-bench-pg-{os.getpid()}")
home.mkdir()
as_user = []
if os.geteuid() == 0:
    os.chown(home, pwd.getpwnam("postgres").pw_uid, -1)
    as_user = ["runuser", "-u", "postgres", "--"]
run = lambda *words: subprocess.run([*as_user, *words], check=True, capture_output=True, text=True, cwd="/tmp")
run(f"{programs[-1]}/initdb", "-D", f"{home}/data", "-A", "trust", "-U", "postgres", "--locale=C.UTF-8", "-E", "UTF8")
settings = "-p 55433 -k /tmp -c fsync=off -c shared_buffers=1GB -c work_mem=64MB -c maintenance_work_mem=512MB"
run(f"{programs[-1]}/pg_ctl", "-D", f"{home}/data", "-o", settings, "-w", "-l", f"{home}/log", "start")


def psql(text, feed=None):
    done = subprocess.run([f"{programs[-1]}/psql", "-h", "/tmp", "-p", "55433", "-U", "postgres", "-qAt", "-c", text],
                          input=feed, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    return done.stdout


def server_cpu():
    total = 0
    for stat in glob.glob("/proc/[0-9]*/stat"):
        try:
            text = open(stat).read()
        except OSError:
            continue
        if "(postgres)" in text:
            fields = text[text.rindex(")") + 2:].split()
            total += sum(int(fields[place]) for place in (11, 12, 13, 14))
    return total / os.sysconf("SC_CLK_TCK")


try:
    psql("create table creator (account bigint primary key, name text, bio text, posts text, platform text, language text, "
         "country text, level text, followers real, engagement real, engagement_lo real, last_post real, growth real)")
    began, cpu = time.perf_counter(), server_cpu()
    copy = subprocess.Popen([f"{programs[-1]}/psql", "-h", "/tmp", "-p", "55433", "-U", "postgres", "-q", "-c",
                             "copy creator from stdin"], stdin=subprocess.PIPE, text=True)
    plain = lambda value: r"\N" if value is None else str(value).replace("\\", "\\\\").replace("\n", "\\n").replace("\t", " ")
    for row in rows():
        copy.stdin.write("\t".join(plain(value) for value in row) + "\n")
    copy.stdin.close()
    copy.wait()
    psql("alter table creator add column words tsvector generated always as (setweight(to_tsvector('simple', name), 'A') || "
         "setweight(to_tsvector('simple', bio), 'B') || setweight(to_tsvector('simple', posts), 'C')) stored")
    psql("create index on creator using gin (words)")
    psql("create index on creator (platform, followers)")
    psql("vacuum analyze creator")
    size = int(psql("select pg_total_relation_size('creator')"))
    say("postgresql index", cpu_s=round(server_cpu() - cpu, 1), wall_s=round(time.perf_counter() - began, 1), bytes=size)

    def ts_query(query):
        wanted, unwanted, phrase = bag(query)
        if phrase:
            return " <-> ".join(wanted[0])
        return " & ".join([word for word in wanted if word] + [f"!{word}" for word in unwanted if word])

    class Session:
        """One psql that stays, answering one statement after the other; its own time of each is what counts."""

        def __init__(self):
            self.of = subprocess.Popen([f"{programs[-1]}/psql", "-h", "/tmp", "-p", "55433", "-U", "postgres", "-qAt"],
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

        def ask(self, text):
            self.of.stdin.write(text + ";\n\\echo done\n")
            self.of.stdin.flush()
            lines = []
            while (line := self.of.stdout.readline().strip()) != "done":
                lines.append(line)
            return lines

    quoted = lambda text: "'" + text.replace("'", "''") + "'"
    ask_postgres = lambda session, query: session.ask(
        f"select account, ts_rank(words, q) as score from creator, to_tsquery('simple', {quoted(ts_query(query))}) q "
        f"where words @@ q and {FILTERS} order by score desc limit 20")
    times = side_by_side(Session, ask_postgres)
    say("postgresql", p50_ms=quantile(times, 0.5), p95_ms=quantile(times, 0.95), p99_ms=quantile(times, 0.99))
    session, counted = Session(), []
    for line in asked:
        began = time.perf_counter()
        for column in COLUMNS:
            session.ask(f"select {column}, count(*) from creator where words @@ to_tsquery('simple', "
                        f"{quoted(ts_query(line['query']))}) and {FILTERS} group by 1")
        counted.append((time.perf_counter() - began) * 1e3)
    say("postgresql counts of four columns", p50_ms=quantile(counted, 0.5), p95_ms=quantile(counted, 0.95))
finally:
    run(f"{programs[-1]}/pg_ctl", "-D", f"{home}/data", "-m", "immediate", "stop")
    shutil.rmtree(home, ignore_errors=True)
