// Browser tests of the conversation map alone: made-up data on a small server of its own, no built program needed.
//
//   npm ci --prefix tests/browser && node tests/browser/map/run.mjs [--browser FILE] [--screenshots FOLDER] [--only WORD] [--loads N]
//
// Prints a line per test, the measured times, and `N passed, N failed` last; ends with 1 when one failed.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { axe, counting, launch, opening, option, withoutDrawing } from "../kit.mjs";
import { tests } from "./tests.mjs";
import { serve } from "./server.mjs";

const screenshots = path.resolve(option("screenshots", fs.mkdtempSync(path.join(os.tmpdir(), "bellwether-map-"))));
fs.mkdirSync(screenshots, { recursive: true });
const { test, report } = counting();

const server = await serve();
const browser = await launch();
const plain = await launch(withoutDrawing);
const open = opening(browser, server);

try {
  await tests({ test, open, plain, screenshots, server, loads: Number(option("loads", "3")), axe });
} finally {
  await browser.close();
  await plain.close();
  server.close();
}
report(screenshots);
