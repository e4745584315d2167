/**
 * What a Node gateway cannot go below with an ordinary client: node:http, the recorded upstream calls through
 * `undici.dispatch`, JSON parsed and written, no GraphQL. It sends all calls at once, which no gateway can, and gives
 * the recorded answer: `node floor.mjs RECORDING PORT [HEADER...]`.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { Pool } from 'undici';

const [recording, port, ...forwarded] = process.argv.slice(2);
const { calls, answer } = JSON.parse(readFileSync(recording, 'utf8'));
const pools = new Map(calls.map((call) => [call.port, new Pool(`http://127.0.0.1:${call.port}`, { connections: 50 })]));
const parts = calls.map((call) => ({ pool: pools.get(call.port), body: JSON.parse(call.body) }));

createServer((request, response) => {
  let text = '';
  request.setEncoding('utf8');
  request.on('data', (piece) => (text += piece));
  request.on('end', async () => {
    JSON.parse(text);
    const headers = { 'content-type': 'application/json' };
    for (const name of forwarded) headers[name] = request.headers[name];
    await Promise.all(parts.map(({ pool, body }) => call(pool, headers, JSON.stringify(body))));
    const body = JSON.stringify(answer);
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
    response.end(body);
  });
}).listen(Number(port), '127.0.0.1');

function call(pool, headers, body) {
  return new Promise((resolve, reject) => {
    const pieces = [];
    pool.dispatch(
      { method: 'POST', path: '/graphql', headers, body },
      {
        onRequestStart() {},
        onResponseStart() {},
        onResponseData: (_, piece) => pieces.push(piece),
        onResponseEnd: () => resolve(JSON.parse(Buffer.concat(pieces).toString())),
        onResponseError: (_, error) => reject(error),
      },
    );
  });
}
