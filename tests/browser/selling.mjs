// Shops, codes, orders and attribution for the browser tests, made through the program's own forms; and the script on a site of its own.
import assert from "node:assert/strict";
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { send } from "./outreach.mjs";

const day = (ago) => new Date(Date.now() - ago * 864e5).toISOString().slice(0, 10);

// A shop, codes, orders with everything that can be said of one, and a report that is kept.
export const addSelling = async (page, folder, deal) => {
  await send(page, "/tracking/shops", { name: "The shop", kind: "postback", currency: "EUR", zone: "Europe/Berlin" });
  await send(page, "/tracking/codes", { code: "ANA10", deal });
  await send(page, "/tracking/codes", { code: "OVER5", contact: "1", from: "2020-01-01", until: "2020-02-01" });
  await page.request.post("/tracking/webhooks", { form: { url: "https://hooks.brand.example/in", event: "conversion.created" } });
  await page.request.post("/tracking/webhooks/1", { form: { do: "ping" } });
  const rows = [
    ["1001", day(1), "49.90", "ANA10", "", "paid", "", ""],
    ["1002", day(2), "129.00", "", "ana-story", "paid", "29.00", "Ana"],
    ["1003", day(2), "12.00", "SUMMER", "", "paid", "", ""],
    ["1004", day(3), "80.00", "ANA10", "ana-story", "cancelled", "", ""],
    ["1005", day(3), "70.00", "ANA10", "ana-story", "pending", "", ""],
    ["1006", day(4), "70.00", "OVER5", "", "paid", "", "the radio"],
  ];
  const file = path.join(folder, "orders.csv");
  fs.writeFileSync(file, `order,date,total,code,link,status,refunded,heard_from\n${rows.map((row) => row.join(",")).join("\n")}\nx,someday,1,,,,,\n`);
  await page.goto("/tracking/conversions");
  await page.setInputFiles("#file", file);
  await Promise.all([page.waitForEvent("load"), page.click("button:text('Bring it in')")]);
  assert.match(await page.textContent(".finding"), /7 rows: 6 new, 0 changed, 0 known already, 1 left out/);
  await page.goto("/tracking/conversions");
  const order = await page.locator("th a", { hasText: "1002" }).getAttribute("href");
  await page.goto("/tracking/attribution");
  await page.fill("#name", "Spring as it was");
  await Promise.all([page.waitForEvent("load"), page.click("button:text('Keep it')")]);
  return { order, report: new URL(page.url()).pathname };
};

export const sellingJourneys = async ({ journey, server }) => {
  await journey("a page of another site tells of a lead and a sale with the click that brought them, and keeps nothing", { server, elsewhere: true }, async (page) => {
    await page.goto("/outreach/contacts/new");
    await page.fill("#name", "Cleo of the clicks");
    await Promise.all([page.waitForEvent("load"), page.click("button:text('Make the contact')")]);
    const contact = new URL(page.url()).pathname.split("/").pop();
    await send(page, "/tracking/codes", { code: "CLEO", contact });
    const origin = new URL(page.url()).origin;
    // The site's address is known once it listens; the script needs the shop, and the shop the address.
    let shop = "";
    const listening = await new Promise((resolve) => {
      const server = http.createServer((request, answer) => {
        answer.setHeader("content-type", "text/html");
        const form = '<form data-bellwether="lead" method="post" action="/done"><input name="heard_from" value="Cleo"><button>Sign up</button></form>';
        answer.end(`<!doctype html><title>shop</title><script src="${origin}/t/page.js" data-shop="${shop}"></script><a href="/two">on</a>${form}`);
      });
      server.listen(0, "127.0.0.1", () => resolve(server));
    });
    const there = `http://127.0.0.1:${listening.address().port}`;
    try {
      await send(page, "/tracking/shops", { name: "Own pages", kind: "page", currency: "EUR", origins: there });
      await page.goto("/tracking/shops");
      await Promise.all([page.waitForEvent("load"), page.locator("th a", { hasText: "Own pages" }).click()]);
      shop = /data-shop="([a-z0-9]+)"/.exec(await page.textContent("pre"))[1];
      const home = page.url();
      const token = "A".repeat(24);
      await page.goto(`${there}/?bw=${token}`);
      assert.equal(await page.evaluate(() => window.bellwether.click()), token);
      await Promise.all([page.waitForEvent("load"), page.click("a")]);
      assert.equal(new URL(page.url()).searchParams.get("bw"), token, "the token goes on in the site's own links");
      assert.deepEqual(await page.evaluate(() => [document.cookie, localStorage.length, sessionStorage.length]), ["", 0, 0]);
      await page.evaluate(() => window.bellwether.sale({ order: "77", amount: "12.50", code: "CLEO" }));
      await Promise.all([page.waitForEvent("load"), page.click("button")]);
      for (let looks = 0; looks < 40; looks += 1) {
        await page.goto(home);
        if (/2 orders and leads/.test(await page.textContent(".finding"))) break;
        await page.waitForTimeout(100);
      }
      assert.match(await page.textContent(".finding"), /2 orders and leads/);
      await page.goto("/tracking/conversions");
      assert.match(await page.locator("tr", { has: page.locator("th a", { hasText: /^77$/ }) }).textContent(), /12\.50 EUR.*Cleo of the clicks/s);
    } finally {
      listening.close();
    }
  });

  for (const javaScriptEnabled of [true, false]) {
    const how = javaScriptEnabled ? "with script" : "without script";
    await journey(`an order is noted, decided by hand, part of it goes back, and all models credit it (${how})`, { server, javaScriptEnabled }, async (page) => {
      const number = javaScriptEnabled ? "by-hand-1" : "by-hand-2";
      await page.goto("/outreach/contacts/new");
      await page.fill("#name", `Dora ${number}`);
      await Promise.all([page.waitForEvent("load"), page.click("button:text('Make the contact')")]);
      const contact = new URL(page.url()).pathname.split("/").pop();
      await page.goto("/tracking/conversions");
      await page.fill("#order", number);
      await page.fill("#amount", "many");
      await page.fill("#currency", "EUR");
      await Promise.all([page.waitForEvent("load"), page.click("button:text('Note it')")]);
      assert.match(await page.textContent("#problem-amount"), /no amount/);
      assert.equal(await page.inputValue("#order"), number);
      await page.fill("#amount", "40,00");
      await Promise.all([page.waitForEvent("load"), page.click("button:text('Note it')")]);
      assert.match(await page.textContent(".finding"), /Credited to nobody/);
      await page.click("summary:text('Credit it otherwise')");
      await page.fill("#contact", contact);
      await Promise.all([page.waitForEvent("load"), page.click("button:text('Credit it to them')")]);
      assert.match(await page.textContent(".finding"), new RegExp(`Credited to Dora ${number}`));
      await page.click("summary:text('Money that went back')");
      await page.locator("form:has(#money_kind) #amount").fill("15.00");
      await Promise.all([page.waitForEvent("load"), page.locator("form:has(#money_kind) button:text('Note it')").click()]);
      assert.match(await page.textContent("dl.facts"), /25\.00 EUR/);
    });
  }
};
