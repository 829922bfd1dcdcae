import { afterEach, expect, test } from '@jest/globals';
import { REPOSITORY } from '../support/documents/commands.ts';
import { commandsFor } from '../support/documents/rules.ts';
import { Shell, shell } from '../support/documents/shell.ts';
import { freePort } from '../support/redis-server.ts';

const commands = commandsFor('simulator/documents.test.ts').map(([, { command }]) => command.written);
const those = (start: string): [string][] =>
  commands.filter((written) => written.startsWith(start)).map((written) => [written]);
let simulator: Shell | undefined;
afterEach(() => simulator?.interrupt());

test.each(those('npm run simulator'))(
  'the simulator starts and answers what its page asks: %s',
  async (start) => {
    const [port, controlPort] = [await freePort(), await freePort()];
    const env = { SIM_PORT: String(port), SIM_CONTROL_PORT: String(controlPort) };
    simulator = new Shell(start, { cwd: REPOSITORY, env });
    await simulator.until(/^\{"simulator":"ready",/m);
    expect(those('curl')).not.toEqual([]);
    for (const [question] of those('curl')) {
      const { exitCode, stdout } = await shell(question.replace('127.0.0.1:4010', `127.0.0.1:${port}`), {
        cwd: REPOSITORY,
      });
      expect(exitCode).toBe(0);
      expect(JSON.parse(stdout).data).toMatchObject([
        { attributes: { first_name: 'Daniel', last_name: 'Kulhman' } },
      ]);
    }
  },
);

test.each(those('node'))('it is measured: %s', async (measure) => {
  const { exitCode, stdout } = await shell(measure, { cwd: REPOSITORY });
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout).per_second).toBeGreaterThan(0);
});

test('each of these commands is run', () => {
  const run = ['npm run simulator', 'curl', 'node'].flatMap((start) => those(start));
  expect(run).toHaveLength(commands.length);
});
