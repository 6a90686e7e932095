#!/bin/sh
# Fetches the public list of crawlers again, by package name from the npm registry, and writes its patterns with licence
# and version into data. Run it from anywhere; it needs npm, node and tar. Raise RULES_VERSION and RULES_FINGERPRINT in
# src/rules.rs afterwards; a test says so too.
set -eu

PACKAGE="crawler-user-agents"
VERSION="${1:-1.60.0}"

data="$(cd "$(dirname "$0")/.." && pwd)/data"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"

tar -xzf "$(npm pack --silent "$PACKAGE@$VERSION")" --strip-components=1
# The patterns alone, one a line, so that a change of the list reads as a change of lines.
node -e '
  const list = JSON.parse(require("fs").readFileSync("crawler-user-agents.json", "utf8"));
  console.log("[\n" + list.map(({ pattern }) => `{"pattern": ${JSON.stringify(pattern)}}`).join(",\n") + "\n]");
' > "$data/crawler-user-agents.json"
cp LICENSE "$data/LICENSE"
{
  echo "$PACKAGE $VERSION, MIT"
  echo
  echo "crawler-user-agents.json holds the patterns of the package's list, unchanged and in its order; examples, addresses and"
  echo "descriptions are left out. What of it is set aside, and why, stands in src/listed.rs."
} > "$data/VERSION"
