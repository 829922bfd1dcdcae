// Reads an array of Kubernetes objects as JSON from standard input and prints an array of what is wrong with each of
// them. A program of its own because the models are ES modules that jest's resolver does not take.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const packages = {
  'monitoring.coreos.com': '@kubernetes-models/prometheus-operator/',
  'gateway.networking.k8s.io': '@kubernetes-models/gateway-api/',
};
const moduleOf = ({ apiVersion }) =>
  `${packages[apiVersion.split('/')[0]] ?? 'kubernetes-models/'}${apiVersion}`;

const manifests = JSON.parse(await text(process.stdin));
const modules = [...new Set(manifests.map(moduleOf))];
const models = new Map(await Promise.all(modules.map(async (name) => [name, await import(name)])));
const problems = manifests.map(wrongValues);
for (const [index, problem] of unknownMembers()) problems[index].push(problem);
process.stdout.write(JSON.stringify(problems));

/** Wrong types, bad enums, missing members; the models let unknown members pass. */
function wrongValues(manifest) {
  const Model = models.get(moduleOf(manifest))[manifest.kind];
  if (Model === undefined) return [`there is no ${manifest.kind} in ${manifest.apiVersion}`];
  try {
    new Model(manifest).validate();
    return [];
  } catch (error) {
    return [error.message];
  }
}

/** Each object becomes a literal on a line of its own, and the compiler refuses members that its type lacks. */
function* unknownMembers() {
  const lines = [
    ...modules.map((name, index) => `import type * as m${index} from '${name}';`),
    ...manifests.map((manifest, index) => {
      const type = `m${modules.indexOf(moduleOf(manifest))}.I${manifest.kind}`;
      return `export const d${index}: ${type} = ${JSON.stringify(manifest)};`;
    }),
  ];
  const folder = mkdtempSync(join(here, 'judged-'));
  try {
    writeFileSync(join(folder, 'manifests.ts'), lines.join('\n'));
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    const flags = [
      '--ignoreConfig',
      '--noEmit',
      '--strict',
      '--skipLibCheck',
      '--module',
      'nodenext',
      '--pretty',
      'false',
    ];
    const tsc = join(here, '../../node_modules/.bin/tsc');
    const { stdout, status } = spawnSync(tsc, [...flags, 'manifests.ts'], { cwd: folder, encoding: 'utf8' });
    const found = [...stdout.matchAll(/^manifests\.ts\((\d+),\d+\): error (.*)$/gm)];
    if (status !== 0 && found.length === 0) throw new Error(stdout);
    for (const [, line, error] of found) yield [Number(line) - 1 - modules.length, error];
  } finally {
    rmSync(folder, { recursive: true });
  }
}
