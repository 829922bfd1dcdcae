import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, test } from '@jest/globals';
import { checkout, writeSettings } from '../../support/documents/checkout.ts';
import { expectOutcome } from '../../support/documents/outcome.ts';
import { commandsFor } from '../../support/documents/rules.ts';
import { type Done, shell } from '../../support/documents/shell.ts';
import { UPSTREAM_TOKEN } from '../../support/spawn-gateway.ts';
import { stage } from '../../support/stage.ts';

const actors = stage({ preset: 'test', 'rate.kind': 'off' });
let folder: string;
let key: string;
beforeAll(() => {
  folder = checkout();
  key = writeSettings(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What needs a moment comes first: what is formatted can be checked, whatever is being written meanwhile. */
const FIRST = ['npm run build', 'npm run fix'];
const rows = commandsFor('gateway/documents/command-line.test.ts').sort(
  ([, a], [, b]) => Number(FIRST.includes(b.command.text)) - Number(FIRST.includes(a.command.text)),
);
/** By script: several documents tell the same with other names in it. */
const ran = new Map<string, Promise<Done>>();

test.each(rows)(
  'is right: %s',
  async (_, { command: { text, written }, rule }) => {
    const isVerb = /^(keys|config) /.test(text);
    const script = (isVerb ? `npm run cli -- ${written}` : written)
      .replace(/--team (T\b|<name>|…)/, '--team web')
      .replace('<origin>', 'https://app.example');
    if (!ran.has(script)) ran.set(script, run(script));
    const done = await ran.get(script);
    if (done === undefined) throw new Error('it was not run');
    expectOutcome(rule, done);
  },
  120_000,
);

async function run(script: string): Promise<Done> {
  const done = await shell(await prepared(script), {
    cwd: folder,
    input: script.endsWith('keys hash') ? `${key}\n` : '',
    env: {
      AMPERITY_BASE_URL: actors.simulator.dataUrl,
      AMPERITY_TENANT: 'acme',
      AMPERITY_TOKEN: UPSTREAM_TOKEN,
    },
  });
  if (!script.includes('npm run cli')) return done;
  // npm says first what it runs.
  return { ...done, stdout: done.stdout.replace(/^\n> .*\n> .*\n\n/, '') };
}

/** With what a reader has when he runs it. */
async function prepared(script: string): Promise<string> {
  if (script.includes('run build')) rmSync(join(folder, 'dist'), { recursive: true });
  if (script.includes('access.log')) {
    const gateway = await actors.start();
    for (const limit of [2, 3]) await gateway.get(`/api/indexes/idx-loyalty/profiles?limit=${limit}`);
    await gateway.stop();
    writeFileSync(join(folder, 'access.log'), `${gateway.output.join('\n')}\n`);
  }
  if (!script.includes('gateway.example')) return script;
  const gateway = await actors.start();
  const named = script
    .replace('https://gateway.example', gateway.url)
    .replace('GATEWAY_KEY=…', `GATEWAY_KEY=${gateway.key()}`);
  return `${named} >/dev/null\nhead -n 2 loyalty.csv`;
}
