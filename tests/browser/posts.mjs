// Posts for the browser tests: what a post had as a table and a curve, and a post that is proposed, confirmed and taken back.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { offer } from "./deals.mjs";
import { send } from "./outreach.mjs";

const hour = 36e5;
const iso = (at) => `${new Date(at).toISOString().slice(0, 19)}Z`;
const follow = (page, target) => Promise.all([page.waitForEvent("load"), page.locator(target).first().click()]);

// Among what a page says, such as that figures are older than the facts.
const told = async (page, words) => assert.equal(await page.locator("[role=status]", { hasText: words }).count(), 1, String(words));

// A contact with a deal that they accepted; the pages of its pieces' posts, by the number of the piece in the deal.
const agreed = async (page, who, name, more) => {
  const { deal, link } = await offer(page, who, name, more);
  await send(page, `${link}/deals/${deal.split("/").pop()}`, { do: "accept", version: "1", name: who });
  await page.goto(`/tracking/posts?deal=${deal.split("/").pop()}`);
  const posts = await page.locator("li[data-row] a.name").evaluateAll((all) => all.map((a) => [a.textContent.trim(), a.getAttribute("href")]));
  return Object.fromEntries(posts.map(([words, address]) => [words.split(" of ")[0], address]));
};

// A post with readings before and after each of the younger ages, so that its page shows them all and draws the curve; its page.
export const addFigures = async (page, piece) => {
  const address = piece.replace("/outreach/pieces/", "/tracking/posts/");
  const published = Date.now() - 12 * 24 * hour;
  await send(page, piece, { do: "posted", url: "https://www.instagram.com/reel/Figures1/" });
  await send(page, address, { do: "published", published: iso(published) });
  for (const [hours, views] of [[1, "80"], [23, "1200"], [100, "4000"], [250, "5100"]]) {
    await send(page, address, { do: "measure", at: iso(published + hours * hour), views, likes: String(Math.round(Number(views) / 20)) });
  }
  return address;
};

