// How every page looks: no sideways scroll at 360 px, no violation of WCAG AA in light and dark, and a screenshot.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { addKept, emptyKept } from "./contacts.mjs";
import { addDeals, offer } from "./deals.mjs";
import { addCampaign } from "./campaigns.mjs";
import { addConversations, addOutreach, mailServers, send } from "./outreach.mjs";
import { addFigures } from "./posts.mjs";
import { addMeasurements } from "./measurement.mjs";
import { addSelling } from "./selling.mjs";

// Files of made-up own people: some of them creators of the market, some nobody held here, one row that says nothing.
const addOwnPeople = async (page, folder) => {
  await page.goto("/creators?sort=-followers&platform=instagram");
  const handles = await page.locator("tr[data-row] a.name + .byline").evaluateAll((lines) => lines.map((line) => line.querySelector("span[dir]")?.textContent ?? line.previousElementSibling.textContent).slice(0, 9));
  const send = async (name, kind, content) => {
    const file = path.join(folder, name);
    fs.writeFileSync(file, content);
    await page.goto("/creators/own");
    await page.setInputFiles("#file", file);
    await page.check(`[name=kind][value=${kind}]`);
    await page.selectOption("#platform", "instagram");
    await Promise.all([page.waitForEvent("load"), page.click("text=Look at it first")]);
    return new URL(page.url()).pathname + new URL(page.url()).search;
  };
  const add = async () => {
    await Promise.all([page.waitForEvent("load"), page.click("button:text('Add it')")]);
    await page.waitForURL(/\/creators\/own\?added=/, { timeout: 60_000 });
  };
  const rows = handles.slice(0, 6).map((handle, at) => `${handle},2024-0${at + 1}-15`);
  await send("followers.csv", "followers", `username,followed at\n${rows.join("\n")}\nnobody.held.here,2025-01-01\n`);
  await add();
  const orders = handles.slice(3).flatMap((handle, at) => [`${handle},2025-0${at + 1}-01,#${at}`, `${handle},2025-1${at % 2}-01,#9${at}`]);
  await send("orders.csv", "orders", `handle,date,order\n${orders.join("\n")}\n`);
  await add();
  return send("readers.csv", "newsletter", `email,first name,last name,since\nana@example.org,Ana,Ruiz,2024-03-01\nnot an address,Ben,,2024-03-02\n`);
};

