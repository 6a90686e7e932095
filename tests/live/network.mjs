// A live AT Protocol network with PostgreSQL and Redis of its own, in a folder of its own. Says where it is in one line of JSON, then
// does what each line of its input asks, and answers each in one line. Ends, with everything it started, when its input ends.
import { spawn, spawnSync } from "node:child_process";
import { chownSync, existsSync, mkdirSync, readdirSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import readline from "node:readline";

const folder = process.argv[2];
// PostgreSQL refuses to be run by root.
const nobody = process.getuid() === 0 ? { uid: 65534, gid: 65534 } : {};
const started = [];

const freePort = () =>
  new Promise((resolve) => {
    const server = net.createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

const listens = async (port) => {
  for (let tries = 0; tries < 300; tries++) {
    const open = await new Promise((resolve) => {
      const socket = net.connect(port, "127.0.0.1", () => resolve(true)).on("error", () => resolve(false));
      setTimeout(() => socket.destroy(), 50);
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`nobody listens on ${port}`);
};

const program = (name) => {
  const versions = existsSync("/usr/lib/postgresql") ? readdirSync("/usr/lib/postgresql").sort().reverse() : [];
  const places = versions.map((version) => `/usr/lib/postgresql/${version}/bin/${name}`);
  return [...places, `/usr/bin/${name}`, `/usr/local/bin/${name}`].find(existsSync) ?? name;
};

const databases = async () => {
  const [postgres, redis] = [await freePort(), await freePort()];
  const home = path.join(folder, "postgres");
  mkdirSync(home, { recursive: true });
  if (nobody.uid) chownSync(home, nobody.uid, nobody.gid);
  const options = { ...nobody, cwd: home, stdio: "ignore", env: { ...process.env, HOME: home, LC_ALL: "C" } };
  const made = spawnSync(program("initdb"), ["-D", home + "/data", "-A", "trust", "-U", "postgres", "-E", "UTF8"], options);
  if (made.status !== 0) throw new Error("initdb failed");
  started.push(
    spawn(program("postgres"), ["-D", home + "/data", "-p", postgres, "-k", home, "-c", "fsync=off", "-c", "listen_addresses=127.0.0.1"], options),
    spawn(program("redis-server"), ["--port", redis, "--save", "", "--bind", "127.0.0.1"], { cwd: folder, stdio: "ignore" }),
  );
  await Promise.all([listens(postgres), listens(redis)]);
  process.env.DB_POSTGRES_URL = `postgresql://postgres@127.0.0.1:${postgres}/postgres`;
  process.env.REDIS_HOST = `127.0.0.1:${redis}`;
  process.env.LOG_ENABLED = "false";
};

const end = () => started.forEach((child) => child.kill("SIGKILL"));
process.on("exit", end);

await databases();
const { TestNetwork } = await import("@atproto/dev-env");
const { AtpAgent } = await import("@atproto/api");
const network = await TestNetwork.create({
  dbPostgresSchema: "bellwether",
  plc: { port: await freePort() },
  pds: { port: await freePort(), hostname: "localhost" },
  bsky: { port: await freePort() },
});
const agents = new Map();
const agent = (handle) => {
  const known = agents.get(handle);
  if (!known) throw new Error(`nobody is called ${handle}`);
  return known;
};

const asked = {
  // { accounts: [handle] } -> { dids: { handle: did } }
  async accounts({ accounts }) {
    const dids = {};
    for (const handle of accounts) {
      const made = new AtpAgent({ service: network.pds.url });
      await made.createAccount({ handle, email: `${handle.replaceAll(".", "-")}@mail.example`, password: "password" });
      agents.set(handle, made);
      dids[handle] = made.assertDid;
    }
    return { dids };
  },
  // { by, records: [{ collection, value }] } -> { made: [{ uri, cid }] }
  async write({ by, records }) {
    const made = [];
    for (let from = 0; from < records.length; from += 150) {
      const writes = records.slice(from, from + 150).map(({ collection, value, rkey }) => ({
        $type: "com.atproto.repo.applyWrites#create",
        collection,
        ...(rkey ? { rkey } : {}),
        value: { $type: collection, ...value },
      }));
      const answer = await agent(by).com.atproto.repo.applyWrites({ repo: agent(by).assertDid, writes });
      made.push(...answer.data.results.map(({ uri, cid }) => ({ uri, cid })));
    }
    return { made };
  },
  // { by, uri }
  async remove({ by, uri }) {
    const [repo, collection, rkey] = uri.slice("at://".length).split("/");
    await agent(by).com.atproto.repo.deleteRecord({ repo, collection, rkey });
    return {};
  },
  // { by, profile }
  async profile({ by, profile }) {
    await agent(by).upsertProfile((held) => ({ ...held, ...profile }));
    return {};
  },
  async deactivate({ by }) {
    await agent(by).com.atproto.server.deactivateAccount({});
    return {};
  },
  async activate({ by }) {
    await agent(by).com.atproto.server.activateAccount();
    return {};
  },
  async rename({ by, handle }) {
    await agent(by).com.atproto.identity.updateHandle({ handle });
    return {};
  },
  // Everything written so far is at the AppView.
  async settle() {
    await network.processAll();
    return {};
  },
};

console.log(JSON.stringify({ pds: network.pds.url, appview: network.bsky.url }));
for await (const line of readline.createInterface({ input: process.stdin })) {
  try {
    const { ask, ...rest } = JSON.parse(line);
    console.log(JSON.stringify(await asked[ask](rest)));
  } catch (error) {
    console.log(JSON.stringify({ error: String(error?.stack ?? error) }));
  }
}
await network.close().catch(() => {});
end();
process.exit(0);
