// What people do: rank, filter, order, tick, download, read evidence, set a brand up, bring a file in, take it back.
import { contactJourneys } from "./contacts.mjs";
import { dealJourneys } from "./deals.mjs";
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { campaignJourneys } from "./campaigns.mjs";
import { connectionJourneys } from "./connections.mjs";
import { measurementJourneys } from "./measurement.mjs";
import { postJourneys } from "./posts.mjs";
import { sellingJourneys } from "./selling.mjs";
import { addConversations, addOutreach, mailServers } from "./outreach.mjs";

const rowNames = (page) => page.locator("tr[data-row] a.name").allTextContents();
// Clicks what leads to another page and waits until that page is there.
const follow = (page, selector) => Promise.all([page.waitForEvent("load"), page.locator(selector).first().click()]);
// Waits until work under way has ended; without script one looks again.
const whenEnded = async (page, javaScriptEnabled) => {
  for (let looks = 0; looks < 240 && /\/ingest\/jobs\//.test(page.url()); looks += 1) {
    await page.waitForTimeout(500);
    if (!javaScriptEnabled) await page.reload();
  }
  assert.match(page.url(), /\/ingest\/\d+/);
  await page.waitForLoadState("load");
};

export const journeys = async ({ test, open, workshop, work, binary }) => {
  const journey = (name, settings, body) =>
    test(name, async () => {
      const { page, done } = await open(settings);
      try {
        await body(page);
      } finally {
        await done();
      }
    });

  for (const javaScriptEnabled of [true, false]) {
    const how = javaScriptEnabled ? "with script" : "without script";

    await journey(`home leads to the ranking (${how})`, { javaScriptEnabled }, async (page) => {
      await page.goto("/");
      assert.match(await page.textContent(".made-up"), /Made-up market/);
      await follow(page, "text=See the whole ranking");
      assert.match(page.url(), /\/matching\?brand=/);
      assert.equal(await page.locator("h1").count(), 1);
      assert.equal((await rowNames(page)).length, 100);
    });

    await journey(`filters, chips and counts agree (${how})`, { javaScriptEnabled }, async (page) => {
      await page.goto("/matching");
      const many = page.locator('label.choice:has(input[name="level"][value="many"])');
      const count = (await many.locator(".count").textContent()).trim();
      await many.locator("input").check();
      await follow(page, "button:text('Apply')");
      assert.match(page.url(), /level=many/);
      assert.match(await page.textContent(".above-table p"), new RegExp(`of ${count}, filtered`));
      const levels = await page.locator("tr[data-row] .level").allTextContents();
      assert.ok(levels.length > 0 && levels.every((words) => words.trim() === "answers many"), levels.join());
      await follow(page, ".chip");
      assert.doesNotMatch(page.url(), /level=/);
    });

    await journey(`a column orders the table both ways and the address says so (${how})`, { javaScriptEnabled }, async (page) => {
      await page.goto("/matching");
      await follow(page, "thead a:text('Who, and why')");
      assert.match(page.url(), /sort=name/);
      const up = await rowNames(page);
      await follow(page, "thead a:text('Who, and why')");
      const down = await rowNames(page);
      assert.notDeepEqual(up, down);
      assert.equal(await page.getAttribute("th[aria-sort]", "aria-sort"), "descending");
      const address = page.url();
      await page.goto("about:blank");
      await page.goto(address);
      assert.deepEqual(await rowNames(page), down);
    });

    await journey(`ticked rows are downloaded with every part of every estimate (${how})`, { javaScriptEnabled }, async (page) => {
      await page.goto("/matching");
      assert.ok(!(await page.locator(".bulk").isVisible()));
      for (const place of [0, 2]) await page.locator("tr[data-row] .pick input").nth(place).check();
      const names = await rowNames(page);
      const [file] = await Promise.all([page.waitForEvent("download"), page.click("text=CSV of the ticked")]);
      const lines = fs.readFileSync(await file.path(), "utf8").trim().split("\n");
      assert.equal(lines.length, 3);
      for (const part of ["fit_value", "fit_lo", "fit_hi", "fit_n", "fit_unit", "fit_method", "fit_version", "fit_as_of", "fit_grade", "reply_rate_not_known"]) {
        assert.ok(lines[0].split(",").includes(part), `${part} is not a column`);
      }
      assert.ok(lines[1].includes(names[0]) && lines[2].includes(names[2]));
      assert.ok(!lines.some((line) => /(^|,)"?[=@+]/.test(line)), "a cell begins like a formula");
    });

    await journey(`a name is found, and a filter that leaves nobody says which one to loosen (${how})`, { javaScriptEnabled }, async (page) => {
      await page.goto("/matching");
      const name = (await rowNames(page))[5];
      await page.fill("#q", name);
      await follow(page, "button:text('Apply')");
      assert.ok((await rowNames(page)).includes(name));
      await page.fill("#q", "nobody is called this");
      await follow(page, "button:text('Apply')");
      assert.match(await page.textContent(".empty"), /0 of [\d,]+ creators/);
      await follow(page, "text=without the name");
      assert.ok((await rowNames(page)).length >= 50);
    });

    await journey(`a creator's figures open down to what was said (${how})`, { javaScriptEnabled }, async (page) => {
      await page.goto("/matching");
      const name = (await rowNames(page))[0];
      await follow(page, "tr[data-row] a.name");
      assert.equal((await page.textContent("h1")).trim(), name);
      for (const section of ["Why here", "Conversation", "Engagement", "Posts", "History of data held"]) {
        assert.ok(await page.locator(`h2:has-text("${section}")`).count(), `${section} is missing`);
      }
      await page.locator("#fit summary").click();
      const link = page.locator("#fit .tree a").first();
      assert.match(await link.textContent(), /\d+ interactions/);
      await follow(page, "#fit .tree a");
      assert.match(page.url(), /\/conversations\/\d+\?brand=/);
      const turns = await page.locator(".turn").count();
      assert.ok(turns > 0 && turns <= 50);
      assert.ok((await page.locator(".turn.creator").count()) > 0 && (await page.locator(".turn.buyer").count()) > 0, "both sides speak");
      await follow(page, "text=all between the two");
      assert.match(page.url(), /\/conversations\/between\/\d+\/\d+/);
      assert.ok((await page.locator(".turn").count()) > 0);
    });

    await journey(`a brand is refused at its fields, counted, kept and changed (${how})`, { javaScriptEnabled, server: workshop }, async (page) => {
      await page.goto("/matching/brands/new");
      await page.fill("#own_accounts", "ana");
      await follow(page, "text=Keep and rank");
      assert.match(await page.textContent("#own-error"), /platform:name/);
      assert.match(await page.textContent("#name-error"), /needs a name/);
      assert.equal(await page.inputValue("#own_accounts"), "ana");
      await page.fill("#own_accounts", "");
      await page.fill("#name", `Kettle ${how}`);
      await page.fill("#keywords", "tea, teapot");
      await follow(page, "text=Count buyers");
      assert.match(await page.textContent("[role=status]"), /meet(s)? this definition|Nobody/);
      await follow(page, "text=Keep and rank");
      await page.waitForURL(/\/matching\?brand=/);
      await follow(page, "text=Who counts as a buyer");
      assert.equal(await page.inputValue("#keywords"), "tea\nteapot");
      await page.fill("#mentions_min", "2");
      await follow(page, "text=Keep and rank");
      await page.waitForURL(/\/matching\?brand=/);
    });

    await journey(`own people are looked at, added, decided and removed (${how})`, { javaScriptEnabled, server: workshop }, async (page) => {
      const write = (name, content) => {
        const file = path.join(work, `${javaScriptEnabled}-${name}`);
        fs.writeFileSync(file, content);
        return file;
      };
      const who = `tea.${javaScriptEnabled}`;
      await page.goto("/ingest/new");
      await page.setInputFiles("#file", write("accounts.csv", `account,followers,full_name\n${who},4000,Tea Tom\n`));
      await page.selectOption("#platform", "instagram");
      await page.check("[name=kind][value=any-csv]");
      await follow(page, "text=Look at it first");
      await follow(page, "text=Bring it in");
      await whenEnded(page, javaScriptEnabled);
      await page.goto("/creators/own");
      await page.setInputFiles("#file", write("customers.csv", `who ${javaScriptEnabled},joined\n${who},2025-02-03\n,2025-02-04\n`));
      await page.check("[name=kind][value=customers]");
      await page.selectOption("#platform", "instagram");
      await follow(page, "text=Look at it first");
      assert.match(await page.textContent("main"), /which column tells who somebody is/);
      await page.selectOption("#column-handle", `who ${javaScriptEnabled}`);
      await page.selectOption("#column-first", "joined");
      await follow(page, "button:text('Try it out')");
      assert.match(await page.textContent(".finding"), /2 rows hold 1 person; 1 would be refused/);
      await follow(page, "button:text('Add it')");
      for (let looks = 0; looks < 240 && /\/ingest\/jobs\//.test(page.url()); looks += 1) {
        await page.waitForTimeout(500);
        if (!javaScriptEnabled) await page.reload();
      }
      assert.match(page.url(), /\/creators\/own\?added=/);
      await follow(page, ".tabs a:text('To look at')");
      assert.match(await page.textContent("tr[data-row]"), /Tea Tom[^]*customer since 3 Feb 2025/);
      await follow(page, "tr[data-row] button:text('Confirm')");
      assert.match(await page.textContent("[role=status]"), /1 match is confirmed/);
      await page.goto("/creators?own=customer");
      assert.ok((await rowNames(page)).includes("Tea Tom"));
      await page.goto("/creators/own");
      await page.locator("#files details summary").first().click();
      await follow(page, "#files button:text('Remove file')");
      assert.match(await page.textContent("[role=status]"), /gone with everything it held/);
    });

    await journey(`a file is looked at, brought in, its refused rows read, and taken back (${how})`, { javaScriptEnabled, server: workshop }, async (page) => {
      const file = path.join(work, `comments-${javaScriptEnabled}.csv`);
      fs.writeFileSync(file, `author,channel,date,comment\nana,tom,2026-03-01T10:00:00Z,which one ${how}?\ntom,ana,,no date\nben,tom,2026-03-02T10:00:00Z,=1+1\n`);
      await page.goto("/ingest");
      await follow(page, "main a[href='/ingest/new']");
      await page.setInputFiles("#file", file);
      await follow(page, "text=Look at it first");
      await page.waitForURL(/\/ingest\/uploads\//);
      assert.match(await page.textContent(".finding"), /3 rows would give .* 1 would be refused/);
      assert.match(await page.textContent("main"), /rows need a date, e\.g\. 2026-03-01/);
      await follow(page, "button:text('Bring it in')");
      await whenEnded(page, javaScriptEnabled);
      assert.match(await page.textContent(".finding"), /3 rows gave .* 1 rows? (was|were) refused/);
      const [csv] = await Promise.all([page.waitForEvent("download"), page.click("text=All as CSV")]);
      assert.match(fs.readFileSync(await csv.path(), "utf8"), /file,row,column,problem,hint/);
      await follow(page, "text=Take back");
      assert.match(await page.textContent("h1"), /Take back/);
      await follow(page, "button:text('Take it back')");
      await whenEnded(page, javaScriptEnabled);
      assert.match(await page.textContent("main"), /taken back/);
    });

    await journey(`a wrong folder is answered at its field (${how})`, { javaScriptEnabled }, async (page) => {
      await page.goto("/ingest/new");
      await page.fill("#folder", "/nowhere/at/all");
      await follow(page, "button:text('Bring it in')");
      assert.match(await page.textContent("#folder-error"), /there is no such folder/);
      assert.equal(await page.inputValue("#folder"), "/nowhere/at/all");
    });

    await journey(`a group opens to its niches, terms and neighbours, each to its evidence (${how})`, { javaScriptEnabled }, async (page) => {
      await page.goto("/conversations/groups");
      const niche = (await page.locator("#niche option").nth(1).textContent()).trim();
      const [, words, count] = /^[– ]*(.*) \((\d+)\)$/.exec(niche);
      await page.selectOption("#niche", { index: 1 });
      await follow(page, "button:text('Find')");
      assert.match(page.url(), /niche=/);
      assert.ok((await page.textContent(".finding")).includes(words));
      assert.match(await page.textContent("[role=status]"), new RegExp(`of ${count}`));
      assert.ok((await page.locator("table.groups tbody tr").count()) <= Number(count));
      await follow(page, "table.groups .niche a");
      assert.match(page.url(), /\/conversations\/groups\/\d+.*#niche-/);
      // Every figure of terms, niches and neighbours opens by keyboard to its formula and its parts.
      for (const section of ["niches-title", "terms-title", "near-title"]) {
        const estimate = page.locator(`section[aria-labelledby=${section}] details.estimate`).first();
        assert.match(await estimate.locator("summary").textContent(), /\d.* at 90/, `${section} has an interval`);
        // The one that the address names is open already where there is script.
        await estimate.evaluate((it) => (it.open = false));
        await estimate.locator("summary").focus();
        await page.keyboard.press("Enter");
        assert.ok(await estimate.locator(".tree").isVisible(), section);
        assert.match(await estimate.textContent(), /method: /, section);
      }
      await follow(page, "section[aria-labelledby=niches-title] li > a");
      assert.match(page.url(), /\/conversations\/groups\?.*niche=/);
    });

    await journey(`a creator's page says in which groups they talk (${how})`, { javaScriptEnabled }, async (page) => {
      await page.goto("/matching");
      await follow(page, "tr[data-row] a.name");
      const parts = page.locator("#groups li");
      assert.ok((await parts.count()) > 0);
      assert.match(await parts.first().locator("summary").textContent(), /%[\s\S]* at 90[\s\S]*n\s=\s\d+ partners/);
      const name = (await parts.first().locator("a").first().textContent()).trim();
      await follow(page, "#groups li > a");
      assert.equal((await page.textContent("h1")).trim(), name);
    });

    await journey(`ticked creators, a page and a name come onto one shortlist, which says their place (${how})`, { javaScriptEnabled }, async (page) => {
      const name = `Spring, ${how}`;
      await page.goto("/matching");
      for (const row of [0, 2]) await page.locator(".pick input").nth(row).check();
      const [first, , third, fourth] = await rowNames(page);
      await page.fill(".bulk [name=list_name]", name);
      await follow(page, "button:text('Add to the list')");
      assert.match(await page.textContent(".notice"), /2 people added/);
      assert.deepEqual((await rowNames(page)).sort(), [first, third].sort());
      assert.match(await page.textContent("tr[data-row] .fit"), /place \d/);
      await page.goto("/matching");
      await follow(page, "tr[data-row]:nth-child(2) a.name");
      await page.click("#to-shortlist summary");
      await page.selectOption("#to-list", { label: name });
      await follow(page, "#to-shortlist button");
      assert.match(await page.textContent(".notice"), /1 person added/);
      await page.fill("#who", fourth);
      await follow(page, "form:has(#who) button");
      assert.equal(await page.locator("tr[data-row]").count(), 4);
      await follow(page, "tr[data-row] a.name");
      assert.match(await page.textContent("[data-lists]"), new RegExp(`On .*${name}`));
      await page.goto("/creators/lists");
      assert.match(await page.textContent("table"), new RegExp(`${name}\\s*nobody\\s*4`));
      await page.fill("#list-name", name.toUpperCase());
      await follow(page, "button:text('Begin it')");
      assert.match(await page.textContent("main"), /exists already/);
    });

    await journey(`creators are searched, filtered, loosened and saved, and the address keeps it all (${how})`, { javaScriptEnabled }, async (page) => {
      await page.goto("/creators");
      await page.fill("#q", "grinder");
      await follow(page, ".search-bar button");
      assert.match(await page.textContent(".finding"), /of \d+ creators say “grinder”/);
      const said = await page.locator("tr[data-row] mark").first().textContent();
      assert.match(said.toLowerCase(), /^grinders?$/);
      const instagram = page.locator("label.choice", { has: page.locator("input[name=platform][value=instagram]") });
      const count = Number((await instagram.locator(".count").textContent()).replaceAll(",", ""));
      await instagram.locator("input").check();
      await follow(page, ".rail button:text('Apply')");
      assert.match(await page.textContent(".above-table"), new RegExp(`^\\s*${count} found`), "the count was exact");
      const address = page.url();
      const names = await page.locator("tr[data-row] a.name").allTextContents();
      await page.goto(address);
      assert.deepEqual(await page.locator("tr[data-row] a.name").allTextContents(), names, "one address is one state");
      await follow(page, ".chips a >> nth=0");
      assert.doesNotMatch(page.url(), /platform=/);
      await page.fill("#search-name", `Grinders ${how}`);
      await follow(page, ".save-search button");
      assert.match(await page.textContent(".notice"), new RegExp(`Saved as “Grinders ${how}”`));
      await page.goto("/creators?q=grinder&followers_from=5M&followers_unknown=no");
      await follow(page, ".empty li a >> nth=0");
      assert.match(page.url(), /q=grinder$/);
      await page.goto("/creators?q=grindr");
      assert.match(await page.textContent(".page-head"), /Nobody writes “grindr”; looked for “grinder”/);
    });

    await journey(`pages of a search follow each other without a gap (${how})`, { javaScriptEnabled }, async (page) => {
      await page.goto("/creators?sort=-followers&rows=100");
      const whole = await page.locator("tr[data-row] a.name").allTextContents();
      await page.goto("/creators?sort=-followers&rows=40");
      const first = await page.locator("tr[data-row] a.name").allTextContents();
      await follow(page, "nav.pager a[rel=next]");
      const second = await page.locator("tr[data-row] a.name").allTextContents();
      assert.deepEqual([...first, ...second].slice(0, 80), whole.slice(0, 80));
    });

    await journey(`a price is recorded, and a quote is held against what is to be expected (${how})`, { javaScriptEnabled }, async (page) => {
      await page.goto("/creators?sort=-followers");
      await follow(page, "tr[data-row] a.name >> nth=4");
      await follow(page, "text=What a post should cost");
      assert.match(await page.textContent("main"), /Expected fee/);
      await page.fill("#fee", "much");
      await follow(page, "button:text('Record')");
      assert.match(await page.textContent("main"), /is no amount of money/);
      await page.goBack();
      await page.fill("#fee", "250 EUR");
      await follow(page, "button:text('Record')");
      assert.match(await page.textContent(".notice"), /recorded/);
      await page.fill("#quote", "9000 EUR");
      await follow(page, "button:text('Estimate')");
      assert.match(await page.textContent("main"), /high for a post/);
    });

    await journey(`a brand says what it stands for, weights are moved and saved, and a creator's fit opens to quotes (${how})`, { javaScriptEnabled }, async (page) => {
      await page.goto("/matching");
      await follow(page, "text=Who fits");
      await follow(page, ".page-head >> text=What it stands for");
      await page.fill("#price", "cheap");
      await follow(page, "button:text('Keep and see who fits')");
      assert.match(await page.textContent("[role=alert]"), /is no amount of money/);
      await page.fill("#price", "12 EUR");
      await page.fill("#product_words", "espresso\ncoffee");
      await page.fill("#post_budget", "250 EUR");
      await page.check("input[name=value][value=handmade]");
      await follow(page, "button:text('Keep and see who fits')");
      assert.match(await page.textContent(".notice"), /is kept/);
      const fit = () => page.locator("table.fits td.fit .value").first().textContent();
      const before = await fit();
      if (javaScriptEnabled) {
        await page.fill("#weight-product", "10");
        await page.waitForFunction((was) => document.querySelector("table.fits td.fit .value").textContent !== was, before);
        assert.match(page.url(), /product=10/);
      } else {
        await page.goto(`${page.url().split("&done")[0]}&product=10`);
        assert.notEqual(await fit(), before);
      }
      await page.click("summary:text('Saved weights')");
      await page.fill("#weights-name", `Product first ${how}`);
      await follow(page, "#fits button:text('Save')");
      assert.match(await page.textContent(".notice"), /in force|from now on/);
      await follow(page, "table.fits td.fit a >> nth=0");
      assert.match(await page.textContent("h1"), /fit/);
      assert.ok((await page.locator(".quotes mark").count()) > 0);
      await page.goBack();
      await page.click("summary:text('Saved weights')");
      await follow(page, "button:text('Remove') >> nth=0");
      assert.match(await page.textContent(".notice"), /is removed/);
    });

    await journey(`a plan is tried, changed, kept, compared and begun (${how})`, { javaScriptEnabled }, async (page) => {
      await page.goto("/planning");
      const name = `Launch ${how}`;
      await page.getByLabel("Campaign", { exact: true }).fill(name);
      await page.getByLabel("Budget, everything in it").fill("2500");
      await page.getByRole("button", { name: "Plan", exact: true }).click();
      await page.waitForURL("**/planning/try?**");
      assert.match(await page.locator(".finding").first().textContent(), /creators for .* of .*2,500.*At least \d+(\.\d+)? % of the best possible plan/);
      const chosen = page.locator("table.picks tbody tr");
      const before = await chosen.count();
      assert.ok(before > 2, `${before} chosen`);
      const first = await chosen.first().locator("th a").first().textContent();
      await chosen.first().getByRole("link", { name: `Without ${first}` }).click();
      await page.waitForURL("**never=**");
      assert.ok(!(await chosen.locator("th a").allTextContents()).includes(first), "they are out");
      assert.match(await page.locator(".left-out").textContent(), /you said never/);
      if (javaScriptEnabled) {
        const slider = page.getByRole("slider", { name: /Wide or targeted/ });
        const told = await page.locator("#plan .finding").textContent();
        await slider.focus();
        await slider.press("ArrowLeft");
        await page.waitForFunction((told) => document.querySelector("#plan .finding")?.textContent !== told, told);
        assert.match(page.url(), /targeted=75/);
      }
      await page.getByText("As a table").click();
      assert.ok((await page.getByRole("table").filter({ hasText: "No plan passes" }).locator("tbody tr").count()) > 6);
      await page.getByRole("button", { name: "Keep this plan" }).click();
      await page.waitForURL(/planning\/\d+$/);
      const kept = page.url();
      await page.getByRole("link", { name: "Test before spend" }).click();
      await page.getByLabel("One line a day").fill("soon,4\nlater,5");
      await page.getByRole("button", { name: "Test", exact: true }).click();
      assert.match(await page.getByRole("alert").textContent(), /line 2/);
      await page.goto(kept);
      await page.getByRole("button", { name: "Begin this campaign" }).click();
      await page.waitForURL("**/planning/campaigns/*");
      assert.match(await page.locator("h1").textContent(), new RegExp(name));
      await page.goto("/planning/try?campaign=Smaller&budget=900&creators_max=5");
      await page.getByRole("button", { name: "Keep this plan" }).click();
      await page.waitForURL(/planning\/\d+$/);
      await page.goto("/planning");
      const boxes = page.getByRole("checkbox", { name: /Compare plan/ });
      await boxes.nth(0).check();
      await boxes.nth(1).check();
      await page.getByRole("button", { name: "Compare those ticked" }).click();
      await page.waitForURL("**/planning/compare?**");
      assert.ok(await page.getByRole("heading", { name: "Who is in which" }).isVisible());
    });
    await journey(`a niche is set by hand, counts in the search at once, and is taken back (${how})`, { javaScriptEnabled }, async (page) => {
      await page.goto("/creators?sort=-followers");
      await follow(page, `tr[data-row] a.name >> nth=${javaScriptEnabled ? 6 : 7}`);
      const account = new URL(page.url()).pathname.split("/").pop();
      await page.selectOption("#niche", { label: "Pets" });
      await follow(page, "button:text('It is theirs')");
      assert.match(await page.textContent("#niches"), /Pets.*set by a person/s);
      const code = await page.locator("#niches li:has-text('set by a person') input[name=niche]").first().inputValue();
      await page.goto(`/creators?niche=${code}&rows=1000`);
      assert.equal(await page.locator(`input[name=creator][value="${account}"]`).count(), 1);
      await page.goto(`/creators/${account}`);
      await follow(page, "button:text('Take back what was set')");
      assert.doesNotMatch(await page.textContent("#niches"), /set by a person/);
    });

    await journey(`the tables of the map have pages and their shares lead to evidence (${how})`, { javaScriptEnabled }, async (page) => {
      await page.goto("/conversations/map?level=people&nodes=300");
      const first = await page.locator("tbody th a").first().textContent();
      assert.match(await page.locator("caption").first().textContent(), /^1–100 of 300 people/);
      await follow(page, "nav[aria-label='Pages of the first table'] a[rel=next]");
      assert.match(await page.locator("caption").first().textContent(), /^101–200 of 300 people/);
      assert.notEqual(await page.locator("tbody th a").first().textContent(), first);
      await follow(page, "tbody a.estimate-cell");
      assert.match(page.url(), /\/conversations\/\d+\?brand=/);
    });

    await journey(`a creator's page leads to a vetting report whose signs open to what would change them (${how})`, { javaScriptEnabled }, async (page) => {
      await page.goto("/vetting");
      await follow(page, ".people-inline a >> nth=0");
      assert.match(page.url(), /\/vetting\/\d+$/);
      assert.match(await page.textContent(".verdict"), /^(no sign|unclear|signs worth asking about|strong signs)$/);
      assert.equal(await page.locator(".sign").count(), 11);
      await page.click(".sign >> nth=1 >> .why summary");
      assert.ok(await page.locator(".sign >> nth=1 >> .why p").last().isVisible());
      const json = await (await page.request.get(`${page.url()}/report.json`)).json();
      assert.equal(json.signs.length, 11);
      assert.match(await (await page.request.get(`${page.url()}/signs.csv`)).text(), /^sign,kind,words,log_odds/);
      await follow(page, "text=Profile");
      await follow(page, "text=Vetting report");
      assert.match(page.url(), /\/vetting\/\d+$/);
    });

    await journey(`two people look at a sample side by side, the interval comes and what they do not agree on is settled (${how})`, { javaScriptEnabled }, async (page) => {
      await page.goto("/vetting");
      await follow(page, `.people-inline a >> nth=${javaScriptEnabled ? 2 : 3}`);
      await follow(page, "text=Draw a sample and look at it");
      await follow(page, "button:text('Draw')");
      const sample = page.url();
      assert.match(await page.textContent(".finding"), /nobody has looked at one yet/);
      await page.fill("#one", "Ana");
      await page.fill("#two", "ana");
      await follow(page, "button:text('Begin')");
      assert.match(await page.textContent("main"), /two different names/);
      await page.goto(`${sample}/look?one=Ana&two=Ben`);
      const looked = async (one, two) => {
        const account = await page.inputValue(".look [name=account]");
        if (javaScriptEnabled) {
          // By keyboard, the first answer hidden until the second is there.
          await page.keyboard.press({ person: "a", made_to_be_sold: "s", cannot_tell: "d" }[one]);
          assert.ok(!(await page.locator("fieldset >> nth=0 >> input:checked").isVisible()));
          await page.keyboard.press({ person: "j", made_to_be_sold: "k", cannot_tell: "l" }[two]);
          await page.waitForFunction((before) => document.querySelector(".look [name=account]")?.value !== before, account);
        } else {
          await page.check(`[name=said_one][value=${one}]`);
          await page.check(`[name=said_two][value=${two}]`);
          await follow(page, "text=Keep and go on");
        }
      };
      assert.ok(!(await page.textContent("main")).match(/chance|model/i), "whoever looks does not see the model");
      for (let at = 0; at < 22; at += 1) {
        const one = at % 7 === 0 ? "made_to_be_sold" : at === 4 ? "cannot_tell" : "person";
        await looked(one, at === 7 ? "person" : one);
      }
      assert.match(await page.textContent(".look-progress"), /22 of \d+ done · (followers|commenters): .*% made to be sold so far \(.*–.*\)/);
      // The last one can be looked at again.
      await follow(page, ".look a:has-text('Back')");
      assert.equal(await page.locator("fieldset input:checked").count(), 2);
      if (javaScriptEnabled) {
        // Whoever came back to correct an answer is waited for, both of them.
        const before = await page.inputValue(".look [name=account]");
        await page.keyboard.press("a");
        await page.waitForTimeout(300);
        assert.equal(await page.inputValue(".look [name=account]"), before);
        await page.keyboard.press("j");
        await page.waitForFunction((account) => document.querySelector(".look [name=account]")?.value !== account, before);
      }
      await page.goto(sample);
      assert.match(await page.textContent("main"), /Ana and Ben agree on 20 of the 21 accounts that both told/);
      assert.equal(await page.locator(".plot polygon").count(), 1);
      const [file] = await Promise.all([page.waitForEvent("download"), page.click("text=The sample with all answers as CSV")]);
      assert.match(fs.readFileSync(await file.path(), "utf8"), /^position,part,account,.*by Ana,by Ben,together/);
      await follow(page, "text=Settle 1 not agreed on");
      assert.match(await page.textContent(".notice"), /Ana: made to be sold\s*Ben: a person/);
      await page.check("[name=said_one][value=person]");
      if (!javaScriptEnabled) await follow(page, "text=Keep and go on");
      await page.waitForSelector("text=Nothing is left to settle");
      await follow(page, "a:has-text('Back to the last one')");
      assert.match(await page.textContent(".notice"), /Ana: made to be sold\s*Ben: a person/);
      assert.ok(await page.isChecked("[name=said_one][value=person]"));
      await page.goto(`${sample}/settle`);
      await follow(page, ".empty a:text('The report')");
      assert.match(await page.textContent("#audience-share"), /a sample looked at by people/);
    });

    await journey(`a report is shared by a link that shows no others, and ends when revoked (${how})`, { javaScriptEnabled }, async (page) => {
      await page.goto("/vetting");
      await follow(page, ".people-inline a >> nth=1");
      const report = page.url();
      await page.selectOption("#kind", "press");
      await page.fill("#from", "2026-03-01");
      await page.fill("#event-words", "On the radio.");
      await follow(page, "#record form:nth-child(1) button");
      assert.match(await page.textContent("#growth"), /press or broadcast, 1 Mar 2026: On the radio/);
      await page.fill("#answer-words", "Ask my <b>agent</b>.");
      await follow(page, "#record form:nth-child(2) button");
      assert.match(await page.textContent(".they-said"), /Ask my <b>agent<\/b>\./);
      await page.fill("#note", `board ${how}`);
      await follow(page, "text=Make a link");
      const link = await page.inputValue(".link-made");
      assert.match(link, /^http:\/\/127\.0\.0\.1:\d+\/vetting\/shared\/[0-9a-f]{64}$/);
      const answer = await page.goto(link);
      assert.equal(answer.headers()["x-robots-tag"], "noindex, nofollow");
      assert.equal(answer.headers()["cache-control"], "private, no-store");
      assert.match(await page.textContent("main"), /Ask my <b>agent/);
      const ways = await page.locator("a[href]:not([href^='#'])").count();
      assert.equal(ways, 0, "a shared report leads nowhere else");
      assert.equal(await page.locator("form").count(), 0);
      await page.goto(report);
      assert.match(await page.textContent("#share"), new RegExp(`board ${how}`));
      await follow(page, "#share tbody button");
      const gone = await page.goto(link);
      const never = await page.goto(link.replace(/.{8}$/, "00000000"));
      assert.deepEqual([gone.status(), never.status()], [404, 404]);
      assert.equal(await page.locator("a[href]").count(), 0, "nor does a link that has ended");
      await page.goto(report);
      await follow(page, ".they-said button");
      assert.equal(await page.locator(".they-said").count(), 0);
      await page.fill("#fee", "250");
      await follow(page, "text=What it buys");
      assert.match(await page.textContent("#price"), /EUR for each interaction/);
      await page.fill("#fee", "much");
      await follow(page, "text=What it buys");
      assert.match(await page.textContent("#price [role=alert]"), /a number above 0/);
    });

    await journey(`a shortlist is noted about, given columns and owners, voted on, moved and taken back (${how})`, { javaScriptEnabled }, async (page) => {
      const name = `Noted, ${how}`;
      await page.goto("/creators?sort=-followers");
      for (const row of [0, 1, 2]) await page.locator(".pick input").nth(row).check();
      await page.fill(".bulk [name=list_name]", name);
      await follow(page, "button:text('Add to the list')");
      const list = new URL(page.url()).pathname;
      await page.goto(`${list}/columns`);
      for (const column of ["Budget", "Country"]) {
        await page.fill("#column-name", column);
        await follow(page, "button:text('Add it')");
      }
      await follow(page, "button:text('Earlier')");
      assert.deepEqual(await page.locator("tbody input[type=text]").evaluateAll((fields) => fields.map((field) => field.value)), ["Country", "Budget"]);
      await page.goto(`${list}/edit`);
      await page.locator("textarea").first().fill("=1+1, asks for samples");
      await page.locator("input[name^=owner-]").first().fill("Ana");
      await page.locator("tbody tr").first().locator("input[type=text][name^=value-]").first().fill("Portugal");
      await follow(page, "button:text('Keep')");
      assert.match(await page.textContent(".notice"), /3 entries changed for 1 person/);
      const first = page.locator("tr[data-row]").first();
      assert.match(await first.textContent(), /=1\+1, asks for samples[\s\S]*Ana[\s\S]*Portugal/);
      await follow(page, "tr[data-row] .noted a");
      await page.fill("#voter", "Ana");
      await page.check("[name=vote][value=for]");
      await page.fill("#comment", "knows the trade");
      await follow(page, "button:text('Vote')");
      assert.match(await page.textContent("main"), /1 for, 0 against[\s\S]*Ana, team[\s\S]*knows the trade/);
      await page.check("[name=vote][value=against]");
      await follow(page, "button:text('Vote')");
      assert.match(await page.textContent(".finding"), /0 for, 1 against/);
      await page.goto(list);
      await page.locator(".pick input").nth(1).check();
      await page.selectOption("#do", "move");
      await follow(page, ".bulk button:text('Go on')");
      assert.match(await page.textContent(".finding"), /1 person of/);
      await page.fill("#list-name", `${name}, moved`);
      await follow(page, "button:text('Move them')");
      assert.equal(await page.locator("tr[data-row]").count(), 2);
      await follow(page, "button:text('Take it back')");
      assert.equal(await page.locator("tr[data-row]").count(), 3);
      await page.selectOption("#do-all", "stage");
      await follow(page, "form:has(#do-all) button");
      assert.match(await page.textContent(".finding"), /All 3 people/);
      await page.selectOption("#stage", "talking");
      await follow(page, "main button:text('Set the stage')");
      assert.equal(await page.locator("tr[data-row] .tag.on:text('in talks')").count(), 3);
      await follow(page, "button:text('Take it back')");
      const [out] = await Promise.all([page.waitForEvent("download"), page.click("text=CSV of all")]);
      const file = path.join(work, `list-${javaScriptEnabled}.csv`);
      await out.saveAs(file);
      await page.goto("/creators/lists");
      await page.fill("#import-name", `${name}, from a file`);
      await page.setInputFiles("#file", file);
      await follow(page, "button:text('Bring it in')");
      assert.match(await page.textContent(".finding"), /3 added, 0 changed, 0 on the list as they are, none left out/);
      await follow(page, "text=To the shortlist");
      assert.match(await page.locator("tr[data-row]").first().textContent(), /=1\+1, asks for samples[\s\S]*Ana[\s\S]*Portugal/);
      await follow(page, "text=Overlaps and totals");
      assert.match(await page.textContent("main"), /Different people[\s\S]*Who shares whom[\s\S]*One post of each/);
    });

    await journey(`a client reviews a shortlist by a link, and the team sees who said what (${how})`, { javaScriptEnabled }, async (page) => {
      await page.goto("/creators?sort=-followers");
      for (const row of [3, 4]) await page.locator(".pick input").nth(row).check();
      await page.fill(".bulk [name=list_name]", `Client, ${how}`);
      await follow(page, "button:text('Add to the list')");
      const list = new URL(page.url()).pathname;
      await page.fill("#note", "the board");
      await follow(page, "text=Make a link");
      const link = await page.inputValue(".link-made");
      assert.match(link, /^http:\/\/127\.0\.0\.1:\d+\/creators\/lists\/shared\/[0-9a-f]{64}$/);
      const answer = await page.goto(link);
      assert.equal(answer.headers()["x-robots-tag"], "noindex, nofollow");
      assert.equal(await page.locator("a[href^='/']").count(), 0, "a shared list leads nowhere else here");
      assert.doesNotMatch(await page.textContent("main"), /Expected fee/);
      await page.fill("#voter", "Cleo");
      await page.locator("input[value=for]").first().check();
      await page.locator("textarea").first().fill("lovely <b>cakes</b>");
      await page.locator("input[value=against]").nth(1).check();
      await follow(page, "text=Keep my votes");
      assert.match(await page.textContent(".notice"), /2 votes and comments kept under the name Cleo/);
      await page.locator("input[value=against]").first().check();
      await follow(page, "text=Keep my votes");
      await page.goto(list);
      assert.match(await page.locator("tr[data-row]").first().textContent(), /0 for\s*1 against/);
      await follow(page, "tr[data-row] .noted a");
      assert.match(await page.textContent("table"), /Cleo, by the link for the board[\s\S]*against[\s\S]*lovely <b>cakes<\/b>/);
      await page.goto(list);
      await follow(page, "#share tbody button");
      const gone = await page.goto(link);
      assert.equal(gone.status(), 404);
      assert.equal(await page.locator("a[href]").count(), 0, "nor does a link that has ended");
    });

    await journey(`the appearance is kept over pages (${how})`, { javaScriptEnabled }, async (page) => {
      await page.goto("/vetting");
      await follow(page, "button:text('Dark')");
      assert.match(page.url(), /\/vetting$/);
      await page.goto("/creators");
      assert.equal(await page.getAttribute("html", "data-theme"), "dark");
    });
  }

  await journey("from a search to a shortlist, to a comparison, to its file, by keyboard alone", {}, async (page) => {
    await page.goto("/creators");
    await page.keyboard.press("/");
    await page.keyboard.type("grinder");
    await Promise.all([page.waitForEvent("load"), page.keyboard.press("Enter")]);
    for (const key of ["j", "x", "j", "x", "j", "x"]) await page.keyboard.press(key);
    assert.equal(await page.textContent("[data-ticked]"), "3");
    await page.keyboard.press("l");
    const focused = await page.evaluate(() => document.activeElement.name);
    assert.ok(["list", "list_name"].includes(focused), focused);
    if (focused === "list") await page.keyboard.press("Tab");
    await page.keyboard.type("By keyboard");
    await Promise.all([page.waitForEvent("load"), page.keyboard.press("Enter")]);
    assert.match(await page.textContent(".notice"), /3 people added/);
    await page.goBack();
    await page.waitForSelector("tr[data-row]");
    for (const key of ["j", "j"]) await page.keyboard.press(key);
    const boxes = await page.locator(".pick input:checked").count();
    if (boxes === 0) for (const key of ["x", "j", "x"]) await page.keyboard.press(key);
    await Promise.all([page.waitForURL(/\/creators\/compare/), page.keyboard.press("c")]);
    assert.match(await page.textContent("h1"), /Side by side/);
    assert.match(await page.textContent("table.compare"), /told apart/i);
    const file = await page.request.get(await page.getAttribute("text=CSV", "href"));
    assert.match(await file.text(), /^figure,account,name,told_apart/);
  });

  await journey("a thousand rows scroll", {}, async (page) => {
    await page.goto("/creators?rows=1000&shown=followers");
    const rows = await page.locator("tr[data-row]").count();
    assert.ok(rows > 500, `${rows} rows`);
    const took = await page.evaluate(async () => {
      const began = performance.now();
      for (let at = 0; at < 20; at += 1) {
        window.scrollBy(0, 2_000);
        await new Promise(requestAnimationFrame);
      }
      return performance.now() - began;
    });
    assert.ok(await page.evaluate(() => scrollY > 10_000));
    console.log(`    ${rows} rows, twenty steps of scrolling in ${Math.round(took)} ms`);
  });

  // Times are printed, not judged: they are those of this machine under whatever else it does.
  await journey("the map of 2,000 people is drawn, moved, coloured by creators, and a selection taken along", {}, async (page) => {
    const asked = page.waitForResponse(/map\.json/);
    await page.goto("/conversations/map?level=people");
    const answer = await asked;
    await page.waitForSelector("#map[data-ready]");
    const frame = await page.evaluate(() => Math.round(performance.getEntriesByName("map-first-frame")[0].startTime));
    const bytes = (await answer.body()).length;
    const { edges } = await answer.json();
    const html = (await (await page.request.get("/conversations/map?level=people")).body()).length;
    console.log(`      first frame ${frame} ms after the click; map.json ${bytes} bytes, page ${html} bytes`);
    assert.ok(bytes < 1_000_000 && html < 300_000, `${bytes} and ${html} bytes`);
    const drawn = async () => {
      await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
      return page.locator("#map").screenshot();
    };
    const before = await drawn();
    await page.selectOption("#map-color", "creator");
    assert.match(await page.textContent("#map-legend"), /diamond: creator/);
    assert.ok(!before.equals(await drawn()), "creators have a colour");
    await page.locator("#map").focus();
    await page.keyboard.press("Tab");
    await page.waitForSelector("#map-details h3");
    assert.match(await page.textContent("#map-details"), /Talk with buyers(\d.*\(.*–.*\)|not known)/);
    await page.keyboard.press("Space");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Space");
    assert.equal(await page.locator("#map-picked li").count(), 2);
    const [file] = await Promise.all([page.waitForEvent("download"), page.click("text=CSV of the selection")]);
    const lines = fs.readFileSync(await file.path(), "utf8").trim().split("\n");
    assert.equal(lines.length, 3);
    assert.match(lines[0], /^account,name,handle,platform,followers,group,group_name,creator/);
    assert.match(await page.textContent("#map-shortlist"), /2 people/, "the page stays");
    assert.match(page.url(), /color=creator/);
    await page.goto(page.url());
    await page.waitForSelector("#map[data-ready]");
    assert.equal(await page.inputValue("#map-color"), "creator", "a copied address opens the same");
    await page.click("#map-forward");
    assert.match(await page.textContent("#map-when"), /\d{4}/);
    const shown = Number(/and ([\d,]+) ties/.exec(await page.textContent("#map-shown"))[1].replace(",", ""));
    assert.ok(shown > 0 && shown < edges.source.length, `${shown} of ${edges.source.length} ties in the first step`);
  });

  await journey("a loop on the map becomes a shortlist; who is taken off can be put back; the list is a table and goes", {}, async (page) => {
    await page.goto("/conversations/map?level=people&nodes=200");
    await page.waitForSelector("#map[data-ready]");
    await page.click("#map-lasso");
    const { x, y, width, height } = await page.locator("#map").boundingBox();
    await page.mouse.move(x + width * 0.25, y + height * 0.25);
    await page.mouse.down();
    for (const [right, down] of [[0.75, 0.25], [0.75, 0.75], [0.25, 0.75], [0.25, 0.26]]) await page.mouse.move(x + width * right, y + height * down, { steps: 4 });
    await page.mouse.up();
    const picked = await page.locator("#map-picked li").count();
    assert.ok(picked > 1, `${picked} inside the loop`);
    await page.fill("#map-to-list [name=list_name]", "From the map");
    await follow(page, "text=Add to the list");
    assert.match(page.url(), /\/creators\/lists\/\d+\?added=/);
    assert.match(await page.textContent(".notice"), new RegExp(`${picked} people added`));
    assert.equal(await page.locator("tr[data-row]").count(), picked);
    const names = await page.locator("tr[data-row] a.name").allTextContents();
    await page.locator(".pick input").first().check();
    await follow(page, "text=Take them off the list");
    assert.match(await page.textContent(".notice"), /1 person taken off/);
    assert.equal(await page.locator("tr[data-row]").count(), picked - 1);
    await follow(page, "text=Take it back");
    assert.match(await page.textContent(".notice"), /Taken back/);
    assert.deepEqual((await page.locator("tr[data-row] a.name").allTextContents()).sort(), names.sort());
    const [file] = await Promise.all([page.waitForEvent("download"), page.click("text=CSV of all")]);
    const lines = fs.readFileSync(await file.path(), "utf8").trim().split("\n");
    assert.equal(lines.length, picked + 1);
    assert.match(lines[0], /^account,platform,name,handle,url,followers,conversation_level,added_at,picked_on,note,owner,stage,votes_for,votes_neither,votes_against,votes,reply_rate_value/);
    await follow(page, "text=Delete the list");
    await follow(page, "button:text('Delete the list')");
    assert.match(await page.textContent(".notice"), /From the map is gone/);
  });

  await journey("keys move, tick, look closer and open; none act while typing", {}, async (page) => {
    await page.goto("/matching");
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    await page.keyboard.press("x");
    assert.equal(await page.locator(".pick input:checked").count(), 1);
    assert.equal(await page.locator("tr[data-row]").nth(1).locator("input").isChecked(), true);
    assert.equal((await page.textContent("[data-ticked]")).trim(), "1");
    await page.keyboard.press("Enter");
    assert.ok(await page.locator("tr[data-row]").nth(1).locator("details").getAttribute("open") !== null);
    await page.keyboard.press("/");
    await page.keyboard.type("jx?");
    assert.equal(await page.inputValue("#q"), "jx?");
    await page.locator("tr[data-row] a.name").nth(1).focus();
    await page.keyboard.press("k");
    await page.keyboard.press("?");
    assert.ok(await page.locator("#shortcuts").isVisible());
    await page.keyboard.press("Escape");
    await page.keyboard.press("o");
    await page.waitForURL(/\/creators\//);
  });

  await journey("single keys can be switched off", {}, async (page) => {
    await page.goto("/matching");
    await follow(page, "text=Switch off");
    await page.keyboard.press("j");
    await page.keyboard.press("x");
    assert.equal(await page.locator(".pick input:checked").count(), 0);
  });

  // By Tab to what a selector names, as somebody without a pointer gets there.
  const tabTo = async (page, selector) => {
    for (let steps = 0; steps < 150; steps += 1) {
      if (await page.evaluate((of) => document.activeElement?.matches(of) ?? false, selector)) return;
      await page.keyboard.press("Tab");
    }
    throw new Error(`${selector} is not reached by Tab`);
  };
  const pressed = (page, key) => Promise.all([page.waitForEvent("load"), page.keyboard.press(key)]);
  // `looks` goes on with the same contacts; the workshop is this journey's own.
  const servers = mailServers();
  const inbox = "the waiting conversation is found, answered, moved on and noted, by keyboard alone";
  if (!servers) console.log(`skip  ${inbox}: the mail servers of tests/mail are not installed`);
  if (servers) {
    await journey(inbox, { server: workshop }, async (page) => {
      await addOutreach(page, servers);
      await addConversations(page, servers);
      await page.goto("/outreach?show=waiting");
      assert.match(await page.textContent(".finding"), /2 conversations wait for your answer/);
      const toAna = async () => {
        for (let steps = 0; steps < 10; steps += 1) {
          await page.keyboard.press("j");
          if (await page.evaluate(() => document.activeElement.matches("[data-row]") && document.activeElement.textContent.includes("Ana Ruiz"))) return;
        }
        throw new Error("Ana's conversation is not reached by j");
      };
      await toAna();
      await pressed(page, "Enter");
      assert.match(await page.textContent("#thread-title"), /Your grinder/);
      assert.equal(await page.locator(".mail details:not([open])").count(), 1, "what it quotes is folded away");
      // Seen for a moment, it is read; and unread again by a key.
      await page.waitForSelector("button:text('Mark unread')");
      assert.equal(await page.locator("[data-here] [data-mark]").count(), 0);
      await pressed(page, "u");
      assert.equal(await page.locator(".thread-list .unread", { hasText: "Ana Ruiz" }).count(), 1);
      await toAna();
      await pressed(page, "Enter");
      await page.keyboard.press("r");
      await page.keyboard.type("Gladly: by the first of March. je?");
      await tabTo(page, ".answer button");
      await pressed(page, "Enter");
      const answer = page.locator(".mail.waiting", { hasText: "Gladly: by the first of March. je?" });
      assert.equal(await answer.locator("button:text('Take back')").count(), 1);
      await tabTo(page, "#card-stage");
      await page.keyboard.type("nego");
      await tabTo(page, "form[action$='/stage'] button");
      await pressed(page, "Enter");
      assert.equal(await page.locator(".notice", { hasText: "negotiating" }).count(), 1);
      await tabTo(page, "#card-task");
      await page.keyboard.type("Send the agreement");
      await tabTo(page, "form[action$='/tasks'] button");
      await pressed(page, "Enter");
      await tabTo(page, ".card > .actions a");
      await pressed(page, "Enter");
      assert.match(await page.textContent(".tasks"), /Send the agreement/);
      assert.match(await page.textContent(".touches"), /→ negotiating/);
      await page.goto("/outreach");
      assert.match(await page.textContent(".finding"), /1 conversation waits for your answer/);
      await toAna();
      await page.keyboard.press("o");
      await page.waitForSelector("#thread-title");
      await pressed(page, "e");
      await page.waitForSelector("button:text('Open it again')");
      await page.keyboard.press("?");
      assert.match(await page.textContent("#shortcuts"), /answer the conversation/);
    });
    servers.end();
  }

  await journey("the board moves somebody without script", { javaScriptEnabled: false, server: workshop }, async (page) => {
    await page.goto("/outreach/contacts/new");
    await page.fill("#name", "Zoe");
    await follow(page, "button:text('Make the contact')");
    await page.goto("/outreach/board");
    const card = page.locator(".board-card", { hasText: "Zoe" });
    await card.locator("select").selectOption("agreed");
    await Promise.all([page.waitForEvent("load"), card.locator("button").click()]);
    assert.match(await page.textContent("[aria-labelledby='stage-agreed']"), /Zoe/);
    assert.equal(await page.locator(".notice", { hasText: "Zoe is now “agreed”" }).count(), 1);
  });

  await contactJourneys({ journey, server: workshop, work });
  await dealJourneys({ journey, server: workshop, work });
  await campaignJourneys({ journey, workshop });
  await sellingJourneys({ journey, server: workshop });
  await measurementJourneys({ journey, work });
  await connectionJourneys({ journey, workshop, work });
  await postJourneys({ journey, server: workshop, folder: path.join(work, "workshop"), binary, work });

  await journey("the first Tab offers to skip to the content", {}, async (page) => {
    await page.goto("/matching");
    await page.keyboard.press("Tab");
    assert.match(await page.evaluate(() => document.activeElement.textContent), /Skip to the content/);
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement.id), "content");
  });

  await journey("nothing at an address, no such creator and no such brand are pages with ways on", {}, async (page) => {
    for (const address of ["/nowhere", "/creators/1", "/matching?brand=none", "/ingest/999", "/conversations/abc"]) {
      const answer = await page.goto(address);
      assert.ok(answer.status() === 404 || answer.status() === 400, `${address}: ${answer.status()}`);
      assert.equal(await page.locator("h1").count(), 1, address);
      assert.ok(await page.locator("main a.button").count(), address);
      assert.match(await page.textContent(".made-up"), /Made-up market/);
    }
  });

  await journey("a form of another site changes nothing", {}, async (page) => {
    const answer = await page.request.post("/appearance", { form: { theme: "dark", back: "/" }, headers: { origin: "https://elsewhere.example", "sec-fetch-site": "cross-site" } });
    assert.equal(answer.status(), 403);
    assert.match(await answer.text(), /another site/);
  });
};