const everyPage = async (page, folder) => {
  await page.goto("/matching");
  for (const row of [0, 1, 5, 40]) await page.locator(".pick input").nth(row).check();
  await page.fill(".bulk [name=list_name]", "Looked at");
  await Promise.all([page.waitForEvent("load"), page.click("text=Add to the list")]);
  const list = new URL(page.url()).pathname;
  // A note, a column with a value, a vote, and a link that shows prices.
  await page.goto(`${list}/columns`);
  await page.fill("#column-name", "Budget");
  await Promise.all([page.waitForEvent("load"), page.click("button:text('Add it')")]);
  await page.goto(`${list}/edit`);
  await page.locator("textarea").first().fill("Asks for samples before saying yes; wrote on Tuesday and has an agent.");
  await page.locator("input[name^=owner-]").first().fill("Ana");
  await page.locator("input[type=text][name^=value-]").first().fill("300 EUR");
  await Promise.all([page.waitForEvent("load"), page.click("button:text('Keep')")]);
  const member = await page.locator("tr[data-row] .noted a").first().getAttribute("href");
  await page.goto(member);
  await page.fill("#voter", "Ana");
  await page.check("[name=vote][value=for]");
  await page.fill("#comment", "Knows the trade.");
  await Promise.all([page.waitForEvent("load"), page.click("button:text('Vote')")]);
  await page.goto(list);
  await page.fill("#note", "the board");
  await page.check("#share [name=prices]");
  await Promise.all([page.waitForEvent("load"), page.click("text=Make a link")]);
  const sharedList = new URL(await page.inputValue(".link-made")).pathname;
  await page.goto("/creators/lists");
  await page.fill("#list-name", "Nobody yet");
  await Promise.all([page.waitForEvent("load"), page.click("text=Begin it")]);
  const emptyList = new URL(page.url()).pathname;
  await page.goto("/matching");
  const ranking = new URL(page.url());
  const creator = new URL(await page.locator("tr[data-row] a.name").first().getAttribute("href"), ranking);
  const account = creator.pathname.split("/").pop();
  const unranked = `/matching${ranking.search}&q=nobody+at+all`;
  // A sample that two people have begun to look at, one account not agreed on, and a report shared by a link.
  const begun = `/vetting/${account}/sample`;
  await page.goto(begun);
  await Promise.all([page.waitForEvent("load"), page.click("button:text('Draw')")]);
  await page.goto(`${begun}/look?one=Ana&two=Ben`);
  for (let at = 0; at < 24; at += 1) {
    const address = await page.inputValue(".look [name=account]");
    await page.keyboard.press(at % 6 ? "a" : "s");
    await page.keyboard.press(at === 6 ? "j" : at % 6 ? "j" : "k");
    await page.waitForFunction((before) => document.querySelector(".look [name=account]")?.value !== before, address);
  }
  await page.goto(`/vetting/${account}`);
  await page.fill("#answer-words", "The numbers of last spring are from a radio programme.");
  await Promise.all([page.waitForEvent("load"), page.click("#record form:nth-child(2) button")]);
  await page.fill("#note", "for the board");
  await Promise.all([page.waitForEvent("load"), page.click("text=Make a link")]);
  const shared = new URL(await page.inputValue(".link-made")).pathname;
  // Three people compared, a search saved, and a price recorded.
  await page.goto("/creators?sort=-followers");
  const three = await page.locator(".pick input").evaluateAll((boxes) => boxes.slice(0, 3).map((box) => box.value));
  const compared = `/creators/compare?${three.map((one) => `creator=${one}`).join("&")}`;
  await page.fill("#search-name", "The most followed");
  await Promise.all([page.waitForEvent("load"), page.click(".save-search button")]);
  await page.goto(`/matching/prices?creator=${account}`);
  await page.fill("#fee", "320 EUR");
  await Promise.all([page.waitForEvent("load"), page.click("button:text('Record')")]);
  const waiting = await addOwnPeople(page, folder);
  await page.goto("/creators/own");
  const own = await page.locator("[name=account]").first().getAttribute("value");
  await page.goto(`/creators/${three[0]}`);
  await page.locator("#same-person summary").click();
  await page.fill("#same-as", three[1]);
  await Promise.all([page.waitForEvent("load"), page.click("#same-person button:text('Say so')")]);
  // Two plans kept, and a campaign begun with the second.
  const keep = async (name, budget) => {
    await page.goto(`/planning/try?campaign=${name}&budget=${budget}&creators_max=8`);
    await Promise.all([page.waitForURL(/planning\/\d+$/), page.click("button:text('Keep this plan')")]);
    return new URL(page.url()).pathname;
  };
  const [plan, otherPlan] = [await keep("Spring", 2500), await keep("Autumn", 1200)];
  await Promise.all([page.waitForURL("**/planning/campaigns/*"), page.click("button:text('Begin this campaign')")]);
  const campaign = new URL(page.url()).pathname;
  // Contacts, a sequence and, where the mail servers are installed, conversations.
  const servers = mailServers();
  const made = await addOutreach(page, servers);
  const deals = await addDeals(page);
  const kept = await addKept(page, made, folder);
  const inCampaign = await addCampaign(page, campaign.split("/").pop());
  const dealId = deals.deal.split("/").pop();
  await page.goto(`/outreach/contacts/new?creator=${three[1]}`);
  const known = await page.inputValue("#name");
  await Promise.all([page.waitForEvent("load"), page.click("button:text('Make the contact')")]);
  const withAccount = await offer(page, known, "With figures");
  await send(page, "/tracking", { target: "https://shop.example/grinder?color=red", name: "Ana’s story", slug: "ana-story", deal: dealId });
  await send(page, "/tracking", { target: "https://shop.example/", name: "Not clicked yet", slug: "quiet" });
  const person = { "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", referer: "https://insta.example/ana" };
  for (const path of ["/t/ana-story", "/t/ana-story?qr", "/t/ana-story"]) await page.request.get(path, { maxRedirects: 0, headers: person });
  await page.request.get("/t/ana-story", { maxRedirects: 0, headers: { "user-agent": "WhatsApp/2.24.1 A" } });
  const selling = await addSelling(page, folder, dealId);
  const measured = await addMeasurements(page, folder);
  const figures = await addFigures(page, `/outreach/pieces/${Number(deals.piece.split("/").pop()) + 1}`);
  await page.goto(`${withAccount.link}/figures`);
  await Promise.all([page.waitForEvent("load"), page.click("button:text('It is mine')")]);
  const conversations = servers ? await addConversations(page, servers) : {};
  if (!servers) console.log("skip  the inbox with conversations: the mail servers of tests/mail are not installed");
  const threads = Object.fromEntries(Object.entries(conversations).map(([who, address]) => [`inbox-${who}`, address]));
  await page.goto("/outreach/queue");
  return {
    ...threads,
    ...kept,
    "outreach-board": "/outreach/board",
    "outreach-board-filtered": "/outreach/board?owner=Mia",
    "outreach-contacts": "/outreach/contacts",
    "outreach-contacts-nobody": "/outreach/contacts?stage=expired",
    "outreach-contact": made.ana,
    "outreach-contact-new": `/outreach/contacts/new?creator=${three[2]}`,
    "outreach-mailboxes": "/outreach/mailboxes",
    "outreach-mailbox": "/outreach/mailboxes/1",
    "outreach-mailbox-new": "/outreach/mailboxes/new",
    "outreach-settings": "/outreach/settings",
    "outreach-templates": "/outreach/templates",
    "outreach-template": `${made.template}?contact=Ana+Ruiz`,
    "outreach-template-missing": `${made.template}?contact=Nobody+Known`,
    "outreach-sequences": "/outreach/sequences",
    "outreach-sequence": made.sequence,
    "outreach-sequence-new": "/outreach/sequences/new",
    "outreach-briefs": "/outreach/briefs",
    "outreach-brief": deals.brief,
    "outreach-brief-new": "/outreach/briefs/new",
    "outreach-deals": "/outreach/deals",
    "outreach-deals-table": "/outreach/deals?show=table",
    "outreach-deals-calendar": "/outreach/deals?show=calendar",
    "outreach-deals-campaign": `/outreach/deals?campaign=${campaign.split("/").pop()}`,
    "outreach-campaigns": "/outreach/campaigns",
    "outreach-campaign": inCampaign.board,
    "outreach-campaign-table": `${inCampaign.board}?show=table`,
    "outreach-campaign-calendar": `${inCampaign.board}?show=calendar`,
    "outreach-campaign-deal": inCampaign.deal,
    "outreach-waiting": "/outreach/waiting",
    "outreach-deal-new": "/outreach/deals/new?contact=Ana+Ruiz",
    "outreach-deal": deals.deal,
    "outreach-deal-countered": deals.counter,
    "outreach-agreement": `${deals.deal}/agreement`,
    "outreach-piece": deals.piece,
    "creator-home": deals.link,
    "creator-deal": `${deals.link}/deals/${dealId}`,
    "creator-offer": `${deals.offered.link}/deals/${deals.offered.deal.split("/").pop()}`,
    "creator-piece": deals.creatorPiece,
    "creator-data": `${deals.link}/data`,
    "creator-contest": `${deals.offered.link}/data?contest=name`,
    "creator-figures": `${withAccount.link}/figures`,
    "outreach-requests": "/outreach/requests",
    "tracking-link": "/tracking/links/1",
    "tracking-clicks": "/tracking/clicks",
    "tracking-posts": "/tracking/posts",
    "tracking-post": deals.piece.replace("/outreach/pieces/", "/tracking/posts/"),
    "tracking-post-figures": figures,
    "tracking-codes": "/tracking/codes",
    "tracking-conversions": "/tracking/conversions",
    "tracking-conversion": selling.order,
    "tracking-attribution": "/tracking/attribution",
    "tracking-report": selling.report,
    "tracking-webhooks": "/tracking/webhooks",
    "tracking-webhook": "/tracking/webhooks/1",
    "tracking-shops": "/tracking/shops",
    "tracking-shop": "/tracking/shops/1",
    "outreach-queue": "/outreach/queue",
    "outreach-barred": "/outreach/barred",
    "outreach-unsubscribe-gone": "/outreach/unsubscribe/abcdefgh22334455",
    own: "/creators/own",
    "own-suggested": "/creators/own?who=suggested",
    "own-file": waiting,
    "own-creator": `/creators/${own}`,
    persons: "/creators/persons",
    "person-creator": `/creators/${three[0]}`,
    home: "/",
    ranking: ranking.pathname + ranking.search,
    "ranking-filtered": `${ranking.pathname}${ranking.search}&level=many&sort=followers`,
    "ranking-nobody": unranked,
    creator: creator.pathname + creator.search,
    evidence: `/conversations/${account}${ranking.search}`,
    conversations: "/conversations",
    groups: "/conversations/groups",
    "groups-nobody": "/conversations/groups?q=nobodysaysthis",
    "groups-niche": "/conversations/groups?niche=210",
    group: "/conversations/groups/1",
    deciding: "/conversations/deciding",
    influence: "/conversations/influence",
    "influence-niche": "/conversations/influence?from=2024-01-01&kind=reply&sort=everywhere",
    "influence-nobody": "/conversations/influence?to=1999-01-01",
    "listening-holds": "/matching/listening",
    map: "/conversations/map",
    "map-people": "/conversations/map?level=people&nodes=200",
    "map-members": "/conversations/map?group=1",
    "map-circle": `/conversations/map?account=${account}&steps=1`,
    creators: "/creators",
    "creators-found": "/creators?q=grinder&platform=instagram&engagement_from=1&engagement_read=surely",
    "creators-columns": "/creators?sort=-followers&shown=followers&shown=likes&shown=growth&shown=buyer_share",
    "creators-mended": "/creators?q=grindr&words=wider",
    "creators-nobody": "/creators?q=nobodysaysthis",
    "creators-too-narrow": "/creators?followers_from=1M&followers_unknown=no&platform=x",
    "creators-misread": "/creators?followers_from=many",
    "creators-alike": `/creators?alike=${account}&shown=alike&shown=shared_audience`,
    compare: compared,
    searches: "/creators/searches",
    fit: `/matching/fit${ranking.search}`,
    "fit-one": `/matching/fit/${account}${ranking.search}`,
    "brand-profile": `/matching/brands/${ranking.searchParams.get("brand")}/profile`,
    prices: `/matching/prices?creator=${account}&quote=400+EUR`,
    shortlists: "/creators/lists",
    shortlist: `${list}?added=4`,
    "shortlist-nobody": emptyList,
    "shortlist-edit": `${list}/edit`,
    "shortlist-columns": `${list}/columns`,
    "shortlist-columns-none": `${emptyList}/columns`,
    "shortlist-member": member,
    "shortlist-together": `${list}/together`,
    "shortlist-bulk-move": `${list}/bulk?do=move&whole=yes`,
    "shortlist-bulk-value": `${list}/bulk?do=value&whole=yes`,
    "shortlist-shared": sharedList,
    "shortlist-delete": `${list}/delete`,
    vetting: "/vetting",
    "vetting-report": `/vetting/${account}`,
    "vetting-report-fee": `/vetting/${account}?fee=250&currency=EUR`,
    "vetting-model": "/vetting/account-model",
    "vetting-sample": begun,
    "vetting-look": `${begun}/look?one=Ana&two=Ben`,
    "vetting-look-alone": `${begun}/look?one=Cem&at=3`,
    "vetting-settle": `${begun}/settle`,
    "vetting-shared": shared,
    brands: "/matching/brands",
    "brand-new": "/matching/brands/new",
    imports: "/ingest",
    import: "/ingest/1",
    "import-new": "/ingest/new",
    "import-undo": "/ingest/1/undo",
    connections: "/ingest/connections",
    "connect-bluesky": "/ingest/connections/new/bluesky",
    "connect-youtube": "/ingest/connections/new/youtube",
    sources: "/ingest/sources",
    planning: "/planning",
    "planner-tried": "/planning/try?campaign=Spring&budget=2500&creators_max=10&limit=platform%3AInstagram%3D1-4",
    "planner-wide": "/planning/try?campaign=Wide&budget=2500&creators_max=10&targeted=0&times=2",
    "planner-clash": "/planning/try?budget=2500&creators_min=9&creators_max=3",
    "planner-misread": "/planning/try?budget=lots&posts=99",
    plan,
    "plans-beside": `/planning/compare?plan=${plan.split("/").pop()}&plan=${otherPlan.split("/").pop()}`,
    "plan-sharing": `${plan}/sharing`,
    "plan-test": `${plan}/test`,
    campaign,
    outreach: "/outreach",
    tracking: "/tracking",
    measurement: "/measurement",
    "measurement-answer": measured.answered,
    "measurement-cannot-tell": measured.nothing,
    "measurement-running": measured.running,
    "measurement-ahead": measured.ahead,
    "measurement-shared": measured.shared,
    "measurement-new": "/measurement/new",
    "measurement-foreseen": measured.asked,
    "measurement-costs": `${measured.answered}/costs`,
    "measurement-series": "/measurement/series",
    "measurement-one-series": measured.series,
    patterns: "/patterns",
    "not-found": "/nowhere",
  };
};

