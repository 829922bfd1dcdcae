import { defaultYaml } from './default-yaml.ts';
import { environmentVariables, fromFile } from './environment.ts';
import { settingsSchema } from './schema.ts';
import { leavesOf, rangeOf, type SettingNode, settingTree } from './setting-tree.ts';

/** docs/settings.md, made from the schemas, so that what it says is what is checked. */
export function settingsPage(): string {
  const tree = settingTree(settingsSchema);
  const { teams, ...rest } = tree.properties ?? {};
  const single = Object.entries(rest).filter(([, node]) => node.properties === undefined);
  const sections = Object.entries(rest).filter(([, node]) => node.properties !== undefined);
  return [
    intro,
    '## Environment',
    'An empty value counts as not set. A `_FILE` variable names a file that holds the value; one newline at its end is dropped. Names that start with `AMPERITY_` or `REDIS_` and are not listed here are refused, except those that Kubernetes makes for services.',
    environmentTable(),
    '## gateway.yaml',
    settingTable(single.flatMap(([name, node]) => leavesOf(node, [name]))),
    ...sections.flatMap(([name, node]) => [
      `### ${name}`,
      node.description,
      settingTable(leavesOf(node, [name])),
    ]),
    '### teams',
    aboutTeams,
    settingTable(leavesOf(teams?.additionalProperties || {}, ['teams', '*'])),
    '## Rules between settings',
    rules,
    '## All defaults',
    'Every value is the default; the team is an example. Lines that start with `#` have no fixed default.',
    `\`\`\`yaml\n${defaultYaml()}\`\`\``,
  ]
    .join('\n\n')
    .concat('\n');
}

const intro = `<!-- Made by \`npm run fix\` from the schemas in src/config; edit those. -->
# Settings

Structure stands in one YAML file, secrets and process facts in the environment. \`npm run cli -- config check\` reads both as the gateway does and lists every problem at once; the gateway does the same at its start and ends with exit code 78. Unknown keys are problems, and so are numbers that do not parse. \`npm run cli -- config schema\` prints a JSON Schema of the file for editors.`;

const aboutTeams = `The teams by name: up to 32 lower-case letters, digits and hyphens, not \`none\`. What a team is not given it does not have: a team without \`attributes\` gets profiles without attributes. \`npm run cli -- keys create --team <name>\` makes a key and prints the lines for this file.

- **What is shown.** An attribute that stands neither in \`allow\` nor in \`mask\` is left out. The mask \`last4\` keeps the last four characters of a text of eight or more, and of a shorter one nothing; \`hmac\` puts another text in its place, the same one for the same value and team, so that it can join by what it does not see. Masked values that are not texts are left out.
- **What is filtered by.** A filter on what is not shown would tell it, one answer after the other. \`filters\` therefore holds attributes of \`allow\`; exceptions are written out under \`filterOnly\`.
- **Browser keys** (\`keys create --team <name> --browser --origin <origin>\`) stand in pages, so everybody has them: they are good for pages of their \`origins\` only. Their \`policy\` narrows the rights of the team: of lists both must have it, of numbers the smaller one holds. What is left out of it is as in this table. The team's \`filterOnly\` is theirs too where \`policy.filters\` does not narrow it. They never export, pass by the cache or have scopes.
- **Changes.** The file of \`TEAMS_FILE\` is followed while the gateway runs. Within a second after a change all of its teams take the place of the old ones. A file with a problem changes nothing, nor does an empty one, and what is wrong with it is logged; a missing one is waited for. That no key is left is no problem then.`;

const rules = `- \`auth.modes: [open]\` lets everybody in as the built-in team \`local\`: it stands alone, and \`HOST\` and \`ADMIN_HOST\` must be loopback addresses. \`apiKey\` needs at least one key that works now, \`jwt\` at least one issuer and a team with a \`jwt\` rule; issuers and rules need \`jwt\`, and no issuer is listed twice. The files of an issuer are read once at the start.
- Exactly one token source is set: \`AMPERITY_TOKEN\`, \`AMPERITY_TOKEN_FILE\`, or the client credentials.
- \`cache.memory.maxEntryBytes\` is at most \`cache.memory.maxBytes\`; a written \`freshMs\`, \`staleMs\`, \`staleIfErrorMs\` or \`totalFreshMs\` is at most \`maxRetentionMs\`. Defaults are cut to it.
- Key ids are unique over all teams; \`notBefore\` lies before \`notAfter\`. A browser key has at least one origin, and \`policy.attributes\` where its team has \`attributes: '*'\`; a server key has neither \`origins\` nor \`policy\`.
- \`attributes\`, \`filters\` and \`filterOnly\` by index name only indexes that the team may read. An attribute in \`filters\` is in \`allow\`, of that index or, in a plain list, of any; \`filters: '*'\` needs \`attributes: '*'\`. No attribute is both in \`allow\` and in \`mask\`; \`maskAs\` names those in \`mask\`; \`hmac\` needs \`MASK_KEY\`.
- A \`jwt\` rule of a team names an issuer of \`auth.jwt\`. Rules of two teams for one issuer want at least one claim in different ways.
- \`PORT\` and \`ADMIN_PORT\` differ on the same address.
- With \`REDIS_URL\`, \`CACHE_KEYS\` is required; without it, no other \`REDIS_\` variable may be set. A user name or password stands in the URL or in its variable, not in both. \`REDIS_SENTINEL_PASSWORD\` needs a \`redis+sentinel://\` URL; \`REDIS_CA_FILE\`, and \`REDIS_CERT_FILE\` with \`REDIS_KEY_FILE\`, need TLS.`;

function environmentTable(): string {
  const rows = Object.entries(environmentVariables).map(([name, schema]) => {
    const node = settingTree(schema);
    const withFile = fromFile.some((secret) => secret === name);
    const names = withFile ? `\`${name}\`, \`${name}_FILE\`` : `\`${name}\``;
    return [names, defaultText(node), rangeOf(node), node.description ?? ''];
  });
  return table(['variable', 'default', 'value', 'meaning'], rows);
}

function settingTable(leaves: readonly (readonly [path: readonly string[], node: SettingNode])[]): string {
  const rows = leaves.map(([path, node]) => [
    `\`${nameIn(path)}\``,
    defaultText(node),
    rangeOf(node),
    node.description ?? '',
  ]);
  return table(['setting', 'default', 'value', 'meaning'], rows);
}

/** `teams.*.keys.*.id` reads as `keys[].id` under the heading of teams; elsewhere the full path helps searching. */
const nameIn = (path: readonly string[]): string =>
  (path[0] === 'teams' ? path.slice(2) : path).join('.').replaceAll('.*', '[]');

function defaultText(node: SettingNode): string {
  if (node.default === undefined) return node.absent ?? 'none';
  return `\`${typeof node.default === 'string' ? node.default : JSON.stringify(node.default)}\``;
}

/** As Markdown. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
