// What both runs of browser tests share: options, the count of tests, the browser, and pages whose complaints end a test.
import fs from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

export const option = (name, fallback) => {
  const at = process.argv.indexOf(`--${name}`);
  return at > 0 ? process.argv[at + 1] : fallback;
};
export const axe = fs.readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

// Runs tests whose name holds `--only WORD`, prints a line for each and counts them.
export const counting = () => {
  const only = option("only", "");
  const sum = { passed: 0, failed: 0 };
  const test = async (name, body) => {
    if (!name.includes(only)) return;
    try {
      await body();
      sum.passed += 1;
      console.log(`ok    ${name}`);
    } catch (error) {
      sum.failed += 1;
      console.log(`FAIL  ${name}\n      ${String(error.message ?? error).split("\n").slice(0, 12).join("\n      ")}`);
    }
  };
  const report = (screenshots) => {
    console.log(`screenshots are in ${screenshots}`);
    console.log(`${sum.passed} passed, ${sum.failed} failed`);
    process.exitCode = sum.failed ? 1 : 0;
  };
  return { test, report };
};

const common = ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const softwareDrawing = ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"];
export const launch = (args = softwareDrawing) =>
  chromium.launch({ executablePath: option("browser", process.env.CHROMIUM ?? "/usr/bin/chromium"), args: [...common, ...args] });
// A browser that cannot draw maps.
export const withoutDrawing = ["--disable-gpu", "--disable-3d-apis"];

// Opens a page whose console errors and requests elsewhere end the test that opened it. `allow` names complaints that are
// meant.
export const opening = (browser, market) => async (settings = {}) => {
  const { server = market, on = browser, allow = /$^/, elsewhere = false, ...rest } = settings;
  const context = await on.newContext({ viewport: { width: 1280, height: 900 }, baseURL: server.base, acceptDownloads: true, ...rest });
  const page = await context.newPage();
  // Long: on a machine that builds beside, a page may wait for its turn. What is slow is measured elsewhere.
  page.setDefaultTimeout(60_000);
  const problems = [];
  page.on("console", (message) => {
    const words = message.text();
    // A page that answers with an error on purpose is reported as a failed resource; reading pixels back for pointing at
    // nodes is slow in software drawing, and the browser remarks on it; so it does when the map's data has come long before
    // the map, on a slow machine or without script.
    const isMeant = /status of (400|403|404|422)/.test(words) || /preloaded using link preload but not used/.test(words) || /GPU stall due to ReadPixels/.test(words) || allow.test(words);
    if (["error", "warning"].includes(message.type()) && !isMeant) problems.push(words);
  });
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("request", (request) => {
    if (!elsewhere && !request.url().startsWith(server.base)) problems.push(`asked elsewhere: ${request.url()}`);
  });
  return {
    page,
    done: async () => {
      await context.close();
      if (problems.length) throw new Error(`the browser complained: ${problems.join("; ")}`);
    },
  };
};
