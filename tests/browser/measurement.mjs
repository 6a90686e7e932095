// Measurement for the browser tests: a question is asked with what could be seen, watched, answered, shared, printed.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { send } from "./outreach.mjs";

const follow = (page, target) => Promise.all([page.waitForEvent("load"), page.locator(target).first().click()]);
const day = (away) => new Date(Date.now() + away * 864e5).toISOString().slice(0, 10);

// A daily series up to yesterday, which `more` times as much in its last ten days; its file.
const seriesFile = (work, name, more) => {
  let state = 7;
  const chance = () => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state / 2147483648;
  };
  const weekday = [1, 0.9, 0.95, 1, 1.1, 1.25, 0.8];
  const rows = [];
  for (let back = 140; back >= 1; back -= 1) {
    const level = 80 * weekday[back % 7] * (back <= 10 ? more : 1);
    rows.push(`${day(-back)},${Math.round(level + 16 * (chance() + chance() + chance() - 1.5))}`);
  }
  const file = path.join(work, `${name.replaceAll(" ", "-")}.csv`);
  fs.writeFileSync(file, `date,${name}\n${rows.join("\n")}\nsomeday,3\n`);
  return file;
};

const bringIn = async (page, file, touched = "yes") => {
  await page.goto("/measurement/series");
  await page.setInputFiles("#file", file);
  await page.check(`input[name=touched][value=${touched}]`);
  await follow(page, "button:text('Bring it in')");
};

// Everything that the looks show of measurement: the answer of the demo, one that is shared, one that runs, one ahead, a series.
export const addMeasurements = async (page, work) => {
  await bringIn(page, seriesFile(work, "Bookings while it runs", 1.3));
  const series = await page.locator("[role=status] a").first().getAttribute("href");
  const number = series.split("/").pop();
  const ask = (name, from, to) =>
    send(page, "/measurement", { name, primary: `series:${number}`, starts_on: from, ends_on: to, worth: "8 EUR", zone: "UTC", settle_days: "2", window: "30" });
  const running = await ask("Runs now", day(-10), day(17));
  const ahead = await ask("Still ahead", day(20), day(47));
  await page.goto("/measurement");
  const answered = await page.locator(".study a", { hasText: "Slow mornings" }).first().getAttribute("href");
  const nothing = await page.locator(".study a", { hasText: "Campaign 2" }).first().getAttribute("href");
  await page.goto(answered);
  await page.fill("#note", "The board");
  await follow(page, "button:text('Make a link')");
  const shared = new URL((await page.textContent("code.address")).trim(), page.url()).pathname;
  const query = new URLSearchParams({ name: "Autumn", primary: `series:${number}`, starts_on: day(3), ends_on: day(30) });
  return { running, ahead, answered, nothing, shared, series, asked: `/measurement/new?${query}` };
};

export const measurementJourneys = async ({ journey, work }) => {
  for (const javaScriptEnabled of [true, false]) {
    const how = javaScriptEnabled ? "with script" : "without script";
    await journey(`a question is asked with what could be seen, kept, and watched (${how})`, { javaScriptEnabled }, async (page) => {
      await bringIn(page, seriesFile(work, `Bookings ${how}`, 1.4));
      assert.match(await page.textContent("[role=status]"), /140 days of 1 series came in/);
      assert.match(await page.textContent("[role=status]"), /1 cell was refused:.*row 142 of .*column `date`/s);
      await page.goto("/measurement/new");
      await page.fill("#name", `Spring ${how}`);
      await page.locator("#primary label", { hasText: `Bookings ${how}` }).locator("input").check();
      await page.fill("#starts_on", day(5));
      await page.fill("#ends_on", day(2));
      await follow(page, "button:text('See what could be seen')");
      assert.match(await page.textContent("#problem-ends_on"), /before the first/);
      await page.fill("#starts_on", day(-10));
      await page.fill("#ends_on", day(17));
      await follow(page, "button:text('See what could be seen')");
      assert.match(await page.textContent("#foreseen"), /has begun already.*A usual day.*Tried on \d+ window/s);
      assert.equal(await page.inputValue("#name"), `Spring ${how}`, "what was typed is kept");
      await follow(page, "button:text('Keep the question')");
      assert.match(await page.textContent("[role=status]"), /is not changed any more/);
      assert.match(await page.textContent(".watched .finding"), /more than expected so far, between/);
      assert.equal(await page.locator(".watched svg.lift polyline").count(), 1);
      assert.equal(await page.getByText("Incremental").count(), 0, "nothing of the answer is shown early");
      await follow(page, "a:text('What it cost beside its deals')");
      await page.fill("#hours", "many");
      await follow(page, "button:text('Keep the costs')");
      assert.match(await page.textContent("#problem-hours"), /no number of hours/);
      await page.fill("#hours", "4");
      await page.fill("#fee", "900");
      await follow(page, "button:text('Keep the costs')");
      assert.match(await page.textContent("[role=status]"), /costs are kept/);
      await page.locator("summary", { hasText: "Give this measurement up" }).click();
      await page.fill("#why", "the shop was closed");
      await follow(page, "button:text('Give it up')");
      assert.match(await page.textContent(".finding"), /Given up on .*: the shop was closed/);
    });
  }
  await journey("an answer stands first, opens down to its days, is shared by a link, and prints", {}, async (page) => {
    await page.goto("/measurement");
    await follow(page, ".study a:has-text('Slow mornings')");
    assert.match(await page.textContent(".answer"), /^(About|Cannot tell).*It cost 2,\d{3}/s);
    for (const words of ["Did it pay?", "From being seen to buying", "What is not known", "What the words mean"]) {
      assert.equal(await page.locator("h2", { hasText: words }).count(), 1, words);
    }
    await page.locator(".lift-figure summary").first().click();
    assert.ok((await page.locator(".lift-figure table tbody tr").count()) > 28);
    await page.locator("#tile-gained summary").click();
    assert.match(await page.textContent("#tile-gained .tree"), /while the campaign ran.*less what 1\d\d days before/s);
    const document = await (await page.request.get(`${page.url().split("?")[0]}/report.json`)).json();
    assert.match(await page.textContent("#tile-gained .value"), /\d/);
    assert.ok(document.found.primary.gained.hi > document.found.primary.gained.lo);
    await page.fill("#note", "The boss");
    await follow(page, "button:text('Make a link')");
    const address = (await page.textContent("code.address")).trim();
    await page.goto(address);
    assert.match(await page.textContent(".shared-note"), /The boss/);
    assert.equal(await page.locator("main a[href^='/']").count(), 0, "nothing leads into the program");
    const pdf = path.join(work, "report.pdf");
    await page.pdf({ path: pdf, format: "A4", printBackground: true });
    const text = spawnSync("pdftotext", ["-layout", pdf, "-"], { encoding: "utf8" });
    if (text.status === 0) {
      assert.match(text.stdout, /Slow mornings/);
      assert.match(text.stdout, /It cost 2,\d{3}/);
      assert.match(text.stdout, /Incremental/);
    }
    assert.ok(fs.statSync(pdf).size > 20_000);
    await page.goBack();
    await page.goto("/measurement");
    await follow(page, ".study a:has-text('Slow mornings')");
    await follow(page, "li:has-text('The boss') button:text('Revoke')");
    assert.match(await page.textContent("[role=status]"), /opens nothing any more/);
    assert.equal((await page.goto(address)).status(), 404);
  });
};
