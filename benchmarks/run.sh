#!/usr/bin/env bash
# Runs every figure the README and docs quote and keeps the raw output under benchmarks/runs/<date>-<machine>/.
#   benchmarks/run.sh PROGRAM DATA        DATA: the folder with conversations/ and beer-stackexchange/
set -euo pipefail
program=$1 data=$2
cd "$(dirname "$0")/.."
machine="$(uname -m)-$(nproc)cores"
out="benchmarks/runs/$(date -u +%Y-%m-%d)-$machine"
mkdir -p "$out"
"$program" --version > "$out/version.txt"
keep() { # name, command: stdout is kept, with the time and memory it took
  local name=$1; shift
  echo "== $name" >&2
  /usr/bin/env time -f '{"cpu_user_s":%U,"cpu_system_s":%S,"wall_s":%e,"peak_rss_kib":%M}' -o "$out/$name.time" "$@" > "$out/$name.txt"
}
listening() { keep "listening-$1" "$program" evaluate listening --data "$data/conversations/$2" "${@:3}"; }
listening collegemsg collegemsg --anchors all
listening mathoverflow mathoverflow --cut-unix 1441536924 --anchors all
listening conference-tags-years conference-tags --cut-unix 1577836800 --anchors all
listening conference-tags-halves conference-tags --halves-per-tag --anchors all
listening conference-tags-quantile conference-tags --anchors all
for seed in 0 1 2; do keep "world-small-$seed" "$program" evaluate world --seed "$seed" --size small; done
for seed in 0 1 2; do keep "world-medium-$seed" "$program" evaluate world --seed "$seed" --size medium; done
keep ingest python3 benchmarks/ingest.py "$program"
place=$(mktemp -d)
keep beer-ingest "$program" --data-dir "$place" ingest stack-exchange "$data/beer-stackexchange"
keep beer-again "$program" --data-dir "$place" ingest stack-exchange "$data/beer-stackexchange" --again
keep beer-counts "$program" --data-dir "$place" conversations counts
rm -rf "$place"
# Beside NetworKit, igraph and SciPy (Python packages) on a made-up graph of a million accounts:
#   python benchmarks/groups.py PROGRAM FOLDER-WITH-PEERS EMPTY-FOLDER > "$out/groups-convo-1m.txt"
# Time and memory against the number of edges, 100,000 to 50 million, as a plot:
#   python benchmarks/edges.py PROGRAM "$out" --up-to 50000000
