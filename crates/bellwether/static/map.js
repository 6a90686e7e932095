// The conversation map: groups, members or one person's circle, drawn from map.json and steered by the page's own form,
// by pointer and by keys. The page's table says the same; whatever fails here ends in words that point at it.
//
// Positions, groups and cores come from the server; here is only showing. `null` means not known and is never drawn or
// printed as 0. The ids and data attributes expected of the page are listed in tests/browser/map/page.html.
(() => {
  "use strict";
  const box = document.getElementById("map");
  if (!box) return;
  const part = (name) => document.getElementById(`map-${name}`);
  const frame = box.parentElement;
  const controls = part("controls");
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const COLOURED_GROUPS = 8;
  const MANY_TIES = 12000;

  // What the page knows and what it shows of it. People and groups are nodes, talk between two of them is a tie.
  let data = null;
  let renderer = null;
  let look = null;
  let chosen = -1;
  let hovered = -1;
  let step = 0; // of the replay; 0 is the whole window
  let letTabGo = false;
  let resting = true; // many ties are left out while the view moves
  let settling = 0;
  let nodes, edges, groups, tour, shown, live, touched, near, inStep, radius, topWeight, topShare, topCreators, bytalk, bysize, ties, firstTie;
  const picked = new Set();
  const kindOn = [];
  const colourOfGroup = new Map();

  // Words and numbers.
  const unknown = "not known";
  const whole = new Intl.NumberFormat("en");
  const dates = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });
  const number = (value) => (value == null ? unknown : whole.format(value));
  const percent = (value) => (value == null ? unknown : `${(value * 100).toFixed(value > 0 && value < 0.1 ? 1 : 0)} %`);
  // A share with the range it may truly have, nine times in ten.
  const ranged = (value, lo, hi) => (lo == null || hi == null ? percent(value) : `${percent(value)} (${percent(lo).replace(" %", "")}–${percent(hi).replace(" %", "")})`);
  const nameOf = (node) => nodes.label[node] || "no name";
  const talkOf = (node) => `talk ${number(nodes.talk[node])}`;
  const count = (howMany, one, many) => `${whole.format(howMany)} ${howMany === 1 ? one : many}`;
  const countNodes = (howMany) => (groups ? count(howMany, "group", "groups") : count(howMany, "person", "people"));

  // Elements made here carry text only as text.
  const set = (element, settings, children) => {
    for (const [name, value] of Object.entries(settings)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  };
  const make = (tag, settings = {}, ...children) => set(document.createElement(tag), settings, children);
  const button = (words, act, settings) => {
    const it = make("button", { type: "button", class: "button slim", ...settings }, words);
    it.addEventListener("click", act);
    return it;
  };
  const link = (words, href) => (href ? [make("a", { class: "button slim", href }, words)] : []);
  const write = (name, words) => {
    const place = part(name);
    if (place) place.textContent = words;
  };
  // For those who listen; said once keys or slider rest.
  let saying = 0;
  const say = (words) => {
    clearTimeout(saying);
    saying = setTimeout(write, 150, "live", words);
  };
  // The words over the drawing: loading, empty, failed. No title takes them away.
  const tell = (title, words, ...actions) => {
    const place = part("state");
    frame.toggleAttribute("data-quiet", Boolean(title));
    if (!place) return;
    place.hidden = !title;
    place.replaceChildren(make("p", { class: "strong" }, title), make("p", { class: "soft" }, words || ""), make("p", { class: "actions" }, ...actions));
    if (title) say(title);
  };
  const failed = (reason) =>
    tell("The map could not be drawn", `${reason} The table below says the same.`, button("Try again", load), ...link("Go to the table", "#map-table"));

  // Colours come from the page's tokens as numbers, so that both themes and a change of theme are followed.
  const probe = make("i", { hidden: "" });
  const token = (name) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color.match(/[\d.]+/g).slice(0, 3).map(Number);
  };
  const css = (rgb) => `rgb(${rgb.map(Math.round).join(",")})`;
  const mix = (from, to, share) => from.map((value, at) => value + (to[at] - value) * share);
  // The canvas blends colours that are already multiplied by their alpha.
  const through = (rgb, alpha) => Sigma.utils.floatColor(`rgba(${rgb.map((value) => Math.round(value * alpha)).join(",")},${alpha.toFixed(3)})`);
  const readLook = () => {
    const row = (name, length) => Array.from({ length }, (_, at) => token(`--map-${name}-${at + 1}`));
    look = { groups: row("group", COLOURED_GROUPS), kinds: row("kind", 6), packed: new Map() };
    for (const name of ["paper", "grey", "buyer", "creator", "low", "high"]) look[name] = token(`--map-${name}`);
    [look.ink, look.line] = [token("--ink"), token("--line-strong")];
    look.shares = [0, 0.25, 0.5, 0.75, 1].map((share) => mix(look.low, look.high, share));
    // The more ties, the fainter each; light talk is fainter than heavy talk.
    const alpha = clamp(0.07, (groups ? 9 : 14) / Math.sqrt(data ? live.length : 1), 0.55);
    const tones = (most) => look.kinds.map((rgb) => [0.35, 0.6, 0.8, 1].map((share) => through(rgb, most * share)));
    look.ties = { plain: tones(alpha), faint: tones(alpha / 4), strong: look.kinds.map((rgb) => Array(4).fill(through(rgb, 0.85))) };
  };
  const pack = (rgb, faint) => {
    const key = rgb.join() + faint;
    if (!look.packed.has(key)) look.packed.set(key, Sigma.utils.floatColor(css(faint ? mix(rgb, look.paper, 0.78) : rgb)));
    return look.packed.get(key);
  };

  // A disc, for creators a diamond; a thin outline, heavy when chosen or selected; stripes where the colour is not known;
  // a ring for buyers, around a group as long as their share. Ties are thin soft bands. Nothing is drawn in instances, as
  // sigma's own programs do: software drawing takes those one by one.
  const DIAMOND = 1, STRIPES = 2, HEAVY = 4;
  const nodeVertex = `
attribute vec4 a_id, a_color, a_ring; attribute vec2 a_position; attribute float a_size, a_share, a_marks, a_angle;
uniform mat3 u_matrix; uniform float u_sizeRatio, u_correctionRatio;
varying vec4 v_color, v_ring; varying vec2 v_at; varying float v_radius, v_share, v_marks;
void main() {
  float radius = a_size / u_sizeRatio;
  float outer = radius + 1.0 + (a_share > 0.0 ? 3.0 + clamp(radius * 0.22, 1.3, 5.0) : 0.0);
  #ifdef PICKING_MODE
  outer = max(outer, 7.0);
  v_color = a_id;
  #else
  v_color = a_color;
  #endif
  v_color.a *= 255.0 / 254.0;
  v_ring = a_ring; v_share = a_share; v_marks = a_marks; v_radius = radius;
  v_at = outer * 2.0 * (mod(a_marks, 2.0) > 0.5 ? 1.26 : 1.0) * vec2(cos(a_angle), sin(a_angle));
  gl_Position = vec4((u_matrix * vec3(a_position + v_at * u_correctionRatio * 2.0, 1)).xy, 0, 1);
}`;
  const nodeFragment = `
precision highp float;
varying vec4 v_color, v_ring; varying vec2 v_at; varying float v_radius, v_share, v_marks;
uniform vec4 u_line, u_ink, u_paper;
void main(void) {
  float marks = floor(v_marks + 0.5), r = v_radius;
  float heavy = step(3.5, marks), stripes = step(1.5, marks - 4.0 * heavy);
  float d = mod(marks, 2.0) > 0.5 ? (abs(v_at.x) + abs(v_at.y)) * 0.798 : length(v_at);
  #ifdef PICKING_MODE
  gl_FragColor = d <= max(r + 1.0, 7.0) ? v_color : vec4(0.0);
  #else
  vec4 fill = mix(v_color, u_paper, stripes * step(mod(v_at.x + v_at.y, 5.0), 2.5));
  float width = mix(min(1.0, r * 0.3), 2.5, heavy);
  vec4 color = mix(fill, mix(u_line, u_ink, heavy), smoothstep(r - width - 0.5, r - width + 0.5, d));
  color *= 1.0 - smoothstep(r - 0.5, r + 0.5, d);
  if (v_share > 0.0) {
    float thick = clamp(r * 0.22, 1.3, 5.0), turn = atan(v_at.x, v_at.y) / 6.2831853;
    float on = v_share >= 0.999 ? 1.0 : step(turn < 0.0 ? turn + 1.0 : turn, v_share);
    float ring = smoothstep(r + 0.6, r + 1.6, d) * (1.0 - smoothstep(r + 0.6 + thick, r + 1.6 + thick, d));
    color += mix(u_line * 0.35, v_ring, on) * ring * (1.0 - color.a);
  }
  gl_FragColor = color;
  #endif
}`;
  const tieVertex = `
attribute vec4 a_color; attribute vec2 a_position, a_normal;
uniform mat3 u_matrix; uniform float u_sizeRatio, u_correctionRatio;
varying vec4 v_color; varying vec2 v_normal; varying float v_width;
void main() {
  float size = length(a_normal);
  v_width = max(size / u_sizeRatio, 0.6);
  v_normal = a_normal / max(size, 0.000001);
  v_color = a_color;
  v_color.a *= 255.0 / 254.0;
  gl_Position = vec4((u_matrix * vec3(a_position + v_normal * (v_width + 1.0) * u_correctionRatio, 1)).xy, 0, 1);
}`;
  const tieFragment = `
precision mediump float;
varying vec4 v_color; varying vec2 v_normal; varying float v_width;
void main(void) {
  float half_ = 0.5 * (v_width + 1.0);
  gl_FragColor = v_color * clamp(half_ * (1.0 - length(v_normal)), 0.0, min(1.0, v_width));
}`;
  // The class of a program: its shaders, its attributes (name, size; "bytes" for colours) and what fills them.
  const program = (Base, VERTICES, shaders, attributes, processVisibleItem) => {
    const { FLOAT, UNSIGNED_BYTE, TRIANGLES } = WebGLRenderingContext;
    const type = (size) => (size === "bytes" ? { size: 4, type: UNSIGNED_BYTE, normalized: true } : { size, type: FLOAT });
    const own = ["line", "ink", "paper"];
    class Program extends Base {
      getDefinition() {
        return {
          VERTICES, METHOD: TRIANGLES, VERTEX_SHADER_SOURCE: shaders[0], FRAGMENT_SHADER_SOURCE: shaders[1],
          UNIFORMS: ["u_sizeRatio", "u_correctionRatio", "u_matrix", ...own.map((name) => `u_${name}`)],
          ATTRIBUTES: Object.entries(attributes).map(([name, size]) => ({ name: `a_${name}`, ...type(size) })),
        };
      }
      setUniforms({ correctionRatio, sizeRatio, matrix }, { gl, uniformLocations: at }) {
        gl.uniform1f(at.u_correctionRatio, correctionRatio);
        gl.uniform1f(at.u_sizeRatio, sizeRatio);
        gl.uniformMatrix3fv(at.u_matrix, false, matrix);
        for (const name of own) gl.uniform4f(at[`u_${name}`] ?? null, ...look[name].map((value) => value / 255), 1);
      }
    }
    Program.prototype.processVisibleItem = processVisibleItem;
    return Program;
  };
  const nodeProgram = () => {
    const attributes = { position: 2, size: 1, color: "bytes", id: "bytes", ring: "bytes", share: 1, marks: 1, angle: 1 };
    return program(Sigma.rendering.NodeProgram, 3, [nodeVertex, nodeFragment], attributes, function (id, start, it) {
      for (let corner = 0; corner < 3; corner += 1) this.array.set([it.x, it.y, it.size, it.fill, id, it.ring, it.share, it.marks, corner * 2.0943951], start + corner * 9);
    });
  };
  const tieProgram = () => {
    const Ties = program(Sigma.rendering.EdgeProgram, 6, [tieVertex, tieFragment], { position: 2, normal: 2, color: "bytes" }, function (_, start, { x, y }, to, it) {
      const size = it.size / (Math.hypot(to.x - x, to.y - y) || Infinity);
      const [a, b, tone] = [(y - to.y) * size, (to.x - x) * size, it.tone];
      // Two triangles: from, from, to and to, from, to, on one side of the line and on the other in turn.
      this.array.set([x, y, a, b, tone, x, y, -a, -b, tone, to.x, to.y, a, b, tone, to.x, to.y, a, b, tone, x, y, -a, -b, tone, to.x, to.y, -a, -b, tone], start);
    });
    const draw = Ties.prototype.render;
    Ties.prototype.render = function (how) {
      if (resting) draw.call(this, how);
    };
    return Ties;
  };
  const moved = () => {
    if (live.length <= MANY_TIES) return;
    resting = false;
    clearTimeout(settling);
    settling = setTimeout(() => {
      resting = true;
      renderer?.scheduleRender();
    }, 200);
  };

  // Groups have creators, people are creators or not. Where a node leads is one address with a place for its number.
  const isCreator = (node) => !groups && nodes.creator[node] > 0;
  const hrefOf = (node) => (data.href || "").replace("{id}", nodes.id[node]).replace("{group}", nodes.group[node]);

  // What colour, how large.
  const colourBy = () => part("color")?.value || "group";
  const colourOf = (node) => {
    const by = colourBy();
    if (by === "group") return colourOfGroup.has(nodes.group[node]) ? look.groups[colourOfGroup.get(nodes.group[node])] : look.grey;
    const value = by === "creator" ? nodes.creator[node] : by === "buyer" && !groups ? nodes.buyer[node] : nodes.buyers_share[node];
    if (value == null) return null;
    if (by === "buyer") return value > 0 ? look.buyer : look.grey;
    if (by === "creator" && !groups) return value > 0 ? look.creator : look.grey;
    return look.shares[Math.min(4, Math.floor((value / (by === "creator" ? topCreators : topShare)) * 5))];
  };
  const top = (values, least) => values.reduce((most, value) => Math.max(most, value ?? 0), least);
  const clamp = (least, value, most) => Math.max(least, Math.min(most, value));
  const measure = () => {
    const values = nodes[part("size")?.value || (groups ? "people" : "talk")] || nodes.talk;
    const most = top(values, 1);
    const room = Math.min(box.clientWidth, box.clientHeight);
    // People lie in clusters, so about a fifth of the room is theirs.
    const apart = room * Math.sqrt(0.2 / radius.length);
    const large = groups ? clamp(12, room / 15, 40) : clamp(4.5, 1.1 * apart, 14);
    const small = groups ? 4 : clamp(1.3, 0.2 * apart, 3.5);
    radius.forEach((_, node) => (radius[node] = Math.max(small, large * Math.sqrt((values[node] || 0) / most))));
    bysize = [...radius.keys()].sort((a, b) => radius[b] - radius[a] || a - b);
  };

  // What is shown: kinds ticked, core deep enough, inside the circle of the chosen one, talk in this step of the replay.
  const depth = () => Number(part("depth")?.value || 0);
  const coreFloor = () => {
    const core = part("core");
    return core && Number(core.value) > Number(core.min) ? Number(core.value) : null;
  };
  const tiesOf = (node) => ties.subarray(firstTie[node], firstTie[node + 1]);
  const otherEnd = (tie, node) => (edges.source[tie] === node ? edges.target[tie] : edges.source[tie]);
  const sift = () => {
    const { source, target, kind } = edges;
    const floor = coreFloor();
    shown.forEach((_, node) => (shown[node] = floor == null || node === chosen || nodes.core[node] >= floor ? 1 : 0));
    near.fill(0);
    if (chosen >= 0) {
      near[chosen] = 1;
      let rim = [chosen];
      for (let far = 0; far < Math.max(1, depth()); far += 1) {
        const next = [];
        for (const node of rim) {
          for (const tie of tiesOf(node)) {
            const other = otherEnd(tie, node);
            if (!kindOn[kind[tie]] || !shown[other] || near[other]) continue;
            near[other] = 1;
            next.push(other);
          }
        }
        rim = next;
      }
      if (depth()) shown.forEach((on, node) => (shown[node] = on & near[node]));
    }
    touched.fill(0);
    let howMany = 0;
    live.forEach((_, tie) => {
      live[tie] = kindOn[kind[tie]] && shown[source[tie]] && shown[target[tie]] && (!step || inStep[tie]) ? 1 : 0;
      if (!live[tie]) return;
      touched[source[tie]] = touched[target[tie]] = 1;
      howMany += 1;
    });
    tour = null;
    const words = `${countNodes(shown.reduce((sum, on) => sum + on, 0))} and ${count(howMany, "tie", "ties")} shown`;
    write("shown", words);
    return words;
  };
  const isFaint = (node) =>
    node !== chosen && !picked.has(node) && ((chosen >= 0 && !near[node]) || ((step > 0 || kindOn.includes(false)) && !touched[node]));
  const nodeLook = (key) => {
    const node = Number(key);
    const rgb = colourOf(node);
    const faint = isFaint(node);
    const heavy = picked.has(node) || node === chosen;
    return {
      x: nodes.x[node], y: nodes.y[node], size: Math.max(radius[node], heavy ? 5 : 0), hidden: !shown[node], label: null, type: "circle",
      zIndex: heavy ? 2 : faint ? 0 : 1,
      fill: pack(rgb || look.grey, faint), ring: pack(look.buyer, faint),
      share: groups ? nodes.buyers_share[node] || 0 : nodes.buyer[node] ? 1 : 0,
      marks: (isCreator(node) ? DIAMOND : 0) + (rgb ? 0 : STRIPES) + (heavy ? HEAVY : 0),
    };
  };
  const tieLook = (key) => {
    const tie = Number(key);
    const { source, target, weight, kind } = edges;
    const ends = [source[tie], target[tie]];
    const strong = ends.includes(hovered) || ends.includes(chosen);
    const heft = Math.log1p(weight[tie] || 0) / topWeight;
    const tones = look.ties[strong ? "strong" : chosen >= 0 && !depth() ? "faint" : "plain"][kind[tie] % look.kinds.length];
    return {
      size: groups ? 0.6 + 2.8 * heft * heft : 0.5 + heft, hidden: !live[tie], type: "line", label: null,
      tone: tones[Math.min(3, Math.floor(heft * 4))], zIndex: strong ? 1 : 0,
    };
  };
  const resift = () => {
    const words = sift();
    renderer.refresh();
    return words;
  };
  // Hovering touches the ties of two nodes alone; the rest of a large map is left as it is.
  const hover = (node) => {
    const changed = [hovered, node].flatMap((it) => (it < 0 ? [] : [...tiesOf(it)].map(String)));
    hovered = node;
    renderer.refresh({ partialGraph: { edges: changed }, skipIndexation: true, schedule: true });
    frame.toggleAttribute("data-over", node >= 0);
  };

  // Labels: the largest first, each where it covers no other; the chosen one and those it talks with before all.
  const onScreen = (node) => {
    const it = renderer.getNodeDisplayData(String(node));
    return { ...renderer.framedGraphToViewport(it), r: renderer.scaleSize(it.size) };
  };
  const shownNodes = () => [...shown.keys()].filter((node) => shown[node]);
  const drawLabels = () => {
    const context = renderer.getCanvases().labels.getContext("2d");
    const { width, height } = renderer.getDimensions();
    const most = clamp(8, Math.round((width * height) / (groups ? 14000 : 20000)), 48);
    const taken = [];
    const done = new Set();
    const discs = groups ? shownNodes().map(onScreen) : [];
    const isFree = (a, own) =>
      !taken.some((b) => a.x < b.x + b.w + 4 && b.x < a.x + a.w + 4 && a.y < b.y + b.h + 1 && b.y < a.y + a.h + 1) &&
      !discs.some((it) => it.x !== own.x && it.x + it.r > a.x && it.x - it.r < a.x + a.w && it.y + it.r > a.y && it.y - it.r < a.y + a.h);
    context.lineJoin = "round";
    context.lineWidth = 4;
    context.textBaseline = "middle";
    const put = (node, forced) => {
      const text = nodes.label[node];
      const it = onScreen(node);
      if (!text || done.has(node) || it.x < -it.r || it.y < -it.r || it.x > width + it.r || it.y > height + it.r) return;
      const h = groups && it.r > 16 ? 13 : 12;
      context.font = `${forced ? 650 : groups ? 550 : 500} ${h}px Inter, system-ui, sans-serif`;
      const w = context.measureText(text).width;
      const gap = it.r + (nodes.buyer[node] || nodes.buyers_share[node] ? 7 : 4);
      const spots = [[gap, -h / 2], [-gap - w, -h / 2], [-w / 2, gap], [-w / 2, -gap - h]]
        .slice(0, groups || forced ? 4 : 2)
        .map(([x, y]) => ({ x: it.x + x, y: it.y + y, w, h }));
      const inside = spots.filter((a) => a.x > 2 && a.x + w < width - 2 && a.y > 2 && a.y + h < height - 2);
      const spot = inside.find((a) => isFree(a, it)) || (forced && (inside[0] || spots[0]));
      if (!spot) return;
      done.add(node);
      taken.push(spot);
      context.strokeStyle = css(look.paper);
      context.fillStyle = css(look.ink);
      context.strokeText(text, spot.x, spot.y + h / 2);
      context.fillText(text, spot.x, spot.y + h / 2);
    };
    for (const node of [hovered, chosen]) if (node >= 0) put(node, true);
    if (chosen >= 0) for (const node of bytalk.filter((it) => near[it] && shown[it]).slice(0, 10)) put(node);
    let tried = 0;
    for (const node of bysize) {
      if (taken.length >= most || tried > 1500) break;
      if (!shown[node] || isFaint(node) || (!groups && renderer.scaleSize(radius[node]) < Math.min(4, radius[bysize[0]] * 0.55))) continue;
      tried += 1;
      put(node);
    }
  };

  // The panel of the chosen one.
  const membersOf = (node) => (groups && box.dataset.members ? box.dataset.members.replace("{group}", nodes.group[node]) : null);
  const details = () => {
    const panel = part("details");
    if (!panel) return;
    panel.replaceChildren();
    if (chosen < 0) return panel.append(make("p", { class: "soft" }, `Nothing chosen yet. Click ${groups ? "a group" : "somebody"}, search, or press Tab on the map.`));
    const node = chosen;
    const its = [...tiesOf(node)].filter((tie) => kindOn[edges.kind[tie]]);
    const others = new Set(its.map((tie) => otherEnd(tie, node)));
    others.delete(node);
    const byKind = data.kinds.map((kind, at) => [kind, its.reduce((sum, tie) => sum + (edges.kind[tie] === at ? edges.weight[tie] || 0 : 0), 0)]);
    const facts = make("dl", { class: "facts" });
    const fact = (name, value) => facts.append(make("dt", {}, name), make("dd", value === unknown ? { class: "not-known" } : {}, value));
    if (groups) fact("People", number(nodes.people[node]));
    fact("Talk", number(nodes.talk[node]));
    if (!groups) fact("Buyer", nodes.buyer[node] == null ? unknown : nodes.buyer[node] ? "yes" : "no");
    fact(groups ? "Members who are buyers" : "Talk with buyers", ranged(nodes.buyers_share[node], nodes.buyers_lo?.[node], nodes.buyers_hi?.[node]));
    if (groups) fact("Members who publish", percent(nodes.creator[node]));
    if (!groups) fact("Group", data.groups.find((it) => it.id === nodes.group[node])?.name || number(nodes.group[node]));
    fact("Core", number(nodes.core[node]));
    fact("Talks with", `${countNodes(others.size)} here`);
    if (its.length) fact("By kind", byKind.filter(([, sum]) => sum).map(([kind, sum]) => `${kind} ${whole.format(sum)}`).join(", "));
    const toggle = button("", () => pick([node], true), { id: "map-pick" });
    panel.append(
      make("h3", { dir: "auto" }, nameOf(node)),
      ...(isCreator(node) ? [make("p", { class: "soft small" }, "creator: has published something")] : []),
      facts,
      make("p", { class: "actions" }, ...link("Open evidence", hrefOf(node)), ...link("Show its members", membersOf(node)), toggle),
    );
    pickWords();
  };
  const pickWords = () => {
    write("pick", picked.has(chosen) ? "Take out of the selection" : "Add to the selection");
    part("pick")?.setAttribute("aria-pressed", picked.has(chosen));
  };

  const takeUp = () => box.focus({ preventScroll: true });
  const camera = () => renderer.getCamera();
  const move = (state) => (calm.matches ? camera().setState(state) : camera().animate(state, { duration: 160 }));
  const centre = (node, closer) => {
    const { x, y } = renderer.getNodeDisplayData(String(node));
    const { ratio } = camera().getState();
    move({ x, y, ratio: closer ? Math.min(ratio, radius.length > 300 ? 0.35 : 0.7) : ratio });
  };
  const isAside = ({ x, y }) => Math.min(x, y, box.clientWidth - x, box.clientHeight - y) < 40;
  const choose = (node, closer = false) => {
    [chosen, hovered] = [node, -1];
    const words = resift();
    details();
    remember();
    if (node < 0) say(`Nothing chosen. ${words}`);
    else if (closer || isAside(onScreen(node))) centre(node, closer);
  };
  const open = (node) => {
    const address = membersOf(node) || hrefOf(node);
    if (address) location.assign(address);
  };

  // The selection: a list in a form that hands the ids over.
  const pick = (which, toggles = false) => {
    for (const node of which) if (!toggles || !picked.delete(node)) picked.add(node);
    selection();
    pickWords();
    renderer.refresh();
    say(`${countNodes(picked.size)} in the selection.`);
  };
  const selection = () => {
    const list = part("picked");
    if (!list) return;
    const item = (node, at) => {
      const out = () => {
        pick([node], true);
        (list.children[Math.min(at, list.children.length - 1)]?.lastElementChild || box).focus();
      };
      return make(
        "li",
        {},
        make("input", { type: "hidden", ...(groups ? { name: "group", value: nodes.group[node] } : { name: "account", value: nodes.id[node] }) }),
        button(nameOf(node), () => choose(node, true), { class: "plain-button name", dir: "auto" }),
        button("×", out, { class: "plain-button", "aria-label": `Take ${nameOf(node)} out` }),
      );
    };
    list.replaceChildren(...[...picked].map(item));
    write("picked-count", picked.size ? countNodes(picked.size) : "Nothing yet.");
    const form = part("shortlist");
    const send = form?.querySelector("[type=submit]:not([formaction])");
    if (send) send.hidden = !picked.size || !box.dataset.shortlist;
    if (part("to-list")) part("to-list").hidden = !picked.size;
    if (form && box.dataset.shortlist) form.action = box.dataset.shortlist;
    if (part("forget")) part("forget").hidden = !picked.size;
  };

  // A loop drawn with the pointer selects what lies inside it.
  const sheet = make("canvas", { class: "map-loop", hidden: "" });
  let loop = null;
  const setLasso = (on) => {
    sheet.hidden = !on;
    loop = null;
    part("lasso")?.setAttribute("aria-pressed", on);
    [sheet.width, sheet.height] = [box.clientWidth, box.clientHeight];
    if (on) say("Draw a loop around those you want. Escape stops.");
  };
  const isInside = ({ x, y }) =>
    loop.reduce((inside, [ax, ay], at) => {
      const [bx, by] = loop.at(at - 1);
      return ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax ? !inside : inside;
    }, false);
  sheet.addEventListener("pointerdown", (event) => {
    sheet.setPointerCapture(event.pointerId);
    loop = [[event.offsetX, event.offsetY]];
  });
  sheet.addEventListener("pointermove", (event) => {
    if (!loop) return;
    loop.push([event.offsetX, event.offsetY]);
    const context = sheet.getContext("2d");
    context.clearRect(0, 0, sheet.width, sheet.height);
    context.beginPath();
    for (const [x, y] of loop) context.lineTo(x, y);
    context.closePath();
    context.fillStyle = `rgba(${look.ink},0.1)`;
    context.fill();
    context.strokeStyle = css(look.ink);
    context.setLineDash([5, 4]);
    context.stroke();
  });
  sheet.addEventListener("pointerup", () => {
    if (!loop) return;
    const inside = shownNodes().filter((node) => isInside(onScreen(node)));
    setLasso(false);
    pick(inside);
  });
  sheet.addEventListener("pointercancel", () => setLasso(false));

  // Search: the best matches in a list under the field.
  const search = part("search");
  const matches = part("matches");
  let active = -1;
  const mark = () => {
    [...matches.children].forEach((item, at) => item.setAttribute("aria-selected", at === active));
    search.setAttribute("aria-activedescendant", active >= 0 ? `map-match-${active}` : "");
    search.setAttribute("aria-expanded", !matches.hidden);
  };
  const closeMatches = () => {
    matches.hidden = true;
    active = -1;
    mark();
  };
  const showMatches = () => {
    const words = search.value.trim().toLowerCase();
    if (!words || !data) return closeMatches();
    const placeIn = (node) => (nodes.label[node] || "").toLowerCase().indexOf(words);
    const best = bytalk.filter((node) => placeIn(node) >= 0).sort((a, b) => (placeIn(a) > 0) - (placeIn(b) > 0)).slice(0, 8);
    const item = (node, at) => make("li", { role: "option", id: `map-match-${at}`, "data-node": node, dir: "auto" }, nameOf(node), " ", make("span", { class: "soft small" }, talkOf(node)));
    matches.replaceChildren(...(best.length ? best.map(item) : [make("li", { role: "option", "aria-disabled": "true", class: "soft" }, "No such name on this map")]));
    matches.hidden = false;
    active = best.length ? 0 : -1;
    mark();
  };
  const take = (item) => {
    if (!item?.dataset.node) return;
    const node = Number(item.dataset.node);
    search.value = nameOf(node);
    closeMatches();
    choose(node, true);
  };
  if (search && matches) {
    set(search, { role: "combobox", "aria-autocomplete": "list", "aria-controls": "map-matches", autocomplete: "off" }, []);
    matches.setAttribute("role", "listbox");
    closeMatches();
    search.addEventListener("input", showMatches);
    search.addEventListener("blur", closeMatches);
    search.addEventListener("keydown", (event) => {
      if (!renderer || !data) return;
      const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (by && !matches.hidden) active = clamp(Math.min(0, active), active + by, matches.querySelectorAll("[data-node]").length - 1);
      if (by) matches.hidden ? showMatches() : mark();
      else if (event.key === "Enter") {
        if (matches.hidden) showMatches();
        take(matches.children[active]);
      } else if (event.key === "Escape" && !matches.hidden) closeMatches();
      else return;
      event.preventDefault();
    });
    matches.addEventListener("mousedown", (event) => {
      event.preventDefault();
      take(event.target.closest("[data-node]"));
    });
  }

  // Replay: one step of time after another. Who wants less motion steps by hand.
  const slider = part("time");
  let playing = 0;
  const bins = () => data?.replay?.bins || [];
  const goTo = (next) => {
    step = clamp(0, next, bins().length);
    inStep.fill(0);
    if (step) {
      // A bit for each tie, in base64.
      const bits = atob(bins()[step - 1].edges);
      inStep.forEach((_, tie) => (inStep[tie] = (bits.charCodeAt(tie >> 3) >> (tie & 7)) & 1));
    }
    const words = step ? dates.formatRange(bins()[step - 1].at * 1000, (bins()[step]?.at ?? data.replay.to) * 1000) : "The whole window";
    slider.value = step;
    slider.setAttribute("aria-valuetext", words);
    write("when", words);
    const sum = resift();
    if (!playing) say(`${words}: ${sum}`);
  };
  const stop = () => {
    clearInterval(playing);
    playing = 0;
    write("play", "Play");
  };
  const play = () => {
    if (playing) return stop();
    const on = () => (step < bins().length ? goTo(step + 1) : stop());
    playing = setInterval(on, 900);
    write("play", "Pause");
    goTo(step < bins().length ? step + 1 : 1);
  };
  const offerReplay = () => {
    const bar = part("replay");
    if (!bar) return;
    bar.hidden = !bins().length;
    slider.max = bins().length;
    slider.value = 0;
    part("play").hidden = calm.matches;
  };

  // The legend: what colours and shapes mean now; map.css draws its swatches from the same tokens.
  const legend = () => {
    const by = colourBy();
    const entries = [];
    const entry = (mark, words) => entries.push(make("li", {}, make("i", { class: `map-swatch ${mark}` }), make("span", { dir: "auto" }, words)));
    const present = new Set(nodes.group);
    const most = by === "creator" ? topCreators : topShare;
    const bound = (at) => `${Number(((100 * most * at) / 5).toFixed(1))} %`;
    if (by === "group") {
      for (const { id, name } of data.groups) if (present.has(id) && colourOfGroup.has(id)) entry(`group-${colourOfGroup.get(id) + 1}`, name);
      if ([...present].some((group) => !colourOfGroup.has(group))) entry("grey", "other groups");
    } else {
      if (by === "buyers_share" || (by === "creator" && groups)) look.shares.forEach((_, at) => entry(`share-${at + 1}`, `${bound(at)} to ${bound(at + 1)}`));
      else if (by === "creator") {
        entry("creator", "creator");
        entry("grey", "has published nothing that is held");
      } else {
        entry("buyer", groups ? "has buyers" : "buyer");
        entry("grey", groups ? "no buyers" : "not a buyer");
      }
      if (by !== "creator") entry("stripes", unknown);
    }
    if (top(groups ? nodes.buyers_share : nodes.buyer, 0)) entry(groups ? "ring part" : "ring", groups ? "ring: share of buyers" : "ring: buyer");
    if (!groups && top(nodes.creator, 0)) entry("diamond", "diamond: creator");
    part("legend")?.replaceChildren(...entries);
  };
  const restyle = () => {
    if (!data || !renderer) return;
    readLook();
    measure();
    legend();
    renderer.refresh();
  };

  // The address keeps what is shown, so that a copy of it shows the same.
  const remember = () => {
    const address = new URL(location.href);
    const form = new FormData(controls || undefined);
    form.delete("q");
    for (const name of new Set([...form.keys(), "focus"])) address.searchParams.delete(name);
    if (!kindOn.includes(false)) form.delete("kind");
    for (const [name, value] of form) if (value) address.searchParams.append(name, value);
    if (chosen >= 0) address.searchParams.set("focus", nodes.id[chosen]);
    history.replaceState(history.state, "", address);
  };
  const readControls = () => {
    const boxes = [...document.querySelectorAll("input[name=kind]")];
    data.kinds.forEach((kind, at) => (kindOn[at] = boxes.find((it) => it.value === kind)?.checked ?? true));
    write("core-value", coreFloor() == null ? "everybody" : `${coreFloor()} or more`);
  };
  const steered = ({ target: { id, name, form } }) => {
    if (!data || !renderer || !controls || form !== controls) return;
    if (id === "map-color" || id === "map-size") restyle();
    else if (id === "map-core" || id === "map-depth" || name === "kind") {
      readControls();
      const words = resift();
      details();
      say(depth() && chosen < 0 ? "Choose one on the map: the circle is drawn around it." : words);
    } else return;
    remember();
  };

  // Keys on the map. Tab walks through it in the order of talk; Escape lets Tab leave, so that nobody is caught.
  const walk = (by) => {
    const now = tour || bytalk.filter((node) => shown[node]);
    const at = chosen < 0 && by > 0 ? 0 : now.indexOf(chosen) + by;
    if (at < 0 || at >= now.length) return false;
    choose(now[at]);
    // A circle is walked through as it was at first, else each step would draw another one.
    if (depth()) tour = now;
    return true;
  };
  const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const pickNearest = ([dx, dy]) => {
    const from = chosen >= 0 ? onScreen(chosen) : { x: box.clientWidth / 2, y: box.clientHeight / 2 };
    let best = -1;
    let least = Infinity;
    for (const node of shownNodes()) {
      const { x, y } = onScreen(node);
      const along = (x - from.x) * dx + (y - from.y) * dy;
      const cost = along + 2 * Math.abs((x - from.x) * dy + (y - from.y) * dx);
      if (node !== chosen && along > 0 && cost < least) [best, least] = [node, cost];
    }
    if (best < 0) return;
    choose(best);
    pick([best]);
  };
  const pan = ([dx, dy]) => {
    const { x, y, ratio } = camera().getState();
    move({ x: x + 0.12 * ratio * dx, y: y - 0.12 * ratio * dy, ratio });
  };
  const zoom = (factor) => move({ ratio: camera().getBoundedRatio(camera().getState().ratio * factor) });
  const fit = () => move({ x: 0.5, y: 0.5, ratio: 1 });
  const pressed = (event) => {
    if (!renderer || !data || event.ctrlKey || event.metaKey || event.altKey) return;
    const { key, shiftKey } = event;
    if (key in ways) shiftKey ? pickNearest(ways[key]) : pan(ways[key]);
    else if (key === "+" || key === "=") zoom(1 / 1.4);
    else if (key === "-") zoom(1.4);
    else if (key === "0") fit();
    else if (key === "Escape") {
      letTabGo = true;
      sheet.hidden ? choose(-1) : setLasso(false);
    } else if (key === "Tab") {
      if (letTabGo || !walk(shiftKey ? -1 : 1)) return;
    } else if (key === "Enter" && chosen >= 0) open(chosen);
    else if (key === " " && chosen >= 0) pick([chosen], true);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  const listen = () => {
    frame.append(sheet, probe);
    box.addEventListener("keydown", pressed);
    box.addEventListener("focus", () => (letTabGo = false));
    // A wheel scrolls the page; it zooms once the map has been taken up, or with Ctrl.
    const scroll = (event) => document.activeElement !== box && !event.ctrlKey && event.stopPropagation();
    box.addEventListener("wheel", scroll, { capture: true, passive: true });
    box.addEventListener("webglcontextlost", () => failed("The browser dropped the drawing."), true);
    const on = (name, act) => part(name)?.addEventListener("click", () => renderer && data && act());
    const stepBy = (by) => () => {
      stop();
      goTo(step + by);
    };
    on("zoom-in", () => zoom(1 / 1.5));
    on("zoom-out", () => zoom(1.5));
    on("reset", fit);
    on("lasso", () => setLasso(sheet.hidden));
    on("play", play);
    on("back", stepBy(-1));
    on("forward", stepBy(1));
    on("forget", () => pick([...picked], true));
    slider?.addEventListener("input", () => stepBy(Number(slider.value) - step)());
    document.addEventListener("keydown", ({ key }) => key === "Escape" && !sheet.hidden && setLasso(false));
    document.addEventListener("input", steered);
    document.addEventListener("click", ({ target }) => {
      const show = target.closest("[data-map-show]");
      const node = show && data ? nodes.id.indexOf(show.dataset.mapShow) : -1;
      if (node < 0) return;
      choose(node, true);
      takeUp();
      frame.scrollIntoView({ block: "nearest" });
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", restyle);
    new ResizeObserver(restyle).observe(box);
  };

  const prepare = () => {
    const n = nodes.id.length;
    const m = edges.source.length;
    [shown, touched, near, live, inStep] = [n, n, n, m, m].map((length) => new Uint8Array(length));
    radius = new Float32Array(n);
    // The ties of each node, one node after another.
    firstTie = new Uint32Array(n + 2);
    for (const end of [edges.source, edges.target]) for (const node of end) firstTie[node + 2] += 1;
    for (let node = 2; node < n + 2; node += 1) firstTie[node] += firstTie[node - 1];
    ties = new Uint32Array(2 * m);
    for (let tie = 0; tie < m; tie += 1) for (const end of [edges.source, edges.target]) ties[firstTie[end[tie] + 1]++] = tie;
    bytalk = [...shown.keys()].sort((a, b) => (nodes.talk[b] ?? -1) - (nodes.talk[a] ?? -1) || a - b);
    topWeight = Math.log1p(top(edges.weight, 1));
    const roundTop = (shares) => [0.05, 0.1, 0.2, 0.25, 0.5].find((share) => top(shares, 0) <= share) || 1;
    [topShare, topCreators] = [roundTop(nodes.buyers_share), roundTop(nodes.creator)];
    colourOfGroup.clear();
    data.groups.slice(0, COLOURED_GROUPS).forEach(({ id }, at) => colourOfGroup.set(id, at));
    if (part("core")) part("core").max = top(nodes.core, 1);
  };
  const graph = () => {
    const it = new graphology.MultiDirectedGraph();
    nodes.x.forEach((x, node) => it.addNode(String(node), { x, y: nodes.y[node] }));
    // The heavy ties are drawn last, over the light ones.
    const order = [...live.keys()].sort((a, b) => (edges.weight[a] || 0) - (edges.weight[b] || 0));
    for (const tie of order) it.addDirectedEdgeWithKey(String(tie), String(edges.source[tie]), String(edges.target[tie]));
    return it;
  };
  const start = () => {
    // Drawing contexts and programs are dear in software drawing: none is made for arrows and labels of ties, which are not
    // drawn here, nor for drawing what is pointed at a second time, and nodes are drawn over ties in one context.
    class Nothing { reallocate() {} process() {} render() {} kill() {} clear() {} clearRect() {} scale() {} viewport() {} getExtension() {} }
    class Drawing extends Sigma {
      createWebGLContext(id, settings) {
        if (id === "hoverNodes") return this.leaveOut(id, "webGLContexts");
        if (id !== "nodes") return super.createWebGLContext(id, settings);
        this.elements.nodes = this.elements.edges;
        return super.createWebGLContext(id, { ...settings, canvas: this.elements.edges });
      }
      createCanvasContext(id, settings) {
        return id === "edgeLabels" || id === "hovers" ? this.leaveOut(id, "canvasContexts") : super.createCanvasContext(id, settings);
      }
      leaveOut(id, contexts) {
        this.createCanvas(id);
        return (this[contexts][id] = new Nothing());
      }
    }
    renderer = new Drawing(new graphology.MultiDirectedGraph(), box, {
      nodeReducer: nodeLook, edgeReducer: tieLook, renderLabels: false, zIndex: true,
      nodeProgramClasses: { circle: nodeProgram() }, nodeHoverProgramClasses: { circle: Nothing }, edgeProgramClasses: { line: tieProgram(), arrow: Nothing }, defaultDrawNodeHover() {},
      stagePadding: Math.min(44, box.clientWidth / 14), enableCameraRotation: false, minCameraRatio: 0.02, maxCameraRatio: 3,
      allowInvalidContainer: true,
    });
    renderer.on("enterNode", ({ node }) => hover(Number(node)));
    renderer.on("leaveNode", () => hover(-1));
    renderer.on("clickNode", ({ node, event }) => {
      takeUp();
      if (event.original.shiftKey) pick([Number(node)], true);
      else choose(Number(node));
    });
    renderer.on("doubleClickNode", ({ node, event }) => {
      event.preventSigmaDefault();
      open(Number(node));
    });
    renderer.on("clickStage", () => {
      takeUp();
      if (chosen >= 0) choose(-1);
    });
  };

  async function load() {
    tell("Loading the conversation");
    renderer?.kill();
    picked.clear();
    [renderer, data, chosen, hovered, step, resting] = [null, null, -1, -1, 0, true];
    const asked = fetch(box.dataset.source, { headers: { accept: "application/json" } });
    asked.catch(() => {});
    // The drawing is set up while the data is on its way.
    try {
      readLook();
      start();
    } catch {
      renderer = null;
      return tell("This browser cannot draw the map", "It needs WebGL, which is missing or switched off. The table below says the same.", ...link("Go to the table", "#map-table"));
    }
    try {
      const answer = await asked;
      if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
      data = await answer.json();
      ({ nodes, edges } = data);
      groups = data.level === "groups";
    } catch (error) {
      return failed(`Its data did not arrive: ${error.message}.`);
    }
    if (!nodes.id.length) {
      data = null;
      return tell("No talk in this window: widen it", "", ...link("Show all time", box.dataset.widen));
    }
    prepare();
    readLook();
    readControls();
    measure();
    chosen = nodes.id.indexOf(new URL(location.href).searchParams.get("focus"));
    sift();
    camera().on("updated", moved);
    renderer.on("afterRender", drawLabels);
    renderer.once("afterRender", () => performance.mark("map-first-frame"));
    renderer.setGraph(graph());
    tell("");
    if (part("truncated")) part("truncated").hidden = !data.truncated;
    write("truncated", data.truncated || "");
    legend();
    details();
    selection();
    offerReplay();
    set(box, { role: "application", tabindex: 0, "data-ready": "" }, []);
    if (chosen >= 0) centre(chosen, true);
    document.fonts.ready.then(() => renderer?.scheduleRender());
  }
  listen();
  load();
})();
