// Made-up conversations for the map: the same seed gives the same bytes. No real person or brand is meant.
export const random = (seed) => () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};
const normal = (next) => Math.sqrt(-2 * Math.log(next() || 1e-9)) * Math.cos(2 * Math.PI * next());
const pick = (next, list) => list[Math.floor(next() * list.length)];
const round = (value) => Math.round(value * 1000) / 1000;

const begins = ["Ma", "Lo", "Ani", "Te", "Jo", "Kla", "Ri", "Sve", "Ola", "Be", "Mi", "Da", "Fe", "Ha", "Yu", "Zo", "Ca", "El"];
const ends = ["ra", "na", "lin", "bert", "ko", "sha", "mir", "tte", "rik", "vi", "las", "dora", "nes", "to", "ya", "men"];
const things = ["brews", "crema", "roast", "lens", "kitchen", "trail", "garden", "studio", "notes", "club", "daily", "home"];
const topics = ["Espresso at home", "Latte art", "Roasters", "Filter and pour-over", "Grinders", "Café owners", "Decaf", "Cold brew", "Milk and oat", "Barista school", "Beans from Ethiopia", "Cups and ceramics", "Office coffee", "Camping brewers", "Moka pots", "Tea too", "Baking", "Second-hand machines", "Water and filters", "Morning routines"];
const personName = (next) => `${pick(next, begins)}${pick(next, ends)} ${pick(next, begins)}${pick(next, ends)}`;
const handle = (next) => `${pick(next, begins)}${pick(next, ends)}.${pick(next, things)}`.toLowerCase();

const kinds = ["comment", "reply", "mention", "quote"];
const from = Date.UTC(2026, 0, 1) / 1000;
const to = Date.UTC(2026, 5, 30) / 1000;
const kindOf = (next) => { const at = next(); return at < 0.55 ? 0 : at < 0.85 ? 1 : at < 0.95 ? 2 : 3; };

// A bit for each tie, in base64: the first tie is the lowest bit of the first byte.
const bits = (set, ties) => {
  const bytes = Buffer.alloc(Math.ceil(ties / 24) * 3);
  for (const tie of set) bytes[tie >> 3] |= 1 << (tie & 7);
  return bytes.toString("base64");
};
export const tiesOf = ({ edges }) => [...Buffer.from(edges, "base64")].flatMap((byte, at) => [...Array(8).keys()].filter((bit) => (byte >> bit) & 1).map((bit) => at * 8 + bit));

// Which ties had talk in each of the equal steps of the window.
const replayOf = (next, edges, steps) => {
  const step = Math.ceil((to - from) / steps);
  const bins = Array.from({ length: steps }, (_, at) => ({ at: from + at * step, edges: [] }));
  const binOf = (at) => Math.min(steps - 1, Math.floor((at - from) / step));
  edges.source.forEach((_, tie) => {
    const [begun, ended] = [binOf(edges.first[tie]), binOf(edges.last[tie])];
    for (let at = begun; at <= ended; at += 1) if (at === begun || at === ended || next() < 0.25) bins[at].edges.push(tie);
  });
  return { from, to, bins: bins.map(({ at, edges: set }) => ({ at, edges: bits(set, edges.source.length) })) };
};
const withRanges = (nodes) => {
  nodes.buyers_lo = nodes.buyers_share.map((share) => (share == null ? null : round(0.7 * share)));
  nodes.buyers_hi = nodes.buyers_share.map((share) => (share == null ? null : round(share + 0.3 * (1 - share))));
};
const emptyEdges = () => ({ source: [], target: [], weight: [], kind: [], first: [], last: [] });
const join = (edges, next, source, target, weight) => {
  edges.source.push(source);
  edges.target.push(target);
  edges.weight.push(weight);
  edges.kind.push(kindOf(next));
  const begun = Math.floor(from + next() * (to - from) * 0.8);
  edges.first.push(begun);
  edges.last.push(Math.min(to, Math.floor(begun + next() * next() * (to - begun))));
};
// The k-core of every node, by taking away the least connected one again and again.
const coresOf = (size, edges) => {
  const around = Array.from({ length: size }, () => new Set());
  edges.source.forEach((source, tie) => {
    const target = edges.target[tie];
    if (source !== target) { around[source].add(target); around[target].add(source); }
  });
  const degree = around.map((set) => set.size);
  const buckets = [];
  degree.forEach((value, node) => (buckets[value] ||= []).push(node));
  const cores = Array(size).fill(0);
  const gone = new Uint8Array(size);
  let core = 0;
  for (let value = 0; value < buckets.length; value += 1) {
    while (buckets[value]?.length) {
      const node = buckets[value].pop();
      if (gone[node] || degree[node] > value) continue;
      gone[node] = 1;
      cores[node] = core = Math.max(core, value);
      for (const other of around[node]) {
        if (gone[other]) continue;
        degree[other] -= 1;
        (buckets[Math.max(degree[other], value)] ||= []).push(other);
      }
    }
  }
  return cores;
};

