// Asks for a page, over kept and over new connections, until it is told to end. Each second, and at the end, it prints
// how often it was answered and how often it was not. Usage: node load.mjs <url> <key>
import { Agent, get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const [url, key] = process.argv.slice(-2);
const counts = { answered: 0, failed: 0 };
const say = () => process.stdout.write(`${JSON.stringify(counts)}\n`);

const ask = (agent) =>
  new Promise((resolve) => {
    get(url, { agent, headers: { 'X-API-Key': key } }, (response) => {
      response.resume().on('close', () => resolve(response.complete && response.statusCode === 200));
    }).on('error', () => resolve(false));
  });

async function goOnAsking(agent) {
  for (;;) {
    counts[(await ask(agent)) ? 'answered' : 'failed']++;
    await sleep(50);
  }
}

for (const keepAlive of [true, false]) goOnAsking(new Agent({ keepAlive }));
setInterval(say, 1000);
process.on('SIGTERM', () => {
  say();
  process.exit();
});