const emptyPages = { "empty-home": "/", "empty-ingest": "/ingest", "empty-connections": "/ingest/connections", "empty-sources": "/ingest/sources", "empty-creators": "/creators", "empty-shortlists": "/creators/lists", "empty-own": "/creators/own", "empty-persons": "/creators/persons", "empty-conversations": "/conversations", "empty-groups": "/conversations/groups", "empty-map": "/conversations/map", "empty-deciding": "/conversations/deciding", "empty-influence": "/conversations/influence", "empty-listening": "/matching/listening", "empty-vetting": "/vetting", "empty-planning": "/planning", "empty-brands": "/matching", "empty-outreach": "/outreach", "empty-board": "/outreach/board", "empty-contacts": "/outreach/contacts", "empty-mailboxes": "/outreach/mailboxes", "empty-briefs": "/outreach/briefs", "empty-deals": "/outreach/deals", "empty-campaigns": "/outreach/campaigns", "empty-waiting": "/outreach/waiting", "empty-templates": "/outreach/templates", "empty-sequences": "/outreach/sequences", "empty-queue": "/outreach/queue", "empty-barred": "/outreach/barred", "empty-requests": "/outreach/requests", "empty-tracking": "/tracking", "empty-codes": "/tracking/codes", "empty-clicks": "/tracking/clicks", "empty-posts": "/tracking/posts", "empty-conversions": "/tracking/conversions", "empty-attribution": "/tracking/attribution", "empty-shops": "/tracking/shops", "empty-webhooks": "/tracking/webhooks", "empty-measurement": "/measurement", "empty-measurement-new": "/measurement/new", "empty-series": "/measurement/series" };

