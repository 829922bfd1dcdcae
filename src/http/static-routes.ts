import { createHash } from 'node:crypto';
import { Router } from 'express';
import { notModified } from './conditional.ts';
import { contextOf } from './request-context.ts';
import { methodNotAllowed } from './send-problem.ts';

/** The same bytes for everybody, for as long as the process runs. */
export interface StaticAnswer {
  readonly path: string;
  readonly type: string;
  readonly bytes: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Answers without a credential. Caches keep them and ask whether they are still good: another release has others. */
export function staticRoutes(answers: readonly StaticAnswer[]): Router {
  const router = Router({ caseSensitive: true, strict: true });
  for (const { bytes, headers, path, type } of answers) {
    const etag = `"${createHash('sha256').update(bytes).digest('base64url')}"`;
    router.get(path, (req, res) => {
      contextOf(res).pattern = path;
      res.set({ ...headers, 'Cache-Control': 'no-cache', ETag: etag });
      if (notModified(req.headers['if-none-match'], etag)) return void res.status(304).end();
      res.set({ 'Content-Type': type, 'Content-Length': String(bytes.length) }).end(bytes);
    });
    router.all(path, methodNotAllowed('GET, HEAD'));
  }
  return router;
}

export const jsonAnswer = (path: string, value: object): StaticAnswer => ({
  path,
  type: 'application/json; charset=utf-8',
  bytes: Buffer.from(JSON.stringify(value)),
});