export const madeUpGroups = (howMany = 60, seed = 7) => {
  const next = random(seed);
  const nodes = { id: [], label: [], x: [], y: [], people: [], talk: [], group: [], buyers_share: [], buyers_lo: [], buyers_hi: [], buyer: [], core: [], creator: [] };
  const edges = emptyEdges();
  for (let at = 0; at < howMany; at += 1) {
    const people = Math.round(9000 / (at + 2) ** 1.05 + 20 * next());
    // Large groups in the middle, small ones around, on a sunflower's spiral.
    const [turn, far] = [at * 2.39996, Math.sqrt(at + 0.6)];
    nodes.id.push(`g${at + 1}`);
    nodes.label.push(at < topics.length ? topics[at] : `${topics[at % topics.length]}, ${pick(next, ["Berlin", "Graz", "Porto", "Lyon", "Oslo", "Bath"])}`);
    nodes.x.push(round(far * Math.cos(turn) * 2.1 + 0.25 * normal(next)));
    nodes.y.push(round(far * Math.sin(turn) * 1.25 + 0.2 * normal(next)));
    nodes.people.push(people);
    nodes.talk.push(at === 41 ? null : Math.round(people * (2 + 6 * next())));
    nodes.group.push(at + 1);
    nodes.buyers_share.push(at % 13 === 5 ? null : at % 4 === 3 ? 0 : round(0.22 * next() * next()));
    nodes.buyer.push(null);
    nodes.core.push(Math.max(1, Math.round(9 - Math.log2(at + 1) + 2 * next())));
    nodes.creator.push(round(0.4 * next()));
  }
  const joined = new Set();
  for (let at = 0; at < howMany * 5; at += 1) {
    const source = Math.floor(next() * next() * howMany);
    const target = Math.floor(next() * howMany);
    if (source === target || joined.has(`${source} ${target}`)) continue;
    joined.add(`${source} ${target}`);
    join(edges, next, source, target, 1 + Math.round(900 * next() ** 3 / (1 + target / 12)));
  }
  nodes.core = coresOf(howMany, edges);
  const groups = nodes.id.map((_, at) => ({ id: at + 1, name: nodes.label[at] }));
  withRanges(nodes);
  return { level: "groups", href: "/conversations/groups/{group}", title: "Who talks with whom about coffee", nodes, edges, kinds, groups, replay: replayOf(next, edges, 26), truncated: null };
};

export const madeUpMembers = (people, ties, { seed = 11, groups: howManyGroups = 14, steps = 26, truncated = null } = {}) => {
  const next = random(seed);
  const nodes = { id: [], label: [], x: [], y: [], people: [], talk: [], group: [], buyers_share: [], buyers_lo: [], buyers_hi: [], buyer: [], core: [], creator: [] };
  const edges = emptyEdges();
  const starts = [];
  let begun = 0;
  const spread = Math.sqrt(people / howManyGroups) / 12;
  for (let group = 0; group < howManyGroups; group += 1) {
    const size = group === howManyGroups - 1 ? people - begun : Math.floor((people - begun) * 0.22);
    starts.push({ begun, size });
    const [turn, far] = [group * 2.39996, 2.6 * spread * Math.sqrt(group + 0.4)];
    for (let at = 0; at < size; at += 1) {
      const node = begun + at;
      // The talkative ones sit inside, the quiet ones around them.
      const out = 0.25 + 0.9 * Math.sqrt(at / size) * Math.sqrt(size / (people / howManyGroups));
      const angle = next() * 2 * Math.PI;
      nodes.id.push(String(100000 + node * 7));
      nodes.label.push(at % 11 === 0 ? handle(next) : personName(next));
      nodes.x.push(round(1.5 * far * Math.cos(turn) + spread * out * Math.cos(angle) + 0.12 * spread * normal(next)));
      nodes.y.push(round(far * Math.sin(turn) + spread * out * Math.sin(angle) + 0.12 * spread * normal(next)));
      nodes.talk.push(0);
      nodes.group.push(group + 1);
      nodes.buyers_share.push(next() < 0.2 ? null : round(next() ** 4));
      nodes.buyer.push(next() < 0.05 ? null : next() < 0.07 ? 1 : 0);
      nodes.core.push(0);
      nodes.creator.push(at % 11 === 0 ? 1 : 0);
    }
    begun += size;
  }
  const inside = ({ begun: first, size }) => first + Math.floor(size * next() ** 2.2);
  for (let tie = 0; tie < ties; tie += 1) {
    const home = pick(next, starts.flatMap((it, at) => (at < 5 ? [it, it, it] : [it])));
    const source = inside(home);
    const target = next() < 0.87 ? home.begun + Math.floor(next() * home.size) : inside(pick(next, starts));
    const weight = 1 + Math.floor(-Math.log(next() || 1e-9) * 2.2);
    join(edges, next, source, target, weight);
    nodes.talk[source] += weight;
    nodes.talk[target] += weight;
  }
  nodes.core = coresOf(people, edges);
  nodes.talk = nodes.talk.map((talk, node) => (node % 97 === 3 ? null : talk));
  const groups = starts.map((_, at) => ({ id: at + 1, name: topics[at % topics.length] }));
  withRanges(nodes);
  return { level: "members", href: "/creators/{id}", title: "People who talk about coffee", nodes, edges, kinds, groups, replay: steps ? replayOf(next, edges, steps) : undefined, truncated };
};
