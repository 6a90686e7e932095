// Ingest for the browser tests: a platform's export is dropped in, a network of our own making is connected, watched, asked and ended.
import assert from "node:assert/strict";
import fs from "node:fs";
import http from "node:http";
import path from "node:path";

const follow = (page, selector) => Promise.all([page.waitForEvent("load"), page.locator(selector).first().click()]);

// Waits until work under way has ended; without script one looks again.
const ended = async (page, javaScriptEnabled) => {
  for (let looks = 0; looks < 240 && /\/ingest\/jobs\//.test(page.url()); looks += 1) {
    await page.waitForTimeout(500);
    if (!javaScriptEnabled) await page.reload();
  }
  await page.waitForLoadState("load");
};

const crc32 = (bytes) => {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
};

// A zip file whose entries are stored as they are.
const zipped = (entries) => {
  const [locals, central] = [[], []];
  let offset = 0;
  for (const [name, content] of Object.entries(entries)) {
    const [title, bytes] = [Buffer.from(name), Buffer.from(content)];
    const about = Buffer.alloc(26);
    about.writeUInt16LE(20, 0);
    about.writeUInt32LE(crc32(bytes), 10);
    about.writeUInt32LE(bytes.length, 14);
    about.writeUInt32LE(bytes.length, 18);
    about.writeUInt16LE(title.length, 22);
    locals.push(Buffer.from("PK\x03\x04", "latin1"), about, title, bytes);
    const more = Buffer.alloc(14);
    more.writeUInt32LE(offset, 10);
    central.push(Buffer.from("PK\x01\x02\x14\0", "latin1"), about, more, title);
    offset += 30 + title.length + bytes.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(Object.keys(entries).length, 4);
  end.writeUInt16LE(Object.keys(entries).length, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...locals, directory, Buffer.from("PK\x05\x06", "latin1"), end]);
};

// A network with one account and its followers.
const network = (name) =>
  new Promise((resolve) => {
    const server = http.createServer((request, response) => {
      const asked = new URL(request.url, "http://localhost");
      const person = { did: `did:plc:${name}`, handle: `${name}.test`, displayName: "The loaf", followersCount: 3, postsCount: 0 };
      const answers = {
        "/xrpc/app.bsky.actor.getProfile": person,
        "/xrpc/app.bsky.feed.getAuthorFeed": { feed: [] },
        "/xrpc/app.bsky.graph.getFollowers": { subject: person, followers: ["a", "b", "c"].map((fan) => ({ did: `did:plc:${name}${fan}`, handle: "fan.test" })) },
      };
      const answer = answers[asked.pathname];
      response.writeHead(answer ? 200 : 404, { "content-type": "application/json" });
      response.end(JSON.stringify(answer ?? { error: "NotFound" }));
    });
    server.listen(0, "127.0.0.1", () => resolve({ server, address: `http://127.0.0.1:${server.address().port}` }));
  });

export const connectionJourneys = async ({ journey, workshop, work }) => {
  for (const javaScriptEnabled of [true, false]) {
    const how = javaScriptEnabled ? "with script" : "without script";
    const name = javaScriptEnabled ? "loaf" : "crumb";

    await journey(`what Instagram hands out is looked at and brought in (${how})`, { javaScriptEnabled, server: workshop }, async (page) => {
      const file = path.join(work, `instagram-${name}.zip`);
      const fan = (place) => ({ string_list_data: [{ value: `${name}_fan_${place}`, href: "", timestamp: 1_700_000_000 + place }] });
      fs.writeFileSync(file, zipped({
        "connections/followers_and_following/followers_1.json": JSON.stringify([1, 2, 3].map(fan)),
        "messages/inbox/somebody/message_1.json": "{}",
      }));
      await page.goto("/ingest/new");
      await page.setInputFiles("#file", file);
      await follow(page, "text=Look at it first");
      assert.match(await page.textContent("main"), /--account|whose|account/i, "it does not say whose it is");
      await page.goto("/ingest/new");
      await page.setInputFiles("#file", file);
      await page.fill("#account", `@${name}_bakery`);
      await follow(page, "text=Look at it first");
      assert.match(await page.textContent(".finding"), /3 rows would give .* facts; 0 would be refused/);
      await follow(page, "button:text('Bring it in')");
      await ended(page, javaScriptEnabled);
      assert.match(await page.textContent("main"), /3 followers[^]*not opened/);
    });

    await journey(`a network is connected, watched, asked and ended (${how})`, { javaScriptEnabled, server: workshop }, async (page) => {
      const { server, address } = await network(name);
      try {
        await page.goto("/ingest");
        await follow(page, ".parts a:text('Connections')");
        await follow(page, "a:text('Connect Bluesky')");
        await page.fill("#name", `Network ${name}`);
        await page.locator("main form details summary").first().click();
        await page.fill("#server", address);
        await page.check("[name=internal]");
        await follow(page, "button:text('Connect')");
        assert.match(await page.textContent(".finding"), /Nobody is watched yet/);
        await page.fill("#subjects", "no handle\nat all");
        await follow(page, "button:text('Watch')");
        assert.match(await page.textContent("#problem-subjects"), /no handle of Bluesky/);
        await page.fill("#subjects", `@${name}.test`);
        await follow(page, "button:text('Watch')");
        assert.match(await page.textContent("[role=status]"), /1 more watched/);
        await follow(page, "button:text('Ask now')");
        await ended(page, javaScriptEnabled);
        await page.goto(page.url().split("?")[0]);
        assert.match(await page.textContent("main"), /met[^]*What it brought lately/);
        await follow(page, `main a:has-text("${name}.test")`);
        assert.match(await page.textContent("h1"), /The loaf/);
        await page.goto("/ingest/sources");
        assert.match(await page.textContent("main"), /bluesky-api[^]*its author takes it back/);
        await page.goto("/ingest/connections");
        await follow(page, `main a:has-text("Network ${name}")`);
        await follow(page, "button:text('Pause')");
        assert.equal(await page.locator("button:text('Ask now')").isDisabled(), true);
        await follow(page, "button:text('Resume')");
        await follow(page, "a:text('End it')");
        await page.check("[name=facts][value=go]");
        await follow(page, "button:text('End it')");
        await ended(page, javaScriptEnabled);
        assert.match(await page.textContent("[role=status]"), /is ended; \d+ facts went/);
      } finally {
        server.close();
      }
    });
  }
};