export const postJourneys = async ({ journey, server, folder, binary, work }) => {
  for (const javaScriptEnabled of [true, false]) {
    const how = javaScriptEnabled ? "with script" : "without script";
    await journey(`what a post had is noted, compared at the same age and drawn (${how})`, { server, javaScriptEnabled }, async (page) => {
      const who = `Posy ${how}`;
      await page.goto("/outreach/contacts/new");
      await page.fill("#name", who);
      await follow(page, "button:text('Make the contact')");
      const posts = await agreed(page, who, `Figures, ${how}`);
      const address = posts["story 1"];
      await send(page, address.replace("/tracking/posts/", "/outreach/pieces/"), { do: "posted", url: `https://www.instagram.com/p/Posy${javaScriptEnabled ? 1 : 2}/` });
      await page.goto(address);
      assert.match(await page.textContent(".page-head"), /published/);
      assert.equal(await page.locator("button:text('Take back that it is this one')").count(), 0, "nobody said anything that could be taken back");
      const published = Date.now() - 9 * 24 * hour;
      await page.fill("#published", iso(published));
      await follow(page, "button:text('Note it')");
      await page.fill("#at", iso(published + 24 * hour));
      await page.fill("#views", "many");
      await follow(page, "button:text('Keep it')");
      assert.match(await page.textContent("#problem-views"), /whole number/);
      for (const [hours, views] of [[2, "100"], [24, "1,000"], [200, "3000"]]) {
        await page.goto(address);
        await page.fill("#at", iso(published + hours * hour));
        await page.fill("#views", views);
        await follow(page, "button:text('Keep it')");
      }
      const row = await page.locator("[aria-labelledby=ages-title] tbody tr").first().textContent();
      assert.match(row, /views.*1,000.*between/is);
      assert.match(row, /not known/i, "30 days are not over");
      assert.equal(await page.locator("svg.curve circle").count(), 3);
      assert.match(await page.getAttribute("svg.curve", "aria-label"), /100 at an age of 2\.0 h, 3,000 at an age of 8\.3 days, 3 readings/);
      assert.equal((await page.locator("svg.curve polyline").getAttribute("points")).trim().split(" ").length, 3);
      const table = await page.locator("#measurements tbody tr").allTextContents();
      assert.equal(table.length, 3);
      assert.match(table[2], /8\.3 days/);
      // The table of the page brought in again adds nothing.
      const csv = path.join(work, `measured-${javaScriptEnabled}.csv`);
      fs.writeFileSync(csv, await (await page.request.get(`${address}/measurements.csv`)).text());
      await page.goto("/tracking/posts");
      await page.setInputFiles("#file", csv);
      await follow(page, "button:text('Bring it in')");
      assert.match(await page.textContent("[role=status]"), /3 rows; 0 new, 3 held already, 0 refused/);
    });
  }

  await journey("a post that looks like a piece is confirmed, which posts the piece, and taken back, which undoes it", { server }, async (page) => {
    // A dump with the creator, and later one with a post of theirs that carries the tag.
    const dump = path.join(work, "grinders");
    fs.mkdirSync(dump, { recursive: true });
    const row = (cells) => `<row ${Object.entries(cells).map(([key, value]) => `${key}="${value}"`).join(" ")} />`;
    const moment = (at) => new Date(at).toISOString().slice(0, 23);
    const run = (...words) => {
      const done = spawnSync(binary, ["--data-dir", folder, ...words], { encoding: "utf8" });
      assert.equal(done.status, 0, done.stderr);
    };
    const bring = (posts) => {
      const file = (name, rows) => fs.writeFileSync(path.join(dump, `${name}.xml`), `<?xml version="1.0" encoding="utf-8"?><${name.toLowerCase()}>${rows.join("")}</${name.toLowerCase()}>`);
      file("Users", [row({ Id: 7, DisplayName: "Gwen of the grinders", LastAccessDate: moment(Date.now()) })]);
      file("Posts", posts);
      file("Comments", []);
      run("ingest", "stack-exchange", dump, "--site", "grinders");
    };
    const post = (id, at, words) => row({ Id: id, PostTypeId: 1, CreationDate: moment(at), OwnerUserId: 7, Title: "Grinders", Body: words, ViewCount: 40 });
    bring([post(1, Date.now() - 30 * 24 * hour, "Which one?")]);
    run("outreach", "add", "--creator", "Gwen of the grinders");
    const pieces = { "count-0": "1", "format-0": "post", "platform-0": "Stack Exchange", "draft-0": "", "due-0": "2027-03-08", "count-1": "", "format-1": "", "platform-1": "", "due-1": "" };
    const posts = await agreed(page, "Gwen of the grinders", "Grinders in public", pieces);
    const address = posts["post 1"];
    bring([post(1, Date.now() - 30 * 24 * hour, "Which one?"), post(2, Date.now() + 1000, "With the one of @hophouse, code ANA10.")]);
    await page.goto("/tracking/posts");
    await page.locator("li[data-row]", { hasText: "Gwen of the grinders" }).locator("a:text('Look at the post that may be it')").click();
    await page.waitForLoadState("load");
    const asked = page.locator("#proposals");
    assert.match(await asked.textContent(), /it mentions @hophouse[\s\S]*it contains the code ANA10/);
    await follow(page, "button:text('It is this one')");
    await told(page, /It is this one/);
    assert.match(await page.textContent("[aria-labelledby=post-title]"), /a person confirmed it[\s\S]*grinders\.stackexchange|a person confirmed it/);
    assert.match(await page.textContent("[aria-labelledby=post-title]"), /it mentions @hophouse/, "why stays known");
    const piece = address.replace("/tracking/posts/", "/outreach/pieces/");
    await page.goto(piece);
    assert.match(await page.textContent("main"), /https:\/\/[^ ]*\/q\/2/);
    await page.goto(address);
    await follow(page, "button:text('Take back that it is this one')");
    await told(page, /Taken back/);
    assert.equal(await page.locator("button:text('It is this one')").count(), 1, "it is proposed again");
    await page.goto(piece);
    assert.doesNotMatch(await page.textContent("main .page-head"), /posted/);
    await page.goto(address);
    await follow(page, "button:text('It is not')");
    await told(page, /not proposed again/);
    assert.equal(await page.locator("#proposals").count(), 0);
  });
};
