import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url));

/** A command that a document tells or names. */
export interface Command {
  readonly document: string;
  readonly line: number;
  /** As it is written, over several lines if it is so. */
  readonly written: string;
  /** On one line and without its comment, to be compared with rules. */
  readonly text: string;
  /** The whole block that it stands in; a command in running text is a block of its own. */
  readonly block: string;
}

const LEFT_OUT = new Set(['node_modules', 'dist', 'coverage', 'artefacts', 'results']);
/** Its commands are those of the versions that it tells of. */
const HISTORY = 'CHANGELOG.md';

const ASSIGNMENTS = String.raw`(?:[A-Z][A-Z_0-9]*=\S* )*`;
const PROGRAMS =
  'bash|bun|cosign|curl|docker|echo|export|git|gpg|helm|jq|k6|kill|kind|kubectl|make|node|npm|npx|openssl|pip3?|pnpm|podman|promtool|python3?|redis-cli|redis-server|sed|sh|source|sudo|tsx|wget|yarn';
/** Lines of redis-cli and of redis.conf. */
const OF_REDIS =
  'ACL|appendonly|cluster-preferred-endpoint-type|CONFIG SET|info|maxmemory|maxmemory-policy|save|sentinel';
/** Verbs of the gateway's own command line, where `npm run cli --` is left to the reader. */
const VERBS =
  'keys create|keys hash|config check|config schema|config docs|(?:doctor|export|health|init|plan) --\\S';
const COMMAND = new RegExp(
  `^${ASSIGNMENTS}(?:(?:${PROGRAMS}) +\\S|(?:${OF_REDIS}) +\\S|(?:${VERBS})|\\.?/?[\\w-]+(?:/[\\w-]+)*\\.sh\\b)`,
);

/** Every document, also those that are made tomorrow, with `/` in their paths. */
export function documents(folder = ''): string[] {
  return readdirSync(join(REPOSITORY, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) {
      return entry.name.startsWith('.') || LEFT_OUT.has(entry.name) ? [] : documents(path);
    }
    return entry.name.endsWith('.md') && path !== HISTORY ? [path] : [];
  });
}

export const commandsOfAll = (): Command[] =>
  documents().flatMap((document) => commandsIn(document, readFileSync(join(REPOSITORY, document), 'utf8')));

/** The commands of one document in the order of their lines. */
export function commandsIn(document: string, markdown: string): Command[] {
  const found: Command[] = [];
  const lineAt = (offset: number): number => markdown.slice(0, offset).split('\n').length;
  const prose = markdown.replace(
    /^([ \t>]*)(`{3,}|~{3,})([^\n`]*)\n([\s\S]*?)^[ \t>]*\2[`~]*[ \t]*$/gm,
    (fence, indent, _marks, info, body, offset) => {
      const first = lineAt(offset) + 1;
      for (const each of inBlock(unindented(body, indent), info.trim().split(/\s/, 1)[0] ?? '')) {
        found.push({ document, ...each, line: first + each.line });
      }
      // Lines keep their numbers.
      return fence.replace(/[^\n]/g, ' ');
    },
  );
  for (const { index, 2: code = '' } of prose.matchAll(/(?<!`)(`+)(?!`)([^\n]+?)(?<!`)\1(?!`)/g)) {
    const written = code.trim();
    if (!COMMAND.test(written)) continue;
    found.push({ document, line: lineAt(index), written, text: oneLine(written), block: written });
  }
  return found.sort((a, b) => a.line - b.line);
}

const unindented = (body: string, indent: string): string =>
  body
    .split('\n')
    .map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line.trimStart()))
    .join('\n');

const SHELLS = new Set(['sh', 'bash', 'shell', 'zsh']);
const SESSIONS = new Set(['console', 'shell-session']);
/** The lines of a shell are all commands, those of a session behind a prompt; of other blocks what looks like one. */
function inBlock(body: string, language: string): Omit<Command, 'document'>[] {
  const isSession = SESSIONS.has(language);
  const block = isSession ? body.replace(/^(?!\$ ).*\n/gm, '').replace(/^\$ /gm, '') : body;
  const all: Omit<Command, 'document'>[] = [];
  let line = 0;
  for (const written of body.match(/(?:.*\\\n)*.*(?:\n|$)/g) ?? []) {
    const bare = (isSession ? (/^\$ (.*)$/s.exec(written)?.[1] ?? '') : written).trim();
    const text = oneLine(bare);
    const isCommand = isSession || SHELLS.has(language) || (language === '' && COMMAND.test(text));
    if (text !== '' && isCommand) all.push({ line, written: bare, text, block });
    const [, remark = ''] = /(?:^|\s)# (?:or )?(.*)$/.exec(bare) ?? [];
    if (COMMAND.test(remark)) all.push({ line, written: remark, text: remark, block: remark });
    line += written.split('\n').length - 1;
  }
  return all;
}

const oneLine = (written: string): string =>
  written
    .replace(/\s*\\\n\s*/g, ' ')
    .replace(/(?:^|\s+)# .*$/, '')
    .trim();
