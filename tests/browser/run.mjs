// Browser tests: starts the built program on a made-up market in a folder of its own and does what people do.
//
//   npm ci --prefix tests/browser && node tests/browser/run.mjs [--binary FILE] [--browser FILE] [--screenshots FOLDER]
//
// Prints a line per test and `N passed, N failed` last; ends with 1 when one failed.
import { spawn, spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { journeys } from "./journeys.mjs";
import { looks } from "./looks.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, "../..");
const option = (name, fallback) => {
  const at = process.argv.indexOf(`--${name}`);
  return at > 0 ? process.argv[at + 1] : fallback;
};
const binary = path.resolve(option("binary", path.join(root, "target/debug/bellwether")));
const browserFile = option("browser", process.env.CHROMIUM ?? "/usr/bin/chromium");
const work = fs.mkdtempSync(path.join(os.tmpdir(), "bellwether-browser-"));
const screenshots = path.resolve(option("screenshots", path.join(work, "screenshots")));
fs.mkdirSync(screenshots, { recursive: true });

let passed = 0;
let failed = 0;
const test = async (name, body) => {
  try {
    await body();
    passed += 1;
    console.log(`ok    ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL  ${name}\n      ${String(error.message ?? error).split("\n").slice(0, 12).join("\n      ")}`);
  }
};

const data = path.join(work, "data");
const made = spawnSync(binary, ["--data-dir", data, "demo", "--size", "small", "--no-serve"], { encoding: "utf8" });
if (made.status !== 0) {
  console.error(made.stderr);
  throw new Error(`the demo market could not be made with ${binary}`);
}

// Port 0 lets the system choose; the program says which it got.
const start = (folder) =>
  new Promise((resolve, reject) => {
    const program = spawn(binary, ["--data-dir", folder, "serve", "--listen", "127.0.0.1:0"], { stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    const late = setTimeout(() => reject(new Error(`the program did not start: ${said}`)), 30_000);
    program.stderr.on("data", (piece) => {
      said += piece;
      const address = /http:\/\/[0-9.]+:[0-9]+(?=\s)/.exec(said);
      if (address) {
        clearTimeout(late);
        resolve({ program, base: address[0] });
      }
    });
    program.on("exit", (code) => reject(new Error(`the program ended with ${code}: ${said}`)));
  });
const market = await start(data);
const empty = await start(path.join(work, "empty"));
const workshop = await start(path.join(work, "workshop"));

const browser = await chromium.launch({
  executablePath: browserFile,
  args: [
    "--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
  ],
});

// A page whose console errors and failed requests end the test that opened it.
const open = async (settings = {}) => {
  const { server = market, ...rest } = settings;
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, baseURL: server.base, acceptDownloads: true, ...rest });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const problems = [];
  page.on("console", (message) => {
    // A page that answers with an error on purpose is reported by the browser as a failed resource.
    const onPurpose = /status of (400|403|404|422)/.test(message.text());
    if (["error", "warning"].includes(message.type()) && !onPurpose) problems.push(message.text());
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

const kit = {
  test,
  open,
  market,
  empty,
  workshop,
  work,
  screenshots,
  axe: fs.readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8"),
};
try {
  await journeys(kit);
  await looks(kit);
} finally {
  await browser.close();
  for (const server of [market, empty, workshop]) {
    server.program.removeAllListeners("exit");
    server.program.kill("SIGTERM");
  }
  if (option("keep", "no") === "no" && !screenshots.startsWith(work)) fs.rmSync(work, { recursive: true, force: true });
}
console.log(`screenshots are in ${screenshots}`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
