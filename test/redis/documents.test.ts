import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { expectOutcome } from '../support/documents/outcome.ts';
import { commandsFor } from '../support/documents/rules.ts';
import { Shell, shell, temporaryFolder } from '../support/documents/shell.ts';
import { eventually } from '../support/eventually.ts';
import { freePort, RedisServer } from '../support/redis-server.ts';

const rows = commandsFor('redis/documents.test.ts');
/** Lines of a configuration file; the others are said to a server. */
const isSetting = (text: string): boolean => /^(save|appendonly|maxmemory-|cluster-|sentinel )/.test(text);
const settings = rows.filter(([, { command }]) => isSetting(command.text));
const said = rows.filter(([, { command }]) => !isSetting(command.text));

let server: RedisServer;
let configured: Shell | undefined;
let folder: string;
beforeAll(async () => {
  folder = temporaryFolder();
  server = await RedisServer.start();
});
afterEach(() => configured?.interrupt());
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

test.each(said)('is right: %s', async (_, { command, rule }) => {
  await server.cli(['acl', 'setuser', 'agw', 'reset', 'on', '>old']);
  const cli = `redis-cli -p ${server.port}`;
  const typed = command.text
    .replace('PASSWORD', 'pw')
    .replaceAll('NAME', 'acme')
    .replaceAll('BUDGET', 'acme-budget');
  const isShell = typed.startsWith('redis-cli ');
  const script = isShell ? typed.replace('redis-cli', cli) : cli;
  const done = await shell(script, { cwd: folder, input: isShell ? '' : `${typed}\n` });
  expectOutcome(rule, { ...done, stdout: done.stdout.trimEnd() });
});

test('a password is changed without a gap, by the two lines for it', async () => {
  const lines = said.map(([, { command }]) => command.text).filter((text) => / [<>](new|old)$/.test(text));
  expect(lines).toHaveLength(2);
  await server.cli(['acl', 'setuser', 'agw', 'reset', 'on', '>old', '+acl|whoami']);
  const taken = async () =>
    Promise.all(['old', 'new'].map((word) => server.cli(['acl', 'whoami'], ['--user', 'agw', '-a', word])));
  const answers = [];
  for (const line of lines) {
    await shell(`redis-cli -p ${server.port}`, { cwd: folder, input: `${line}\n` });
    answers.push((await taken()).map((text) => text === 'agw'));
  }
  expect(answers).toEqual([
    [true, true],
    [false, true],
  ]);
});

test.each(settings)('is a line that a configuration can have: %s', async (_, { command: { text } }) => {
  const port = await freePort();
  const isSentinel = text.startsWith('sentinel ');
  const file = join(folder, `${port}.conf`);
  writeFileSync(file, `port ${port}\nbind 127.0.0.1\ndir ${folder}\n${text}\n`);
  configured = new Shell(`redis-server ${file}${isSentinel ? ' --sentinel' : ''}`, { cwd: folder });
  await configured.until(isSentinel ? /Sentinel ID is/ : /Ready to accept connections/);
  const [name = '', value = ''] = text.replace(/^sentinel /, '').split(' ');
  const get = isSentinel ? 'sentinel config get' : 'config get';
  const { stdout } = await eventually('it tells', () =>
    shell(`redis-cli -p ${port} ${get} ${name}`, { cwd: folder }),
  );
  expect(stdout).toBe(`${name}\n${value.replaceAll('"', '')}\n`);
});