export const looks = async ({ test, open, empty, axe, screenshots, work }) => {
  const first = await open();
  const pages = await everyPage(first.page, work);
  await first.done();
  const cases = [...Object.entries(pages).map(([name, address]) => ({ name, address })), ...Object.entries({ ...emptyPages, ...emptyKept }).map(([name, address]) => ({ name, address, server: empty }))];
  // Each page is loaded once per width: first light with every rule, then, without loading it again, dark with the one rule that
  // colours decide, the narrow one at the narrowest width we promise.
  const widths = [
    { width: "wide", light: { width: 1280, height: 900 }, dark: { width: 1280, height: 900 } },
    { width: "narrow", light: { width: 360, height: 780 }, dark: { width: 320, height: 780 } },
  ];
  const isNotSideways = async (page) => {
    const sideways = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    assert.ok(sideways <= 0, `scrolls sideways by ${sideways} px`);
  };
  const isAccessible = async (page, rules) => {
    const found = await page.evaluate((runOnly) => window.axe.run(document, { runOnly, resultTypes: ["violations"] }), rules);
    const said = found.violations.map((violation) => `${violation.id}: ${violation.help} at ${violation.nodes.slice(0, 3).map((node) => `${node.target.join(" ")} (${node.any[0]?.message ?? node.all[0]?.message ?? ""})`).join(", ")}`);
    assert.deepEqual(said, []);
  };
  for (const { width, light, dark } of widths) {
    for (const { name, address, server } of cases) {
      await test(`${name} looks right (${width})`, async () => {
        const { page, done } = await open({ viewport: light, colorScheme: "light", ...(server ? { server } : {}) });
        try {
          await page.goto(address);
          await page.screenshot({ path: path.join(screenshots, `${name}-${width}-light.png`) });
          await isNotSideways(page);
          await page.emulateMedia({ colorScheme: "dark" });
          await page.setViewportSize(dark);
          await page.screenshot({ path: path.join(screenshots, `${name}-${width}-dark.png`) });
          await isNotSideways(page);
          // Every explanation is opened, so that what it holds is looked at too; long tables keep their first rows.
          await page.evaluate(() => {
            for (const details of document.querySelectorAll("main details")) details.open = true;
            for (const row of [...document.querySelectorAll("tr[data-row], .talk > li")].slice(12)) row.remove();
          });
          await page.evaluate(axe);
          await isAccessible(page, ["color-contrast"]);
          await page.emulateMedia({ colorScheme: "light" });
          await page.setViewportSize(light);
          await isAccessible(page, ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]);
        } finally {
          await done();
        }
      });
    }
  }
};
