import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const cli = (args: string[], input = '') =>
  spawnSync(process.execPath, ['--import', 'tsx', 'src/cli.ts', ...args], {
    cwd: root,
    input,
    encoding: 'utf8',
  });

test('the entry passes arguments, standard input and exit codes on', () => {
  const created = cli(['keys', 'create', '--team', 'web', '--json']);
  expect(created).toMatchObject({ status: 0, stderr: '' });
  const { key, entry } = JSON.parse(created.stdout);
  expect(cli(['keys', 'hash'], `${key}\n`)).toMatchObject({
    status: 0,
    stdout: `id: ${entry.id}\nsha256: ${entry.sha256}\n`,
  });
  expect(cli(['nonsense'])).toMatchObject({
    status: 64,
    stdout: '',
    stderr: expect.stringContaining('Usage:'),
  });
});
