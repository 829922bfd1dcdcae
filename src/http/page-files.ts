import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import type { StaticAnswer } from './static-routes.ts';

/** A page that may run and load what lies beside it, ask this gateway, and nothing else; it can come from nowhere else. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join(';');

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
};

/**
 * A page of our own and what it is made of, read once, since it does not change while the gateway runs.
 *
 * @param path of the page; what belongs to it lies below
 * @param page its HTML file
 * @param parts other files, under their own names unless another is given
 */
export const pageFiles = (
  path: string,
  page: URL,
  parts: readonly (URL | [string, URL])[],
): StaticAnswer[] => [
  { ...fileAt(path, page), headers: { 'Content-Security-Policy': POLICY } },
  ...parts.map((part) => {
    const [name, file] = Array.isArray(part) ? part : [part.pathname.split('/').at(-1), part];
    return fileAt(`${path}/${name}`, file);
  }),
];

const fileAt = (path: string, file: URL): StaticAnswer => ({
  path,
  type: TYPES[extname(file.pathname)] ?? 'application/octet-stream',
  bytes: readFileSync(file),
});
