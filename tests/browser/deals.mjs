// Briefs, deals, drafts and a creator's own page for the browser tests, made through the program's own forms, and a creator's way
// through them on a phone: with script, where an upload is cut half-way, and without.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { deflateSync, crc32 } from "node:zlib";
import { send } from "./outreach.mjs";

// A picture of one colour, as a browser decodes it.
export const picture = (side = 240) => {
  const portion = (kind, body) => {
    const head = Buffer.alloc(4);
    head.writeUInt32BE(body.length);
    const named = Buffer.concat([Buffer.from(kind, "latin1"), body]);
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE((crc32 ? crc32(named) : checksum(named)) >>> 0);
    return Buffer.concat([head, named, sum]);
  };
  const size = Buffer.alloc(13);
  size.writeUInt32BE(side, 0);
  size.writeUInt32BE(side, 4);
  size.set([8, 2, 0, 0, 0], 8);
  const row = Buffer.concat([Buffer.from([0]), Buffer.alloc(side * 3, 120)]);
  const all = Buffer.concat(Array.from({ length: side }, () => row));
  return Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), portion("IHDR", size), portion("IDAT", deflateSync(all)), portion("IEND", Buffer.alloc(0))]);
};
// For versions of node without one of their own.
const checksum = (bytes) => {
  let sum = ~0;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) sum = (sum >>> 1) ^ (0xedb88320 & -(sum & 1));
  }
  return ~sum;
};

const brief = {
  product: "A hand grinder of steel, made in Bristol, that stays quiet in the morning.",
  audience: "People who brew coffee at home and talk about it.",
  goal: "Ten more people a week who ask for it in shops.",
  musts: "It is steel throughout\nThe burrs can be had as spare parts",
  wishes: "Show it at work\nSay what you brew with",
  freedom: "Where, when and how you show it, what you say of it, and whether you like it.",
  tag: "@hophouse",
  code: "ANA10",
  language: "en",
  country: "GB",
};

const pieces = { "count-0": "2", "format-0": "story", "platform-0": "instagram", "draft-0": "2027-03-01", "due-0": "2027-03-08", "count-1": "1", "format-1": "video", "platform-1": "youtube", "due-1": "2026-01-04" };

// A link to a contact's own page, made on a deal's page; its path.
const linkOf = async (page, deal) => {
  await page.goto(deal);
  await Promise.all([page.waitForEvent("load"), page.click("button:text('Make a link')")]);
  return (await page.inputValue(".link-made")).replace(/^https?:\/\/[^/]+/, "");
};

// A brief and a deal with `who`, offered; their page.
export const offer = async (page, who, name, more = {}) => {
  const on = await send(page, "/outreach/briefs/new", { name, ...brief });
  const terms = { contact: who, brief: on.split("/").pop(), fee: "250 EUR", product: "the grinder itself", usage: "own website and shop", usage_days: "90", exclusivity: "other hand grinders", exclusivity_days: "30", payment_days: "14", message: "We like how you brew, and would like to send you one.", ...pieces, ...more };
  const deal = await send(page, "/outreach/deals/new", terms);
  return { brief: on, deal, link: await linkOf(page, deal) };
};

