// Browser tests: starts the built program on a made-up market in a folder of its own and does what people do.
//
//   npm ci --prefix tests/browser && node tests/browser/run.mjs [--binary FILE] [--browser FILE] [--screenshots FOLDER] [--only WORD]
//
// Prints a line per test and `N passed, N failed` last; ends with 1 when one failed.
import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { axe, counting, launch, opening, option } from "./kit.mjs";
import { journeys } from "./journeys.mjs";
import { looks } from "./looks.mjs";
import { people } from "./people.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, "../..");
const binary = path.resolve(option("binary", path.join(root, "target/debug/bellwether")));
const work = fs.mkdtempSync(path.join(os.tmpdir(), "bellwether-browser-"));
const screenshots = path.resolve(option("screenshots", path.join(work, "screenshots")));
fs.mkdirSync(screenshots, { recursive: true });

const { test, report } = counting();

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

const browser = await launch();
const open = opening(browser, market);

// A server of its own, for what changes how everybody comes in; and a browser that nobody has used.
const startIn = async (name) => {
  const server = await start(path.join(work, name));
  const end = () => {
    server.program.removeAllListeners("exit");
    server.program.kill("SIGTERM");
  };
  return { ...server, end };
};
const launchOther = async (settings) => {
  const page = await (await browser.newContext(settings)).newPage();
  page.setDefaultTimeout(60_000);
  return page;
};

const kit = {
  test,
  startIn,
  launchOther,
  open,
  market,
  empty,
  workshop,
  work,
  binary,
  screenshots,
  axe,
};
try {
  await people(kit);
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
report(screenshots);
