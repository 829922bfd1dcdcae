import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { install } from '../install.ts';

/** Types for clients, made from the description of the public listener. */
const TYPES = 'examples/typescript/gateway-api.d.ts';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const isCheck = process.argv.includes('--check');

// It needs the compiler's programming interface, which TypeScript 7 does not have; so it brings an older one along.
install(FOLDER);
const { status, stderr } = spawnSync(
  `${FOLDER}node_modules/.bin/openapi-typescript`,
  ['docs/openapi.json', '--output', TYPES, '--empty-objects-unknown', ...(isCheck ? ['--check'] : [])],
  { cwd: fileURLToPath(new URL('../..', import.meta.url)), stdio: ['ignore', 'ignore', 'pipe'] },
);
if (status !== 0) {
  process.stderr.write(`${stderr}${TYPES} is not what docs/openapi.json gives; run: npm run fix\n`);
  process.exitCode = 1;
}