// All the states that pages show: an offer, a counter-offer, a deal with drafts and payments.
export const addDeals = async (page) => {
  const first = await offer(page, "Ana Ruiz", "Spring, the quiet grinder");
  const other = await offer(page, "ليلى خالد", "صباح هادئ");
  const id = (deal) => deal.split("/").pop();
  const counter = { do: "counter", version: "1", fee: "320 EUR", product: "the grinder itself", usage_days: "30", "draft-0": "2027-03-03", "due-0": "2027-03-08", "draft-1": "", "due-1": "2027-04-04", message: "I have an exam in that week." };
  await send(page, `${other.link}/deals/${id(other.deal)}`, counter);
  await send(page, `${first.link}/deals/${id(first.deal)}`, { do: "accept", version: "1", name: "Ana Ruiz" });
  await page.goto(`${first.link}/deals/${id(first.deal)}`);
  const piece = await page.locator("[aria-labelledby=pieces-title] a").first().getAttribute("href");
  const file = { name: "morning.png", mimeType: "image/png", buffer: picture() };
  const hand = async (caption, more) => {
    const answer = await page.request.post(piece, { multipart: { do: "draft", caption, ...more } });
    if (!answer.ok()) throw new Error(`the draft was not taken: ${answer.status()}`);
  };
  await hand("A slow morning with the grinder of @hophouse", { file });
  const ours = `/outreach/pieces/${id(piece)}`;
  await page.goto(ours);
  await page.fill("#comment", "Lovely light. Please say at the beginning that it is an ad.");
  await Promise.all([page.waitForEvent("load"), page.click("button:text('Ask for changes')")]);
  await hand("#ad A slow morning with the grinder of @hophouse, code ANA10", { file });
  await send(page, `${first.deal}/payments/1`, { do: "sent", reference: "HOP-77" });
  const third = await offer(page, "Nobody Known", "Not answered yet");
  await send(page, `${first.link}/contests`, { fact: "name", claim: "My name is written Ana María Ruiz, as on my imprint.", proof: "https://ana.example/imprint" });
  return { ...first, piece: ours, creatorPiece: piece, counter: other.deal, offered: third };
};

const follow = (page, target) => Promise.all([page.waitForEvent("load"), page.click(target)]);

