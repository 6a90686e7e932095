// What people do on the conversation map, how fast it stands, how it looks, and what it says when it cannot be drawn.
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { tiesOf } from "./made_up.mjs";

const ready = (page) => page.waitForSelector("#map[data-ready]", { timeout: 30_000 });
const words = async (page, name) => (await page.locator(`#map-${name}`).textContent()).trim();
// Live words are said once the keys rest.
const said = async (page, expected) => {
  await page.waitForFunction(([pattern]) => new RegExp(pattern).test(document.getElementById("map-live").textContent), [expected.source]);
};
// How many different colours the drawing has: a blank one has one.
const colours = async (page) => {
  const png = (await page.locator("#map").screenshot()).toString("base64");
  return page.evaluate(async (data) => {
    const bytes = Uint8Array.from(atob(data), (sign) => sign.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    const context = canvas.getContext("2d");
    context.drawImage(bitmap, 0, 0);
    const pixels = new Uint32Array(context.getImageData(0, 0, bitmap.width, bitmap.height).data.buffer);
    return new Set(pixels).size;
  }, png);
};
const firstFrame = (page) => page.evaluate(() => Math.round(performance.getEntriesByName("map-first-frame")[0].startTime));
const stillness = (page) => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));

export const tests = async ({ test, open, plain, screenshots, server, axe, loads }) => {
  const journey = (name, settings, body) =>
    test(name, async () => {
      const { page, done } = await open(settings);
      try {
        await body(page);
      } finally {
        await done();
      }
    });
  const onMap = (name, address, body, settings = {}) =>
    journey(name, settings, async (page) => {
      await page.goto(address);
      await ready(page);
      await body(page);
    });

  await test("the page tried here has the parts of the product's own template", () => {
    const partsOf = (file) => {
      const html = fs.readFileSync(new URL(file, import.meta.url), "utf8").replace(/<!--[\s\S]*?-->/g, "");
      const named = (pattern) => [...new Set([...html.matchAll(pattern)].map(([, name]) => name))].sort();
      return { ids: named(/\bid="(map[a-z-]*)"/g), addresses: named(/\b(data-(?:source|members|widen))=/g), fields: named(/\bname="(color|size|core|depth|q|from|to)"/g) };
    };
    assert.deepEqual(partsOf("page.html"), partsOf("../../../crates/bellwether/templates/conversations/map.html"));
  });

  // Times are printed, not judged: a machine shared with other work makes any load late. `--loads N` takes more of them.
  const timed = (name, address) =>
    test(name, async () => {
      const times = [];
      while (times.length < loads) {
        const { page, done } = await open();
        await page.goto(address);
        await ready(page);
        times.push(await firstFrame(page));
        const howMany = await colours(page);
        assert.ok(howMany > 50, `the first frame has ${howMany} colours`);
        await done();
      }
      times.sort((a, b) => a - b);
      console.log(`      first frame: best ${times[0]} ms, middle ${times[times.length >> 1]} ms, worst ${times.at(-1)} ms of ${times.length} loads; load of the machine ${os.loadavg()[0].toFixed(1)} on ${os.cpus().length} cores`);
    });
  await timed("2,000 people and 10,000 ties are drawn", "/members");
  await timed("10,000 people and 50,000 ties are drawn", "/large");

  await test("the page's data is below a megabyte at 2,000 people and 10,000 ties", async () => {
    console.log(`      ${server.bytes("members")} bytes; groups ${server.bytes("groups")}, 10,000 people ${server.bytes("large")}`);
    assert.ok(server.bytes("members") < 1_000_000);
  });

  for (const name of ["groups", "members", "large"]) {
    await onMap(`${name} can be moved about`, `/${name}`, async (page) => {
      // Each step waits until the one before has been shown, so that software drawing cannot fall behind unseen.
      const stepsOf = (keys) =>
        page.evaluate(async (keys) => {
          const box = document.getElementById("map");
          const shown = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
          const times = [];
          await shown();
          for (const key of keys) {
            const begun = performance.now();
            box.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
            await shown();
            times.push(performance.now() - begun);
          }
          return times;
        }, keys);
      // Many ties come back once the view has rested.
      const drawn = async () => {
        await page.waitForTimeout(500);
        await stillness(page);
        return page.locator("#map").screenshot();
      };
      const before = await drawn();
      const times = await stepsOf(["ArrowRight", "ArrowRight", "ArrowRight"]);
      const aside = await drawn();
      assert.ok(!before.equals(aside), "three arrows move the view");
      times.push(...(await stepsOf(["+", "+", "+"])));
      const closer = await drawn();
      assert.ok(!aside.equals(closer), "three plus signs bring it closer");
      times.push(...(await stepsOf(["ArrowUp", "ArrowDown", "ArrowLeft", "-", "+", "-", "ArrowUp", "ArrowDown", "-", "+", "ArrowLeft", "ArrowRight"])));
      await stepsOf(["0"]);
      assert.ok(before.equals(await drawn()), "0 brings the whole map back");
      times.sort((a, b) => a - b);
      console.log(`      a step of moving: middle ${Math.round(times[times.length >> 1])} ms, slowest ${Math.round(times.at(-1))} ms of ${times.length}`);
    }, { reducedMotion: "reduce" });
  }

  await onMap("no map is blank, in light and in dark", "/groups", async (page) => {
    for (const address of ["/groups", "/members", "/large"]) {
      for (const colorScheme of ["light", "dark"]) {
        await page.emulateMedia({ colorScheme });
        await page.goto(address);
        await ready(page);
        await stillness(page);
        const howMany = await colours(page);
        assert.ok(howMany > 50, `${address} in ${colorScheme} has ${howMany} colours`);
      }
    }
  });

  await onMap("the policy of the page is the product's, and is in force", "/groups", async (page) => {
    const answer = await page.request.get("/groups");
    assert.match(answer.headers()["content-security-policy"], /^default-src 'self'; object-src 'none'/);
    const ran = await page.evaluate(() => {
      const script = document.createElement("script");
      script.textContent = "window.ranInline = true";
      document.body.append(script);
      return Boolean(window.ranInline);
    });
    assert.equal(ran, false);
  }, { allow: /inline script/i });

  await onMap("by keys alone: walk, select, take out, clear, leave", "/groups", async (page) => {
    const order = server.market("groups").nodes;
    const bytalk = [...order.id.keys()].sort((a, b) => (order.talk[b] ?? -1) - (order.talk[a] ?? -1));
    await page.locator("#map").focus();
    await page.keyboard.press("Tab");
    assert.equal(await page.locator("#map-details h3").textContent(), order.label[bytalk[0]]);
    await page.keyboard.press("Tab");
    assert.equal(await page.locator("#map-details h3").textContent(), order.label[bytalk[1]]);
    assert.equal(await page.getAttribute("#map-details", "aria-live"), "polite");
    assert.match(page.url(), new RegExp(`focus=${order.id[bytalk[1]]}`));
    await page.keyboard.press("Space");
    await said(page, /1 group in the selection/);
    await page.keyboard.press("Shift+ArrowRight");
    await said(page, /2 groups in the selection/);
    await page.screenshot({ path: path.join(screenshots, "keys-selection.png") });
    assert.equal(await page.locator("#map-picked li").count(), 2);
    for (const key of ["ArrowLeft", "ArrowUp", "+", "-", "0"]) await page.keyboard.press(key);
    await page.keyboard.press("Escape");
    await said(page, /Nothing chosen/);
    assert.equal(await page.locator("#map-picked li").count(), 2, "Escape clears the choice and keeps the selection");
    await page.keyboard.press("Tab");
    assert.notEqual(await page.evaluate(() => document.activeElement.id), "map", "after Escape Tab leaves the map");
    await page.locator("#map-picked li button[aria-label^=Take]").first().press("Enter");
    assert.equal(await page.locator("#map-picked li").count(), 1);
    assert.match(await page.evaluate(() => document.activeElement.getAttribute("aria-label")), /^Take /, "focus stays in the list");
  });

  await onMap("Tab backwards leaves at once, and past the last one too", "/groups", async (page) => {
    await page.locator("#map").focus();
    await page.keyboard.press("Shift+Tab");
    assert.notEqual(await page.evaluate(() => document.activeElement.id), "map");
    await page.locator("#map").focus();
    for (let at = 0; at < 60; at += 1) await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.id), "map");
    await page.keyboard.press("Tab");
    assert.notEqual(await page.evaluate(() => document.activeElement.id), "map");
  });

  await onMap("Enter on a group opens its members, on a person the evidence", "/groups", async (page) => {
    await page.locator("#map").focus();
    await page.keyboard.press("Tab");
    await Promise.all([page.waitForURL(/\/members\?group=\d+/), page.keyboard.press("Enter")]);
    await ready(page);
    await page.locator("#map").focus();
    await page.keyboard.press("Tab");
    await Promise.all([page.waitForURL(/\/creators\/\d+/), page.keyboard.press("Enter")]);
  });

  await onMap("search finds, centres and chooses", "/members", async (page) => {
    const { nodes } = server.market("members");
    const wanted = nodes.label[1234];
    await page.keyboard.press("/");
    assert.equal(await page.evaluate(() => document.activeElement.id), "map-search");
    await page.keyboard.type(wanted.slice(0, 4).toLowerCase());
    await page.waitForSelector("#map-matches li");
    assert.equal(await page.getAttribute("#map-search", "aria-expanded"), "true");
    assert.ok((await page.locator("#map-matches li").count()) <= 8);
    await page.keyboard.press("ArrowDown");
    assert.equal(await page.getAttribute("#map-search", "aria-activedescendant"), "map-match-1");
    await page.screenshot({ path: path.join(screenshots, "search.png") });
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => window.axe.run(document.getElementById("map-controls"), { runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"] }));
    assert.deepEqual(violations.map((it) => it.id), []);
    await page.fill("#map-search", wanted);
    await page.keyboard.press("Enter");
    assert.equal(await page.locator("#map-details h3").textContent(), wanted);
    assert.ok(await page.locator("#map-matches").isHidden());
    assert.equal(new URL(page.url()).pathname, "/members", "Enter in the search does not send the form");
    await page.waitForTimeout(400);
    await page.screenshot({ path: path.join(screenshots, "chosen.png") });
    await page.fill("#map-search", "zzzz");
    assert.match(await words(page, "matches"), /No such name/);
  });

  await onMap("pointing shows the name, a click chooses, a click beside clears", "/groups", async (page) => {
    const box = await page.locator("#map").boundingBox();
    // The middle of the largest disc, found by search so that the test need not know the layout.
    await page.fill("#map-search", "Espresso at home");
    await page.keyboard.press("Enter");
    await page.waitForTimeout(400);
    const middle = [box.x + box.width / 2, box.y + box.height / 2];
    await page.locator("#map").focus();
    await page.keyboard.press("Escape");
    await page.mouse.move(...middle);
    await page.waitForSelector(".map-frame[data-over]");
    await page.waitForTimeout(200);
    await page.screenshot({ path: path.join(screenshots, "pointing.png") });
    await page.mouse.click(...middle);
    await page.waitForSelector("#map-details h3");
    assert.equal(await page.locator("#map-details h3").textContent(), "Espresso at home");
    await page.waitForTimeout(400);
    await page.mouse.click(box.x + 6, box.y + box.height - 6);
    await page.waitForSelector("#map-details h3", { state: "detached" });
  });

  await onMap("a loop selects what lies inside it, and the form hands the ids over", "/members", async (page) => {
    const box = await page.locator("#map").boundingBox();
    await page.click("#map-lasso");
    assert.equal(await page.getAttribute("#map-lasso", "aria-pressed"), "true");
    const round = (turn) => [box.x + box.width / 2 + 150 * Math.cos(turn), box.y + box.height / 2 + 110 * Math.sin(turn)];
    await page.mouse.move(...round(0));
    await page.mouse.down();
    for (let turn = 0; turn < 6.2; turn += 0.2) await page.mouse.move(...round(turn));
    await page.screenshot({ path: path.join(screenshots, "loop.png") });
    await page.mouse.up();
    assert.equal(await page.getAttribute("#map-lasso", "aria-pressed"), "false");
    const howMany = await page.locator("#map-picked li").count();
    assert.ok(howMany > 10 && howMany < 2000, `${howMany} selected`);
    await page.screenshot({ path: path.join(screenshots, "loop-selected.png") });
    await page.fill("#map-to-list [name=list_name]", "From a loop");
    await Promise.all([page.waitForURL(/\/shortlist/), page.click("#map-to-list [type=submit]")]);
    const sent = new URLSearchParams(server.posted.at(-1));
    assert.equal(sent.get("list_name"), "From a loop");
    assert.equal(sent.getAll("account").length, howMany);
    assert.ok(sent.getAll("account").every((id) => server.market("members").nodes.id.includes(id)));
  });

  await onMap("Escape gives a loop up; without an address there is no file of the selection", "/groups?no-shortlist=1", async (page) => {
    await page.click("#map-lasso");
    await page.keyboard.press("Escape");
    assert.equal(await page.getAttribute("#map-lasso", "aria-pressed"), "false");
    await page.locator("#map").focus();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Space");
    assert.ok(await page.locator("#map-forget").isVisible());
    assert.ok(await page.locator("#map-shortlist [type=submit]:not([formaction])").isHidden());
    assert.ok(await page.locator("#map-to-list").isVisible());
    await page.click("#map-forget");
    assert.equal(await page.locator("#map-picked li").count(), 0);
    assert.ok(await page.locator("#map-to-list").isHidden());
  });

  await onMap("kinds, core and circle filter, and the address keeps them", "/members", async (page) => {
    const { edges, nodes, kinds } = server.market("members");
    const number = (value) => new Intl.NumberFormat("en").format(value);
    assert.equal(await words(page, "shown"), "2,000 people and 10,000 ties shown");
    await page.uncheck('input[name=kind][value="comment"]');
    const without = edges.kind.filter((kind) => kinds[kind] !== "comment").length;
    assert.equal(await words(page, "shown"), `2,000 people and ${number(without)} ties shown`);
    await page.screenshot({ path: path.join(screenshots, "kinds.png") });
    await page.check('input[name=kind][value="comment"]');
    await page.locator("#map-core").fill("6");
    const deep = nodes.core.filter((core) => core >= 6).length;
    assert.match(await words(page, "shown"), new RegExp(`^${number(deep)} `));
    assert.equal(await words(page, "core-value"), "6 or more");
    await page.locator("#map-core").fill("0");
    await page.fill("#map-search", nodes.label[40]);
    await page.keyboard.press("Enter");
    await page.selectOption("#map-depth", "1");
    const node = nodes.id.indexOf(new URL(page.url()).searchParams.get("focus"));
    const circle = new Set([node]);
    edges.source.forEach((source, tie) => {
      if (source === node) circle.add(edges.target[tie]);
      if (edges.target[tie] === node) circle.add(source);
    });
    assert.match(await words(page, "shown"), new RegExp(`^${number(circle.size)} p`));
    await page.waitForTimeout(400);
    await page.screenshot({ path: path.join(screenshots, "circle.png") });
    const kept = new URL(page.url()).searchParams;
    assert.equal(kept.get("depth"), "1");
    assert.ok(kept.get("focus"));
    const sizes = [circle.size];
    for (const depth of ["2", "3"]) {
      await page.selectOption("#map-depth", depth);
      sizes.push(Number((await words(page, "shown")).split(" ")[0].replace(",", "")));
    }
    assert.ok(sizes[0] < sizes[1] && sizes[1] <= sizes[2], sizes.join());
  });

  await onMap("a copied address opens the same", "/members?color=buyer&kind=reply&focus=100070", async (page) => {
    const { nodes } = server.market("members");
    assert.equal(await page.locator("#map-details h3").textContent(), nodes.label[nodes.id.indexOf("100070")]);
    assert.match(await words(page, "legend"), /not a buyer/);
    assert.match(await words(page, "shown"), new RegExp(" [0-9,]+ ties shown"));
    assert.ok(!(await words(page, "shown")).includes("10,000 ties"));
  });

  await onMap("colour and size by attribute change the drawing and its legend", "/members", async (page) => {
    const before = await page.locator("#map").screenshot();
    assert.ok((await page.locator("#map-legend li").count()) <= 8 + 3, "at most eight groups are coloured");
    await page.selectOption("#map-color", "buyers_share");
    assert.match(await words(page, "legend"), /80 % to 100 %.*not known/);
    await stillness(page);
    assert.ok(!before.equals(await page.locator("#map").screenshot()));
    await page.selectOption("#map-color", "creator");
    assert.match(await words(page, "legend"), /creator.*has published nothing.*diamond: creator/);
    await stillness(page);
    await page.screenshot({ path: path.join(screenshots, "colour-creator.png") });
    await page.selectOption("#map-color", "buyer");
    await page.selectOption("#map-size", "core");
    await stillness(page);
    await page.screenshot({ path: path.join(screenshots, "colour-buyer-size-core.png") });
    assert.match(page.url(), /color=buyer&size=core/);
  });

  await onMap("replay goes through the window step by step, plays and pauses", "/members", async (page) => {
    const { replay } = server.market("members");
    assert.equal(await words(page, "when"), "The whole window");
    await page.click("#map-forward");
    assert.equal(await words(page, "shown"), `2,000 people and ${new Intl.NumberFormat("en").format(tiesOf(replay.bins[0]).length)} ties shown`);
    assert.match(await words(page, "when"), /^1\s?–\s?\d+ Jan 2026$/);
    assert.match(await page.getAttribute("#map-time", "aria-valuetext"), /Jan/);
    await page.screenshot({ path: path.join(screenshots, "replay.png") });
    await page.click("#map-back");
    assert.equal(await words(page, "when"), "The whole window");
    await page.click("#map-play");
    await page.waitForFunction(() => Number(document.getElementById("map-time").value) >= 2);
    await page.click("#map-play");
    const at = await page.inputValue("#map-time");
    await page.waitForTimeout(1200);
    assert.equal(await page.inputValue("#map-time"), at, "pause holds");
  });
  await onMap("who wants less motion steps by hand", "/members", async (page) => {
    assert.ok(await page.locator("#map-play").isHidden());
    await page.click("#map-forward");
    assert.match(await words(page, "when"), /2026/);
  }, { reducedMotion: "reduce" });

  await onMap("what is not known is said, never 0", "/members", async (page) => {
    const { nodes } = server.market("members");
    const node = nodes.talk.findIndex((talk, at) => talk == null && nodes.label.indexOf(nodes.label[at]) === at);
    await page.goto(`/members?focus=${nodes.id[node]}`);
    await ready(page);
    const facts = await words(page, "details");
    assert.match(facts, /Talknot known/);
    assert.doesNotMatch(facts, /Talk0/);
  });

  await onMap("a row of the table is shown on the map", "/members", async (page) => {
    const row = page.locator("[data-map-show]").first();
    const name = await page.locator("tbody th a").first().textContent();
    await row.click();
    assert.equal(await page.locator("#map-details h3").textContent(), name);
    assert.equal(await page.evaluate(() => document.activeElement.id), "map");
  });

  await onMap("a cut list says so", "/large", async (page) => {
    assert.match(await words(page, "truncated"), /10,000 of 40,000 members shown/);
    assert.ok(await page.locator("#map-truncated").isVisible());
  });

  await journey("no talk in the window: says so and offers a wider one", {}, async (page) => {
    await page.goto("/empty");
    await page.waitForSelector("#map-state:not([hidden]) a");
    assert.match(await words(page, "state"), /No talk in this window: widen it/);
    await page.screenshot({ path: path.join(screenshots, "empty.png") });
  });
  await journey("data that does not arrive: says so, and trying again helps", { allow: /status of 500/ }, async (page) => {
    await page.goto("/broken");
    await page.waitForSelector("#map-state:not([hidden]) button");
    assert.match(await words(page, "state"), /could not be drawn.*answered 500.*table below/);
    await page.screenshot({ path: path.join(screenshots, "failed.png") });
    await page.click("#map-state button");
    await ready(page);
    assert.ok(await page.locator("#map-state").isHidden());
    assert.ok((await colours(page)) > 50);
  });
  await journey("without WebGL a message points at the table", { on: plain, allow: /WebGL|GPU/i }, async (page) => {
    await page.goto("/members");
    await page.waitForSelector("#map-state:not([hidden]) a");
    assert.match(await words(page, "state"), /cannot draw the map.*table below/);
    assert.equal(await page.getAttribute("#map", "tabindex"), null);
    await page.screenshot({ path: path.join(screenshots, "no-webgl.png") });
  });
  await journey("without script the form and the table stand", { javaScriptEnabled: false }, async (page) => {
    await page.goto("/members");
    assert.ok(await page.locator("text=The drawing needs script").isVisible());
    assert.ok(await page.locator(".map-tools").isHidden());
    assert.ok(await page.locator("#map-shortlist").isHidden());
    await page.selectOption("#map-color", "buyer");
    await Promise.all([page.waitForURL(/color=buyer/), page.click("#map-controls [type=submit]")]);
    assert.equal(await page.inputValue("#map-color"), "buyer");
  });

  const shapes = [
    { shape: "wide-light", viewport: { width: 1280, height: 900 }, colorScheme: "light" },
    { shape: "wide-dark", viewport: { width: 1280, height: 900 }, colorScheme: "dark" },
    { shape: "narrow-light", viewport: { width: 360, height: 780 }, colorScheme: "light" },
    { shape: "narrow-dark", viewport: { width: 320, height: 780 }, colorScheme: "dark" },
  ];
  for (const { shape, ...settings } of shapes) {
    for (const name of ["groups", "members", "large"]) {
      await onMap(`${name} looks right (${shape})`, `/${name}`, async (page) => {
        await page.screenshot({ path: path.join(screenshots, `${name}-${shape}.png`) });
        const sideways = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        assert.ok(sideways <= 0, `scrolls sideways by ${sideways} px`);
        await page.locator("#map").focus();
        await page.keyboard.press("Tab");
        await page.keyboard.press("Space");
        await page.locator(".map-keys summary").click();
        const small = await page.evaluate(() => [...document.querySelectorAll("main button, main select, main input, .map-side a, summary")].filter((it) => it.checkVisibility() && !["checkbox"].includes(it.type)).map((it) => [it.id || it.textContent, it.getBoundingClientRect()]).filter(([, box]) => box.width < 24 || box.height < 24).map(([what]) => what));
        assert.deepEqual(small, [], "targets below 24 px");
        await page.screenshot({ path: path.join(screenshots, `${name}-${shape}-chosen.png`), fullPage: true });
        await page.evaluate(axe);
        const { violations } = await page.evaluate(() => window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] }));
        assert.deepEqual(violations.map((it) => `${it.id}: ${it.nodes.map((node) => node.target).join(", ")}`), []);
      }, settings);
    }
  }
};
