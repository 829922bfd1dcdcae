// Writes into a folder of the chart what others say better: into values.schema.json the settings as the gateway itself
// describes them, into README.md the table of values.yaml. Usage: node tools/helm/generate.mjs [folder]
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const [folder = 'helm/amperity-gateway'] = process.argv.slice(2);
const run = (program, ...args) =>
  execFileSync(join(repository, program), args, { cwd: repository, encoding: 'utf8' });

/** Helm reads draft 7, where the items of a tuple stand under `items`. */
const inDraft7 = (node) => {
  if (Array.isArray(node)) return node.map(inDraft7);
  if (typeof node !== 'object' || node === null) return node;
  const { $schema: _, prefixItems, ...rest } = node;
  if (prefixItems) Object.assign(rest, { items: prefixItems, additionalItems: rest.items ?? true });
  return Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, inDraft7(value)]));
};

const settings = inDraft7(JSON.parse(run('node_modules/.bin/tsx', 'src/cli.ts', 'config', 'schema')));
const schemaFile = join(folder, 'values.schema.json');
const schema = JSON.parse(readFileSync(schemaFile, 'utf8'));
schema.properties.teams.properties.value = settings.properties.teams;
// Refused by a guard, which says where they belong.
settings.properties.teams = {};
schema.properties.config = settings;
writeFileSync(schemaFile, `${JSON.stringify(schema, null, 2)}\n`);
run('node_modules/.bin/biome', 'format', '--write', '--vcs-enabled=false', schemaFile);

const table = ['--values', join(folder, 'values.yaml'), '--readme', join(folder, 'README.md')];
run('tools/helm/node_modules/.bin/readme-generator', ...table);
