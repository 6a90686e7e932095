// Browser tests of the conversation map alone: made-up data on a small server of its own, no built program needed.
//
//   npm ci --prefix tests/browser && node tests/browser/map/run.mjs [--browser FILE] [--screenshots FOLDER] [--only WORD] [--loads N]
//
// Prints a line per test, the measured times, and `N passed, N failed` last; ends with 1 when one failed.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";
import { tests } from "./tests.mjs";
import { serve } from "./server.mjs";

const option = (name, fallback) => {
  const at = process.argv.indexOf(`--${name}`);
  return at > 0 ? process.argv[at + 1] : fallback;
};
const screenshots = path.resolve(option("screenshots", fs.mkdtempSync(path.join(os.tmpdir(), "bellwether-map-"))));
fs.mkdirSync(screenshots, { recursive: true });
const only = option("only", "");

let passed = 0;
let failed = 0;
const test = async (name, body) => {
  if (!name.includes(only)) return;
  try {
    await body();
    passed += 1;
    console.log(`ok    ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL  ${name}\n      ${String(error.message ?? error).split("\n").slice(0, 12).join("\n      ")}`);
  }
};

const server = await serve();
const common = ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const launch = (args) => chromium.launch({ executablePath: option("browser", process.env.CHROMIUM ?? "/usr/bin/chromium"), args: [...common, ...args] });
const browser = await launch(["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]);
const plain = await launch(["--disable-gpu", "--disable-3d-apis"]);

// A page whose console errors and failed requests end the test that opened it.
const open = async (settings = {}) => {
  const { on = browser, allow = /$^/, ...rest } = settings;
  const context = await on.newContext({ viewport: { width: 1280, height: 900 }, baseURL: server.base, ...rest });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const problems = [];
  page.on("console", (message) => {
    // Reading pixels back for pointing at nodes is slow in software drawing, and the browser remarks on it.
    if (["error", "warning"].includes(message.type()) && !/GPU stall due to ReadPixels/.test(message.text()) && !allow.test(message.text())) problems.push(message.text());
  });
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("request", (request) => {
    if (!request.url().startsWith(server.base)) problems.push(`asked elsewhere: ${request.url()}`);
  });
  return {
    page,
    done: async () => {
      await context.close();
      if (problems.length) throw new Error(`the browser complained: ${problems.join("; ")}`);
    },
  };
};

try {
  await tests({ test, open, plain, screenshots, server, loads: Number(option("loads", "3")), axe: fs.readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8") });
} finally {
  await browser.close();
  await plain.close();
  server.close();
}
console.log(`screenshots are in ${screenshots}`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
