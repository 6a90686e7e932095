// Outreach for the browser tests: contacts, templates and a sequence made through the program's own forms, and, where the mail
// servers of tests/mail are installed, a mailbox with real conversations.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const bedProgram = path.join(path.dirname(fileURLToPath(import.meta.url)), "../mail/bed.py");
const python = process.env.BELLWETHER_MAIL_PYTHON ?? "python3";
const bed = (folder, act, ...rest) => spawnSync(python, [bedProgram, act, "--folder", folder, ...rest], { encoding: "utf8", timeout: 60_000 });

// Starts the mail servers; null where they are not installed. They end with this process. Their users have to get into the
// folder, so it does not lie in the one of the tests.
export const mailServers = () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "bellwether-mail-"));
  const started = bed(folder, "start", "--until-pid", String(process.pid), "--throw-away");
  if (started.status !== 0) fs.rmSync(folder, { recursive: true, force: true });
  return started.status === 0 ? { ...JSON.parse(started.stdout), end: () => bed(folder, "stop") } : null;
};

export const deliver = (servers, to, name, from, subject, text, head = []) => {
  const file = path.join(servers.folder, `${name}.eml`);
  const lines = [`From: ${from}`, `To: ${to}`, `Subject: ${subject}`, `Date: ${new Date().toUTCString()}`, `Message-ID: <${name}@creator.test>`, "MIME-Version: 1.0", ...head, "", text];
  fs.writeFileSync(file, lines.join("\r\n").replace(/(?<!\r)\n/g, "\r\n"));
  const done = bed(servers.folder, "deliver", "--to", to, "--from", "someone@creator.test", file);
  if (done.status !== 0) throw new Error(`the mail was not delivered: ${done.stderr}`);
};

const pace = { first_a_day: "40", spacing_seconds: "90", from_hour: "9", to_hour: "17", warm_up_since: "", warm_up_first: "10", warm_up_percent: "20", hard_bounces_max: "3", guard_days: "14" };

// A form as a page sends it; its answer's address.
export const send = async (page, address, form) => {
  const answer = await page.request.post(address, { form });
  if (!answer.ok()) throw new Error(`${address} answered ${answer.status()}: ${(await answer.text()).slice(0, 400)}`);
  return new URL(answer.url()).pathname;
};

// Everything that needs no mail server. `servers` may be null: the mailbox then leads nowhere.
export const addOutreach = async (page, servers) => {
  const plain = { smtp_security: "plain", imap_security: "plain" };
  await send(page, "/outreach/settings", { sender: "Hop House, 1 Mill Lane, Bristol", public_address: "https://mail.brand.example", zone: "Europe/Berlin" });
  const reading = servers ? { imap: `127.0.0.1:${servers.imap.plain}`, imap_user: "team", imap_password: servers.password } : {};
  await send(page, "/outreach/mailboxes/new", { address: "team@example.test", name: "Mia", smtp: "127.0.0.1:9", ...plain, ...reading, ...pace });
  const contact = (name, more) => send(page, "/outreach/contacts/new", { name, source: "their imprint", basis: "published for business", ...more });
  const ana = await contact("Ana Ruiz", { emails: "ana@creator.test", greeting: "Hi Ana", owner: "Mia", tags: "coffee, spring", zone: "Europe/Madrid" });
  await contact("Ben Tasker with a name that is rather long and goes on for a while", { emails: "ben@creator.test", owner: "Jo", stage: "agreed" });
  await contact("ليلى خالد", { emails: "leila@creator.test", greeting: "مرحبا ليلى", stage: "talking" });
  await contact("Nobody Known", { stage: "look" });
  await send(page, "/outreach/barred", { address: "someone@elsewhere.test", why: "asked on the phone" });
  const template = await send(page, "/outreach/templates/new", { name: "Hello", subject: "A grinder for {{ contact.first_name }}", body: "{{ contact.greeting }},\n\nI read what you said about grinders and would like to send you one.\n\nMia" });
  const sequence = await send(page, "/outreach/sequences/new", { name: "Spring launch", steps: "send Hello\nwait 4\ntask call them in 2" });
  await send(page, `${sequence}/enrol`, { contacts: "Ana Ruiz\nليلى خالد\nNobody Known", given: "product=the new grinder" });
  await send(page, `${ana}/tasks`, { task: "Send samples", due: "2026-01-02", owner: "Mia" });
  await send(page, `${ana}/note`, { note: "Met her at the fair.\nShe has an agent and wants samples first.", kind: "meeting" });
  await send(page, `${ana}/write`, { subject: "Coffee together?", body: "Hi Ana, are you there?" });
  return { ana, template, sequence };
};

// Conversations of a person who is a contact and of one who is none, read by the program itself within a while.
export const addConversations = async (page, servers) => {
  const to = "team@example.test";
  deliver(servers, to, "one", "Ana Ruiz <ana@creator.test>", "Your grinder", "I would love to try it. By when?\n\nOn Monday Mia wrote:\n> Hi Ana,\n> are you there?\n", ["Content-Type: text/plain; charset=utf-8"]);
  const file = ["Content-Type: multipart/mixed; boundary=b"];
  deliver(servers, to, "two", "Dee Novak <dee@stranger.test>", "My media kit", "--b\nContent-Type: text/html; charset=utf-8\n\n<p>Here it <b>is</b>. <script>alert(1)</script></p>\n--b\nContent-Type: application/pdf\nContent-Disposition: attachment; filename=\"media kit.pdf\"\n\n%PDF\n--b--\n", file);
  deliver(servers, to, "three", "Ben <ben@creator.test>", "Automatic reply: away", "I am away until 7 December.", ["Auto-Submitted: auto-replied"]);
  for (let looks = 0; looks < 90; looks += 1) {
    await page.goto("/outreach?show=all");
    if ((await page.locator("[data-row]").count()) === 3) break;
    await page.waitForTimeout(500);
  }
  const link = (name) => page.locator("[data-row]", { hasText: name }).locator("a.name").getAttribute("href");
  return { ana: await link("Ana Ruiz"), dee: await link("Dee Novak"), ben: await link("Ben Tasker") };
};
