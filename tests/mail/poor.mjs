// An IMAP server that can do little: neither IDLE nor CONDSTORE nor UIDPLUS, as many small hosts still have them. Folders
// live in memory; a second port takes the orders of the tests (JSON in, JSON out):
//   POST /deliver {"count": 3}   POST /expunge {"uids": [4, 9]}   POST /uidvalidity {"value": 77}   GET /uids
// node poor.mjs --port 10144 --control 10145 --messages 40 --plugins SPECIAL-USE,UNSELECT
import http from 'node:http';
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';

const hoodiecrow = createRequire(import.meta.url)('hoodiecrow-imap');
const { values: options } = parseArgs({
  options: {
    port: { type: 'string', default: '10144' },
    control: { type: 'string', default: '10145' },
    messages: { type: 'string', default: '40' },
    plugins: { type: 'string', default: '' },
  },
});

let seeded = 0;
const letter = () => {
  seeded += 1;
  const day = String(1 + (seeded % 28)).padStart(2, '0');
  return {
    raw: [
      `From: Creator ${seeded} <creator${seeded}@creator.test>`,
      'To: brand@example.test',
      `Subject: Poor letter ${seeded}`,
      `Date: Mon, ${day} Jun 2026 10:00:00 +0000`,
      `Message-ID: <poor-${seeded}@creator.test>`,
      '',
      `Letter ${seeded}.`,
      '',
    ].join('\r\n'),
    internaldate: `${day}-Jun-2026 10:00:00 +0000`,
  };
};

const server = hoodiecrow({
  plugins: options.plugins.split(',').filter(Boolean),
  storage: {
    INBOX: { messages: Array.from({ length: Number(options.messages) }, letter) },
    '': { separator: '/', folders: { 'Gesendete Objekte': {}, 'Entw&APw-rfe': {}, Spam: {} } },
  },
});
server.listen(Number(options.port), '127.0.0.1');
const inbox = () => server.getMailbox('INBOX');

const orders = {
  'POST /deliver': ({ count = 1 }) => {
    for (let n = 0; n < count; n += 1) {
      const { raw, internaldate } = letter();
      server.appendMessage('INBOX', [], internaldate, raw);
    }
  },
  'POST /expunge': ({ uids }) => {
    const box = inbox();
    box.messages = box.messages.filter((message) => !uids.includes(message.uid));
  },
  // A server that was set up anew: another UIDVALIDITY, numbers from 1 on.
  'POST /uidvalidity': ({ value }) => {
    const box = inbox();
    box.uidvalidity = value;
    box.messages.forEach((message, at) => { message.uid = at + 1; });
    box.uidnext = box.messages.length + 1;
  },
  'GET /uids': () => undefined,
};

http.createServer((request, response) => {
  let body = '';
  request.on('data', (part) => { body += part; });
  request.on('end', () => {
    const order = orders[`${request.method} ${request.url}`];
    response.writeHead(order ? 200 : 404, { 'content-type': 'application/json', connection: 'close' });
    if (!order) return response.end('{}');
    order(JSON.parse(body || '{}'));
    const box = inbox();
    return response.end(JSON.stringify({ uidvalidity: box.uidvalidity, uids: box.messages.map((message) => message.uid) }));
  });
}).listen(Number(options.control), '127.0.0.1');
