import { readFileSync } from 'node:fs';

/** What `npm start` gives Node.js, so that what is tested and measured is started as what runs in production is. */
export function startArguments(): string[] {
  const { scripts } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  const [program, ...args] = String(scripts.start).split(' ');
  if (program !== 'node') throw new Error('npm start no longer starts node itself.');
  return args;
}