export const dealJourneys = async ({ journey, server, work }) => {
  for (const javaScriptEnabled of [true, false]) {
    const how = javaScriptEnabled ? "with script" : "without script";
    const phone = { viewport: { width: 360, height: 740 }, javaScriptEnabled, server, allow: /net::ERR_|status of 5/ };
    await journey(`a creator reads an offer on a phone, proposes other terms, agrees, hands in a draft and is paid (${how})`, phone, async (page) => {
      const name = `Cleo ${how}`;
      await page.goto("/outreach/contacts/new");
      await page.fill("#name", name);
      await follow(page, "button:text('Make the contact')");
      const { deal, link } = await offer(page, name, `Spring, ${how}`);
      await page.goto(link);
      await follow(page, "a:text('Read it and answer')");
      assert.match(await page.textContent("main"), /Yours to decide[\s\S]*250\.00 EUR/);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= 360, `no sideways scroll: ${wide}`);
      await page.click("summary:text('Propose other terms')");
      await page.fill("#fee", "300");
      await follow(page, "button:text('Propose this')");
      assert.match(await page.textContent("#problem-fee"), /is no amount such as 250 EUR/);
      await page.fill("#fee", "300 EUR");
      await follow(page, "button:text('Propose this')");
      assert.match(await page.textContent("[role=status]"), /with the brand now/);
      const own = page.url();
      await page.goto(deal);
      await page.fill("#name", "Mia");
      await follow(page, "button:text('Accept their terms')");
      await page.goto(own);
      await follow(page, "[aria-labelledby=pieces-title] a");
      await page.fill("#caption", "#ad my morning with @hophouse and ANA10");
      const file = path.join(work, `draft-${javaScriptEnabled}.png`);
      const whole = Buffer.concat([picture(), Buffer.alloc(2_500_000, 1)]);
      fs.writeFileSync(file, whole);
      await page.setInputFiles("#file", file);
      if (javaScriptEnabled) {
        // The line is cut after the first portion; the page is loaded anew, and only the rest is sent.
        const sent = [];
        let cut = true;
        await page.route("**/uploads/*?at=*", (route) => {
          const at = Number(new URL(route.request().url()).searchParams.get("at"));
          if (cut && at > 0) return route.abort();
          sent.push(at);
          return route.continue();
        });
        await page.click("button:text('Hand it in')");
        await page.waitForFunction(() => /What has arrived is kept/.test(document.querySelector("[data-said]").textContent), null, { timeout: 60_000 });
        assert.deepEqual(sent, [0]);
        cut = false;
        await page.reload();
        await page.fill("#caption", "#ad my morning with @hophouse and ANA10");
        await page.setInputFiles("#file", file);
        await Promise.all([page.waitForURL(/done=/), page.click("button:text('Hand it in')")]);
        assert.equal(sent[1], 1 << 20, `what had arrived is not sent again: ${sent}`);
      } else {
        await follow(page, "button:text('Hand it in')");
      }
      assert.match(await page.textContent("[role=status]"), /Draft 1 is with the brand/);
      assert.equal(await page.locator(".disclosure.green").count(), 1);
      const media = await page.request.get(await page.locator(".media a").getAttribute("href"));
      assert.equal((await media.body()).length, whole.length);
      await page.goto(deal);
      await follow(page, "[aria-labelledby=pieces-title] a");
      await follow(page, "button:text('Approve')");
      await page.goto(deal);
      await page.locator("#payments + p + ul input[name=reference]").fill("HOP-9");
      await follow(page, "button:text('Note as sent')");
      await page.goto(own);
      await follow(page, "button:text('It has arrived')");
      assert.match(await page.textContent("[aria-labelledby=payments]"), /arrived, says the creator/);
      await follow(page, "nav a:text('What is held about you')");
      assert.match(await page.textContent("main"), new RegExp(name));
      await follow(page, "button:text('Forget me')");
      assert.match(await page.textContent("#problem-sure"), /Tick the box/);
      await follow(page, "a[aria-label^='Contest it: Your name']");
      await page.fill("#claim", "It is written with an accent");
      await follow(page, "button:text('Contest it')");
      assert.match(await page.textContent("main"), /contested on[\s\S]*You get an answer by/);
      await follow(page, "button:text('Take it back')");
      await page.check("#sure");
      await follow(page, "button:text('Forget me')");
      assert.match(await page.textContent("[role=status]"), /until then you can take it back/);
      await follow(page, "button:text('Keep me after all')");
      await page.check("#when-now");
      await page.check("#sure");
      await follow(page, "button:text('Forget me')");
      assert.match(await page.textContent("main"), /You are forgotten/);
      assert.equal((await page.goto(link)).status(), 404);
    });
  }

  await journey("a draft is judged and a deal looked through by keyboard alone", { server }, async (page) => {
    await page.goto("/outreach/contacts/new");
    await page.fill("#name", "Key Board");
    await follow(page, "button:text('Make the contact')");
    const { deal, link } = await offer(page, "Key Board", "By keyboard");
    const id = deal.split("/").pop();
    await send(page, `${link}/deals/${id}`, { do: "accept", version: "1", name: "Key Board" });
    await page.goto(deal);
    const piece = await page.locator("[aria-labelledby=pieces-title] a").first().getAttribute("href");
    const theirs = `${link}/pieces/${piece.split("/").pop()}`;
    const answer = await page.request.post(theirs, { multipart: { do: "draft", caption: "#ad a morning" } });
    assert.ok(answer.ok());
    await page.goto("/outreach/deals");
    const press = async (keys) => {
      for (const key of keys) await page.keyboard.press(key);
    };
    const tabTo = async (what) => {
      for (let taps = 0; taps < 120; taps += 1) {
        await press(["Tab"]);
        if (await page.evaluate((what) => document.activeElement.textContent.trim() === what || document.activeElement.id === what, what)) return;
      }
      throw new Error(`Tab never came to ${what}`);
    };
    await tabTo("Key Board");
    await Promise.all([page.waitForEvent("load"), press(["Enter"])]);
    await tabTo("story 1");
    await Promise.all([page.waitForEvent("load"), press(["Enter"])]);
    await tabTo("comment");
    await page.keyboard.type("Just right");
    await tabTo("Approve");
    await Promise.all([page.waitForEvent("load"), press(["Enter"])]);
    assert.match(await page.textContent("main"), /Approved[\s\S]*Just right/);
  });
};
