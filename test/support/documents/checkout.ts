import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createApiKey } from '../../../src/access/api-key.ts';
import { REPOSITORY } from './commands.ts';
import { temporaryFolder } from './shell.ts';

/** The last are of tests of the chart, which come and go. */
const LEFT_OUT = /^(\.git|node_modules|results|coverage|artefacts|judged-.*)$/;

/** A copy of the repository whose dependencies are installed and which is compiled, for commands that write into it. */
export function checkout(): string {
  const folder = temporaryFolder();
  cpSync(REPOSITORY, folder, {
    recursive: true,
    filter: (path) => !LEFT_OUT.test(basename(path)) && path !== join(REPOSITORY, 'gateway.yaml'),
  });
  symlinkSync(join(REPOSITORY, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

/** Writes gateway.yaml as README.md has it, with a key of the team `web` in the place of what a reader puts there. */
export function writeSettings(folder: string): string {
  const readme = readFileSync(join(REPOSITORY, 'README.md'), 'utf8');
  const block = /^ {3}```yaml\n([\s\S]+?)^ {3}```$/m.exec(readme)?.[1] ?? '';
  const { key, id, sha256 } = createApiKey({ label: 'live' });
  const printed = [id, sha256, new Date(Date.now() + 86_400_000).toISOString()];
  const settings = block.replace(/^ {3}/gm, '').replace(/<printed>/g, () => printed.shift() ?? '');
  writeFileSync(join(folder, 'gateway.yaml'), `${settings}budget: { maxReplicas: 4 }\n`);
  return key;
}
