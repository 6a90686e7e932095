// A campaign's board for the browser tests: cards are dragged, moved by keyboard alone, without script, and many at once; a creator
// chooses one of several products on a phone.
import assert from "node:assert/strict";
import { send } from "./outreach.mjs";
import { offer } from "./deals.mjs";

const follow = (page, target) => Promise.all([page.waitForEvent("load"), page.click(target)]);

// A plan that is kept and taken on; the campaign's number.
export const begin = async (page, name) => {
  await page.goto(`/planning/try?campaign=${encodeURIComponent(name)}&budget=1500&creators_max=5`);
  await Promise.all([page.waitForURL(/planning\/\d+$/), page.click("button:text('Keep this plan')")]);
  await Promise.all([page.waitForURL("**/planning/campaigns/*"), page.click("button:text('Begin this campaign')")]);
  return new URL(page.url()).pathname.split("/").pop();
};

// States that the board's pages show: a contact made there, who agrees to one of two products with a draft due long ago; a card
// moved by hand; a stage of one's own.
export const addCampaign = async (page, campaign) => {
  const board = `/outreach/campaigns/${campaign}`;
  await page.goto(board);
  const name = await page.locator(".board-card .name").first().textContent();
  await follow(page, `button[aria-label="Make a contact of ${name}"]`);
  const contact = (await page.locator(".board-card", { hasText: name }).locator(".name").first().getAttribute("href")).split("/").pop();
  const more = { campaign, product: "A steel grinder\nA kettle with a long neck", "draft-0": "2026-01-02", "due-0": "2027-03-08" };
  const made = await offer(page, contact, `Campaign ${campaign}`, more);
  await send(page, `${board}/stages`, { new_name: "With the lawyer", new_after: "terms", new_limit: "4" });
  await page.goto(board);
  const second = await page.locator(".board-card").nth(1).locator("[type=checkbox]").getAttribute("value");
  await send(page, `${board}/move`, { card: second, to: "own-1" });
  const offered = { ...made, board };
  await send(page, `${made.link}/deals/${made.deal.split("/").pop()}`, { do: "accept", version: "1", name, wanted: "1", address: "1 Mill Lane\nBristol" });
  return offered;
};

export const campaignJourneys = async ({ journey, workshop }) => {
  let campaign;
  const column = (page, code) => page.locator(`[data-stage="${code}"]`);
  const named = (page, code) => column(page, code).locator(".board-card .name").allTextContents();

  await journey("a card of a campaign is dragged to another stage", {}, async (page) => {
    campaign = await begin(page, "Boards");
    await page.goto(`/outreach/campaigns/${campaign}`);
    const [first] = await named(page, "invited");
    const card = column(page, "invited").locator(".board-card").first();
    const onto = column(page, "terms").locator("h2");
    await Promise.all([page.waitForEvent("load"), card.locator("p").nth(1).dragTo(onto)]);
    assert.deepEqual(await named(page, "terms"), [first]);
    assert.match(await page.textContent("[role=status]"), /1 creator stands on Terms now/);
    assert.match(await column(page, "terms").textContent(), /moved by hand/);
  });

  await journey("a campaign's board is worked by keyboard alone", {}, async (page) => {
    await page.goto(`/outreach/campaigns/${campaign}`);
    const [first] = await named(page, "terms");
    await page.locator(".board-card", { hasText: first }).locator("select").focus();
    await page.keyboard.press("End");
    await page.keyboard.press("Tab");
    await Promise.all([page.waitForEvent("load"), page.keyboard.press("Enter")]);
    assert.ok((await named(page, "invited")).includes(first), "where the facts lead");
  });

  await journey("many of a campaign are dropped at once without script", { javaScriptEnabled: false }, async (page) => {
    await page.goto(`/outreach/campaigns/${campaign}?show=table`);
    for (const box of await page.locator("[name=card][type=checkbox]").all()) await box.check();
    await page.selectOption("#to", "dropped");
    await follow(page, "button:text('Move them')");
    assert.equal(new URL(page.url()).searchParams.get("show"), "table");
    assert.match(await page.textContent("[role=status]"), /stand on Dropped now/);
    await follow(page, "button:text('Move them')");
    assert.match(await page.textContent("[role=alert]"), /tick whom to move first/i);
  });

  await journey("a creator chooses one of several products of a campaign on a phone", { server: workshop, viewport: { width: 360, height: 740 } }, async (page) => {
    await page.goto("/outreach/contacts/new");
    await page.fill("#name", "Dora");
    await follow(page, "button:text('Make the contact')");
    const { deal, link } = await offer(page, "Dora", "Which one", { product: "A grinder\nA kettle" });
    await page.goto(`${link}/deals/${deal.split("/").pop()}`);
    await page.fill("#name", "Dora");
    await page.fill("#address", "1 Mill Lane\nBristol");
    await follow(page, "button[value=accept]");
    assert.match(await page.textContent("#problem-wanted"), /choose one/i);
    assert.equal(await page.inputValue("#address"), "1 Mill Lane\nBristol");
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 360, "no sideways scroll");
    await page.check("input[name=wanted][value='1']");
    await follow(page, "button[value=accept]");
    assert.match(await page.textContent("main"), /You chose: A kettle; the brand knows where to send it/);
    await page.goto(deal);
    assert.match(await page.textContent("[aria-labelledby=choice]"), /A kettle[\s\S]*1 Mill Lane/);
  });
};
