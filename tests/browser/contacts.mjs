// Contacts kept in order, for the browser tests: two who may be one, a file looked at and brought in, files, views, and cards that
// are dragged on the board.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { send } from "./outreach.mjs";

const rows = ["name,email,stage,shoe", "Cem Aydın,cem@file.test,talking,41", "Dee,dee(at)file,,39", "Eva,eva@file.test,dancing,40", ...Array.from({ length: 14 }, (_, number) => `Person ${number} with rather a long name that goes on,p${number}@file.test,,4${number}`)];
const fileOf = (work) => {
  const place = path.join(work, "fair.csv");
  fs.writeFileSync(place, `${rows.join("\n")}\n`);
  return place;
};

const loaded = (page, act) => Promise.all([page.waitForEvent("load"), act()]);
// Sends a file of contacts and stops where it is looked at.
const sendFile = async (page, work) => {
  await page.goto("/outreach/contacts/import");
  await page.setInputFiles("#file", fileOf(work));
  await page.fill("#source", "our stand at the fair");
  await loaded(page, () => page.click("button:text('Look at it')"));
  return new URL(page.url());
};

// Everything of this kind that `looks` looks at.
export const addKept = async (page, made, work) => {
  const twin = await send(page, "/outreach/contacts/new", { name: "Ruiz, Ana", emails: "hello@ana-ruiz.test", source: "her blog", owner: "Jo", language: "es" });
  await page.goto(made.ana);
  await page.setInputFiles("#file", { name: "media kit of Ana Ruiz, spring, with a name that is rather long.pdf", mimeType: "application/pdf", buffer: Buffer.from("%PDF-1.7") });
  await loaded(page, () => page.click("button:text('Keep it')"));
  await send(page, "/outreach/views", { view_name: "Mia’s, in talks", path: "/outreach/contacts", query: "owner=Mia" });
  await send(page, "/outreach/views", { view_name: "محادثات", path: "/outreach/contacts", query: "stage=talking" });
  await send(page, "/outreach/views", { view_name: "As a table", path: "/outreach/deals", query: "show=table" });
  await sendFile(page, work);
  await loaded(page, () => page.click("button:text('Bring in')"));
  const imported = new URL(page.url()).pathname;
  const waiting = await sendFile(page, work);
  const pair = `/outreach/duplicates/merge?stays=${made.ana.split("/").pop()}&goes=${twin.split("/").pop()}`;
  return {
    "outreach-duplicates": "/outreach/duplicates",
    "outreach-merge": pair,
    "outreach-import": "/outreach/contacts/import",
    "outreach-import-look": waiting.pathname + waiting.search,
    "outreach-imported": imported,
    "outreach-views": "/outreach/views",
    "outreach-contacts-viewed": "/outreach/contacts?owner=Mia",
    "outreach-contacts-filtered": "/outreach/contacts?owner=Mia&stage=write",
    "outreach-deals-viewed": "/outreach/deals?show=table",
  };
};

export const emptyKept = { "empty-duplicates": "/outreach/duplicates", "empty-contacts-import": "/outreach/contacts/import", "empty-views": "/outreach/views" };

export const contactJourneys = async ({ journey, server, work }) => {
  // Wide enough for every column: what scrolls under a pointer that is down is another card to the browser.
  const withScript = { server, viewport: { width: 2300, height: 900 } };
  await journey("a card is dragged on the board, said aloud, and put back by Undo", withScript, async (page) => {
    await send(page, "/outreach/contacts/new", { name: "Yara Dragged", source: "her page" });
    await page.goto("/outreach/board");
    const columnOf = (stage) => page.locator(`[data-drop='${stage}']`);
    const card = page.locator(".board-card", { hasText: "Yara Dragged" });
    await card.dragTo(columnOf("talking"));
    await page.waitForFunction(() => document.querySelector("[data-drop='talking']").textContent.includes("Yara Dragged"));
    assert.match(await page.textContent("[data-board-says]"), /Yara Dragged is now “in talks”/);
    assert.equal(await columnOf("write").locator(".board-card", { hasText: "Yara Dragged" }).count(), 0);
    // The card that was drawn anew can be dragged too, and keys still move over the cards.
    await page.locator(".board-card", { hasText: "Yara Dragged" }).dragTo(columnOf("agreed"));
    await page.waitForFunction(() => document.querySelector("[data-drop='agreed']").textContent.includes("Yara Dragged"));
    await page.keyboard.press("j");
    assert.ok(await page.evaluate(() => document.activeElement.matches(".board-card")));
    await loaded(page, () => page.click("[data-notice] button"));
    assert.match(await page.textContent("[data-notice]"), /1 contact put back/);
    assert.equal(await columnOf("talking").locator(".board-card", { hasText: "Yara Dragged" }).count(), 1);
    assert.equal(await page.locator("[data-notice] button").count(), 0);
    // Where the line breaks, the form goes its usual way.
    await page.evaluate(() => {
      window.fetch = () => Promise.reject(new Error("no line"));
    });
    await loaded(page, () => page.locator(".board-card", { hasText: "Yara Dragged" }).dragTo(columnOf("worked")));
    assert.equal(await columnOf("worked").locator(".board-card", { hasText: "Yara Dragged" }).count(), 1);
  });

  const plain = { server, javaScriptEnabled: false };
  await journey("a file is looked at, brought in and taken back, and two contacts are made one, without script", plain, async (page) => {
    await sendFile(page, work);
    assert.match(await page.textContent(".finding"), /17 rows: 15 new contacts/);
    await loaded(page, () => page.click("button:text('Bring in')"));
    assert.match(await page.textContent(".notice"), /15 new contacts/);
    await loaded(page, () => page.click("a:text('Its contacts')"));
    assert.match(await page.textContent(".finding"), /15 contacts meet these filters/);
    await page.goBack();
    await loaded(page, () => page.click("button:text('Undo the import')"));
    assert.match(await page.textContent(".notice"), /15 contacts are gone/);
    await send(page, "/outreach/contacts/new", { name: "Xenia Twin", emails: "x@one.test", source: "her page", owner: "Mia" });
    await send(page, "/outreach/contacts/new", { name: "Twin Xenia", emails: "x@two.test", source: "her page", owner: "Jo" });
    await page.goto("/outreach/duplicates");
    await loaded(page, () => page.locator("tr", { hasText: "Twin Xenia" }).locator("a:text('Compare')").click());
    await page.check("input[name='take-owner'][value='goes']");
    await loaded(page, () => page.click("button:text('Make them one')"));
    assert.match(await page.textContent(".byline"), /owner Jo/);
    assert.equal(await page.locator(".addresses > li").count(), 2);
    await loaded(page, () => page.click("[data-notice] button"));
    assert.match(await page.textContent(".byline"), /owner Mia/);
    assert.equal(await page.locator(".addresses > li").count(), 1);
  });
};
