// A small server for the map's page: static files of the product, its headers, made-up data.
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { madeUpGroups, madeUpMembers } from "./made_up.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, "../../..");
const statics = path.join(root, "crates/bellwether/static");
// The product's own policy, read from its source so that the two cannot part.
const guard = fs.readFileSync(path.join(root, "crates/bellwether/src/web/guard.rs"), "utf8");
const policy = /"(default-src [^"]+)"/.exec(guard)[1];
const types = { css: "text/css", js: "text/javascript", svg: "image/svg+xml", woff2: "font/woff2" };
const text = (value) => String(value).replace(/[&<>"]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[sign]);
const number = (value) => (value == null ? '<span class="not-known">not known</span>' : new Intl.NumberFormat("en").format(value));

const markets = {
  groups: () => madeUpGroups(),
  members: () => madeUpMembers(2000, 10_000),
  large: () => madeUpMembers(10_000, 50_000, { groups: 24, truncated: "10,000 of 40,000 members shown: those with most talk" }),
  empty: () => ({ level: "members", href: "/creators/{id}", title: "Nobody", nodes: { id: [], label: [], x: [], y: [], talk: [], group: [], buyers_share: [], buyers_lo: [], buyers_hi: [], buyer: [], core: [], creator: [] }, edges: { source: [], target: [], weight: [], kind: [] }, kinds: ["comment"], groups: [], truncated: null }),
};

export const serve = async () => {
  const template = fs.readFileSync(path.join(here, "page.html"), "utf8");
  const made = {};
  const market = (name) => (made[name] ||= ((it) => ({ it, json: JSON.stringify({ ...it, edges: { ...it.edges, first: undefined, last: undefined } }) }))((markets[name] || markets.members)()));
  const posted = [];
  let brokenTimes = 0;

  const page = (name, query) => {
    const { it } = market(name);
    const { nodes } = it;
    const order = [...nodes.id.keys()].sort((a, b) => (nodes.talk[b] ?? -1) - (nodes.talk[a] ?? -1)).slice(0, 12);
    const chosenKinds = query.getAll("kind");
    const chosen = (field, fallback) => (query.get(field) || fallback);
    const fill = {
      theme: query.get("theme") ? ` data-theme="${text(query.get("theme"))}"` : "",
      here: `/${name}`,
      source: `/map.json?of=${name}`,
      shortlist: query.has("no-shortlist") ? "" : ' data-shortlist="/shortlist"',
      finding: it.level === "groups" ? "Sixty groups talk about coffee; your buyers are found in forty of them." : `${number(nodes.id.length)} people and ${number(it.edges.source.length)} ties.`,
      caption: "Those with most talk, from 1 Jan to 30 Jun 2026.",
      kinds: it.kinds.map((kind, at) => `<label class="choice"><input type="checkbox" name="kind" value="${kind}" form="map-controls"${!chosenKinds.length || chosenKinds.includes(kind) ? " checked" : ""}><span>${kind}</span><i class="map-line kind-${at % 6 + 1}"></i></label>`).join("\n      "),
      rows: order.map((at) => `<tr><th scope="row"><a href="${it.href.replace("{id}", nodes.id[at]).replace("{group}", nodes.group[at])}" dir="auto">${text(nodes.label[at])}</a></th><td class="number" data-label="People">${number(nodes.people[at] ?? 1)}</td><td class="number" data-label="Talk">${number(nodes.talk[at])}</td><td class="number" data-label="Buyers">${nodes.buyers_share[at] == null ? number(null) : `${(nodes.buyers_share[at] * 100).toFixed(1)} %`}</td><td data-label="Map"><button type="button" class="plain-button only-script" data-map-show="${nodes.id[at]}" aria-label="Show ${text(nodes.label[at])} on the map">show</button></td></tr>`).join("\n"),
    };
    for (const field of ["color", "size"]) {
      const now = chosen(field, field === "color" ? (it.level === "groups" ? "buyers_share" : "group") : it.level === "groups" ? "people" : "talk");
      for (const value of ["group", "buyers_share", "buyer", "creator", "people", "talk", "core"]) fill[`${field}-${value}`] = value === now ? " selected" : "";
    }
    return template.replace(/\{\{([a-z_-]+)\}\}/g, (_, name_) => fill[name_] ?? "");
  };

  const server = http.createServer((request, response) => {
    const address = new URL(request.url, "http://here");
    const answer = (status, type, body) => {
      response.writeHead(status, { "content-type": `${type}; charset=utf-8`, "content-security-policy": policy, "x-content-type-options": "nosniff", "referrer-policy": "same-origin", "x-frame-options": "DENY", "cross-origin-opener-policy": "same-origin" });
      response.end(body);
    };
    if (address.pathname.startsWith("/static/")) {
      const file = path.join(statics, path.normalize(address.pathname.slice(8)));
      if (!file.startsWith(statics) || !fs.existsSync(file)) return answer(404, "text/plain", "missing");
      return answer(200, types[file.split(".").pop()] || "text/plain", fs.readFileSync(file));
    }
    if (address.pathname === "/map.json") {
      const of = address.searchParams.get("of");
      if (of === "broken" && (brokenTimes += 1) % 2) return answer(500, "text/plain", "no");
      return answer(200, "application/json", market(of).json);
    }
    if (address.pathname === "/shortlist" && request.method === "POST") {
      let body = "";
      request.on("data", (piece) => (body += piece));
      return request.on("end", () => {
        posted.push(body);
        answer(200, "text/html", "<!doctype html><title>kept</title><h1>Kept</h1>");
      });
    }
    const name = address.pathname.slice(1);
    if (name in markets || name === "broken") return answer(200, "text/html", page(name, address.searchParams));
    return answer(200, "text/html", `<!doctype html><html lang="en"><title>${text(name)}</title><h1>${text(name)}</h1>`);
  });
  for (const name of Object.keys(markets)) market(name);
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    base: `http://127.0.0.1:${server.address().port}`,
    posted,
    market: (name) => market(name).it,
    bytes: (name) => market(name).json.length,
    close: () => server.close(),
  };
};
// Started by itself, it keeps serving for a look by eye: node tests/browser/map/server.mjs
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { base } = await serve();
  console.log(`${base}/groups  ${base}/members  ${base}/large  ${base}/empty  ${base}/broken`);
}
