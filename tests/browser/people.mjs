// People for the browser tests, on a data directory of their own: the first owner, a colleague who may look alone, a second step, what was
// done; with scripts and without, wide, narrow and dark.
import assert from "node:assert/strict";
import crypto from "node:crypto";

// A button or a link leads to another page.
const follow = (page, selector) => Promise.all([page.waitForEvent("load"), page.locator(selector).first().click()]);

const PASSWORD = "the bread rises slowly";

// The code an authenticator shows now (RFC 6238).
const code = (secret, ahead = 0) => {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...secret].map((letter) => letters.indexOf(letter).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + ahead));
  const tag = crypto.createHmac("sha1", key).update(step).digest();
  return String((tag.readUInt32BE(tag[19] & 15) & 0x7fffffff) % 1_000_000).padStart(6, "0");
};

export const people = async ({ test, startIn, launchOther, axe, screenshots }) => {
  const look = async (page, name) => {
    await page.evaluate(axe);
    const only = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"];
    const found = await page.evaluate((only) => window.axe.run(document, { runOnly: only, resultTypes: ["violations"] }), only);
    assert.deepEqual(found.violations.map((one) => `${one.id} ${one.nodes[0].target}`), [], `${name}: ${page.url()}`);
    const sideways = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    assert.ok(sideways <= 0, `${name} is ${sideways} px too wide`);
    await page.screenshot({ path: `${screenshots}/people-${name}.png`, fullPage: true });
  };
  for (const javaScriptEnabled of [true, false]) {
    const way = javaScriptEnabled ? "with scripts" : "without";
    await test(`people sign in once the first has a password, ${way}`, async () => {
      const server = await startIn(`people-${javaScriptEnabled}`);
      const at = (width, colorScheme) => launchOther({ viewport: { width, height: 900 }, colorScheme, javaScriptEnabled, baseURL: server.base });
      const [ana, vi] = [await at(1200, "light"), await at(320, "dark")];
      const see = (page, name) => (javaScriptEnabled ? look(page, name) : Promise.resolve());
      await ana.goto("/");
      await follow(ana, "footer a:has-text('People')");
      await ana.fill("#name", "Ana Ruiz");
      await ana.fill("#email", "ana@brand.example");
      await follow(ana, "button:has-text('Add, and show')");
      await see(ana, "link");
      await follow(ana, "a:has-text('choose your password now')");
      await ana.fill("#password", "short");
      await follow(ana, "button.main");
      assert.match(await ana.textContent("main"), /too short/);
      await ana.fill("#password", PASSWORD);
      await follow(ana, "button.main");
      assert.match(await ana.textContent("footer"), /Signed in as\s+Ana Ruiz/);

      await ana.goto("/admin/people");
      await ana.fill("#name", "Vi");
      await ana.fill("#email", "vi@brand.example");
      await ana.check("input[value=viewer]");
      await follow(ana, "button:has-text('Add, and show')");
      await see(ana, "people");
      const link = await ana.textContent(".notice code");
      await vi.goto("/creators");
      assert.match(vi.url(), /\/sign-in\?back=/);
      await see(vi, "sign-in");
      await vi.goto(link);
      await vi.fill("#password", "a quiet river in june");
      await follow(vi, "button.main");
      await vi.goto("/outreach/contacts");
      assert.match(await vi.textContent("main"), /does not let you see addresses and letters/);
      await see(vi, "refused");
      assert.doesNotMatch(await vi.textContent("header"), /Outreach/);

      await ana.goto("/admin/me");
      await follow(ana, "button:has-text('Set it up')");
      await see(ana, "second-step");
      const secret = await ana.getAttribute("input[name=secret]", "value");
      await ana.fill("#code", code(secret));
      await follow(ana, "button:has-text('Ask for it from now on')");
      assert.match(await ana.textContent("main"), /Keep these codes/);
      await see(ana, "codes");
      await follow(ana, "footer button:has-text('Sign out')");
      await ana.fill("#email", "ana@brand.example");
      await ana.fill("#password", PASSWORD);
      await follow(ana, "button.main");
      await ana.fill("#code", code(secret, 1));
      await follow(ana, "button.main");
      await ana.goto("/admin/acts");
      assert.match(await ana.textContent("main"), /person 2: added/);
      await see(ana, "acts");
      await ana.setViewportSize({ width: 320, height: 900 });
      await ana.goto("/admin/people");
      await see(ana, "people-narrow");
      server.end();
    });
  }
};
