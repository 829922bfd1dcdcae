import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { CsvPages } from '../export/csv.ts';
import { ndjsonOf } from '../export/ndjson.ts';
import { type Checkpoint, ExportFile } from './export-file.ts';
import { type GatewayPage, GatewayRefusal, gatewayPage } from './gateway-pages.ts';
import { readOptions } from './options.ts';
import { progressBar } from './progress-bar.ts';
import { exitCode, type Shell, UsageError, type Verb } from './verb.ts';

/**
 * Writes all pages of a question into a file, page by page through the mirror route, and goes on after an interruption
 * where it stopped.
 */
export const exportVerb: Verb = async (args, shell) => {
  const wanted = wantedOf(args, shell);
  const file = new ExportFile(wanted.path);
  const found = file.exists() && !wanted.restart ? file.checkpoint() : undefined;
  const why = found && whyNot(found, wanted);
  if (why !== undefined) {
    shell.complain(`${why} Name another file with --out, or add --restart to write it anew.`);
    return exitCode.failed;
  }
  const from = typeof found === 'object' ? found : undefined;
  try {
    await write(file, wanted, from, shell);
    return exitCode.ok;
  } catch (error) {
    if (!(error instanceof GatewayRefusal)) throw error;
    const hint =
      error.code === 'cursor_expired'
        ? 'It cannot be gone on with: add --restart.'
        : 'The same command goes on where this one stopped.';
    shell.complain(`The export is not complete: ${error.message} (${error.code}) ${hint}`);
    return exitCode.failed;
  }
};

interface Wanted {
  readonly path: string;
  readonly format: 'csv' | 'ndjson';
  /** Of the first page. */
  readonly url: URL;
  readonly key: string;
  readonly question: string;
  readonly restart: boolean;
  readonly escapeFormulas: boolean;
}

function wantedOf(args: readonly string[], { cwd, env }: Shell): Wanted {
  const options = readOptions(args, {
    url: { type: 'string', default: 'http://127.0.0.1:8080' },
    index: { type: 'string' },
    out: { type: 'string' },
    filter: { type: 'string', multiple: true, default: [] },
    limit: { type: 'string' },
    'key-file': { type: 'string' },
    restart: { type: 'boolean', default: false },
    'raw-formulas': { type: 'boolean', default: false },
  });
  const { index, limit, out } = options;
  if (!/^https?:/.test(options.url) || !URL.canParse(options.url))
    throw new UsageError('--url takes an http URL');
  if (index === undefined) throw new UsageError('--index takes the id of an index');
  const format = /\.(csv|ndjson)$/.exec(out ?? '')?.[1];
  if (out === undefined || (format !== 'csv' && format !== 'ndjson')) {
    throw new UsageError('--out takes the name of a file that ends with .csv or .ndjson');
  }
  const url = new URL(
    `api/indexes/${encodeURIComponent(index)}/profiles`,
    `${options.url.replace(/\/+$/, '')}/`,
  );
  if (limit !== undefined) url.searchParams.set('limit', limit);
  for (const filter of options.filter) {
    const at = filter.indexOf('=');
    if (at < 1) throw new UsageError('--filter takes attribute=value');
    url.searchParams.append(`filter[${filter.slice(0, at)}]`, filter.slice(at + 1));
  }
  return {
    path: resolve(cwd, out),
    format,
    url,
    key: keyOf(options['key-file'], cwd, env),
    question: createHash('sha256').update(`${format} ${options['raw-formulas']} ${url}`).digest('hex'),
    restart: options.restart,
    escapeFormulas: !options['raw-formulas'],
  };
}

/** Not from the command line, which others on the machine can see. */
function keyOf(path: string | undefined, cwd: string, env: NodeJS.ProcessEnv): string {
  try {
    const key = path === undefined ? env.GATEWAY_KEY : readFileSync(resolve(cwd, path), 'utf8').trim();
    if (key) return key;
  } catch {
    throw new UsageError('--key-file takes a file that can be read');
  }
  throw new UsageError('the key is missing: set GATEWAY_KEY, or name a file that holds it with --key-file');
}

/** Why what is there cannot be gone on with. */
function whyNot(found: Checkpoint | 'complete' | 'lost', { question }: Wanted): string | undefined {
  if (found === 'complete') return 'The file is there already.';
  if (found === 'lost') return 'What is there of the file cannot be gone on with.';
  return found.question === question ? undefined : 'The file belongs to an export of something else.';
}

async function write(
  file: ExportFile,
  wanted: Wanted,
  from: Checkpoint | undefined,
  { complain, now, progress }: Shell,
): Promise<void> {
  const csv = new CsvPages(wanted, from?.columns);
  const startedAt = now();
  let { nextToken, profiles, bytes, total } = from ?? { nextToken: undefined, profiles: 0, bytes: 0 };
  if (from !== undefined) complain(`Going on after ${profiles} profiles.`);
  let isOpen = false;
  const seen = new Set<string>();
  for (;;) {
    const page =
      nextToken === undefined
        ? await firstPage(wanted)
        : await gatewayPage(after(wanted, nextToken), wanted.key);
    // Nothing of a file is touched before there is something to put into it.
    if (!isOpen) from === undefined ? file.begin() : file.goOn(from);
    isOpen = true;
    const text = Buffer.from(wanted.format === 'csv' ? csv.next(page.body) : ndjsonOf(page.body));
    file.append(text);
    bytes += text.length;
    profiles += page.count;
    total = page.total ?? total;
    nextToken = page.nextToken;
    progress(progressBar({ profiles, total, sinceMs: now() - startedAt, begunWith: from?.profiles ?? 0 }));
    if (nextToken === undefined) break;
    if (seen.has(nextToken)) throw new GatewayRefusal('circle', 'Its pages lead in a circle.');
    seen.add(nextToken);
    const { question } = wanted;
    file.keep({
      question,
      nextToken,
      profiles,
      bytes,
      columns: csv.columns,
      ...(total !== undefined && { total }),
    });
  }
  file.complete();
  progress('');
  if (csv.unknownColumns > 0) complain(`${csv.unknownColumns} columns of later pages were left out.`);
  complain(`${profiles} profiles are in the file.`);
}

/** With the total, which tells how much there is to do; without it for a team that may not have it. */
async function firstPage({ key, url }: Wanted): Promise<GatewayPage> {
  const counted = new URL(url);
  counted.searchParams.set('with_total', 'true');
  try {
    return await gatewayPage(counted, key);
  } catch (error) {
    if (error instanceof GatewayRefusal && error.code === 'forbidden_total') return gatewayPage(url, key);
    throw error;
  }
}

function after({ url }: Wanted, nextToken: string): URL {
  const next = new URL(url);
  next.searchParams.set('next_token', nextToken);
  return next;
}
