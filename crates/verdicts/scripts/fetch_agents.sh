#!/bin/sh
# Fetches user agents of bots and browsers, by package name from the npm and Python registries, into a folder that the
# tests read when BELLWETHER_AGENTS names it. Nothing of it belongs into the repository. Run it from anywhere; it needs
# npm, node and tar, and pip for the largest of the corpora (left out with a word where pip is missing).
#
#   scripts/fetch_agents.sh FOLDER && BELLWETHER_AGENTS=FOLDER cargo test
#
# Writes, one user agent a line:
#   crawlers.txt   the example strings of crawler-user-agents
#   browsers.txt   top-user-agents and user-agents, each string once
#   categories.tsv what visitors came with: mobile, tablet or desktop, user agent (user-agents)
#   oracle.tsv     what npm isbot says of corpora that are not the list's own: bot or human, corpus, user agent
#   devices.tsv    device and client as labelled by the tests of device-detector: device, client, user agent
set -eu

CRAWLERS="crawler-user-agents@1.60.0"
TOP="top-user-agents@2.1.138"
USERS="user-agents@2.1.198"
WOOTHEE="woothee@1.11.1"
RANDOM_AGENTS="random-useragent@0.5.0"
ORACLE="isbot@5.2.3"
YAML="js-yaml@4"
DETECTOR="device_detector==6.5.1"

[ $# -eq 1 ] || { echo "usage: $0 FOLDER" >&2; exit 2; }
mkdir -p "$1"
folder="$(cd "$1" && pwd)"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"

fetch() { # package folder
  mkdir -p "$2"
  tar -xzf "$(npm pack --silent "$1")" -C "$2" --strip-components=1
}

fetch "$CRAWLERS" crawlers
fetch "$TOP" top
fetch "$USERS" users
fetch "$WOOTHEE" woothee
fetch "$RANDOM_AGENTS" random
npm install --silent --no-save --ignore-scripts --prefix "$work" "$ORACLE" "$YAML" > /dev/null
mkdir -p detector
if pip download --quiet --no-deps --no-binary :all: --dest . "$DETECTOR" > /dev/null 2>&1; then
  tar -xzf device_detector-*.tar.gz -C detector --strip-components=1
else
  echo "left out: the corpus of $DETECTOR (pip could not fetch it)" >&2
fi

cat > corpora.cjs <<'END'
const fs = require("fs");
const path = require("path");
const yaml = require("js-yaml");
const { isbot } = require("isbot");
const folder = process.argv[2];

// A line break or tab inside a user agent would break the files; there are next to none.
const whole = (agents) => [...new Set(agents)].filter((agent) => agent && !/[\u0000-\u001f\u007f]/.test(agent));
const json = (file) => JSON.parse(fs.readFileSync(file, "utf8"));
const write = (name, lines) => fs.writeFileSync(path.join(folder, name), lines.join("\n") + "\n");
const files = (place, ending) =>
  fs.existsSync(place) ? fs.readdirSync(place).filter((name) => name.endsWith(ending)).sort() : [];

const crawlers = whole(json("crawlers/crawler-user-agents.json").flatMap((entry) => entry.instances));
write("crawlers.txt", crawlers);

const top = ["index", "desktop", "mobile"].flatMap((name) => json(`top/src/${name}.json`));
const browsers = whole([...top, ...json("users/dist/user-agents.json").map((entry) => entry.userAgent)]);
write("browsers.txt", browsers);

const visits = json("users/dist/user-agents.json");
write("categories.tsv", whole(visits.map((entry) => entry.userAgent)).map((agent) => {
  const { deviceCategory } = visits.find((entry) => entry.userAgent === agent);
  return `${deviceCategory}\t${agent}`;
}));

const corpora = [];
const woothee = "woothee/woothee/testsets";
for (const name of files(woothee, ".yaml")) {
  const agents = whole(yaml.load(fs.readFileSync(path.join(woothee, name), "utf8")).map((entry) => entry.target));
  corpora.push([name.startsWith("crawler") ? "woothee-crawlers" : "woothee-others", agents]);
}
const random = json("random/useragent-data.json");
const isBotFolder = (entry) => /Spiders|Bots|Validators|Downloaders|Libraries|Feed Readers/.test(entry.folder);
corpora.push(["random-bots", whole(random.filter(isBotFolder).map((entry) => entry.userAgent))]);
corpora.push(["random-browsers", whole(random.filter((entry) => !isBotFolder(entry)).map((entry) => entry.userAgent))]);

const devices = [];
const detector = "detector/device_detector/tests/fixtures/upstream";
for (const name of files(detector, ".yml")) {
  const entries = yaml.load(fs.readFileSync(path.join(detector, name), "utf8"), { schema: yaml.FAILSAFE_SCHEMA });
  if (name === "bots.yml") {
    corpora.push(["detector-bots", whole(entries.map((entry) => entry.user_agent))]);
    continue;
  }
  const browsing = entries.filter((entry) => entry.client && entry.client.type === "browser");
  corpora.push(["detector-browsers", whole(browsing.map((entry) => entry.user_agent))]);
  const apps = entries.filter((entry) => entry.client && entry.client.type === "mobile app");
  corpora.push(["detector-apps", whole(apps.map((entry) => entry.user_agent))]);
  for (const entry of [...browsing, ...apps]) {
    if (whole([entry.user_agent]).length === 0 || entry.headers) continue;
    devices.push([(entry.device && entry.device.type) || "", entry.client.name, entry.user_agent].join("\t"));
  }
}
const own = new Set(crawlers);
const seen = new Set();
const oracle = [];
for (const [corpus, agents] of corpora) {
  for (const agent of agents) {
    // The list's own strings are not independent of the list.
    if (own.has(agent) || seen.has(agent)) continue;
    seen.add(agent);
    oracle.push([isbot(agent) ? "bot" : "human", corpus, agent].join("\t"));
  }
}
write("oracle.tsv", oracle);
if (devices.length > 0) write("devices.tsv", [...new Set(devices)]);
console.log(`crawlers.txt ${crawlers.length}, browsers.txt ${browsers.length}, oracle.tsv ${oracle.length}, devices.tsv ${devices.length}`);
END
node corpora.cjs "$folder"
