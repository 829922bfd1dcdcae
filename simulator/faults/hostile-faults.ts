import type { FaultRule } from './fault-rule.ts';

/** One per cent of each kind of fault, for the `hostile` preset. */
export const hostileFaults: readonly FaultRule[] = [
  { do: 'status', p: 0.01, status: 503, body: 'html' },
  { do: 'malformed', p: 0.01, data: 'missing' },
  { do: 'hang', p: 0.01, stage: 'before_headers', ms: 30_000 },
  { do: 'drip', p: 0.01, bytes: 512, every_ms: 50 },
  { do: 'reset', p: 0.01, after_bytes: 256 },
  { do: 'truncate', p: 0.01, after_bytes: 256 },
  { do: 'close', p: 0.01 },
  { do: 'redirect', p: 0.01, status: 302, location: 'trap' },
  { do: 'huge', p: 0.01, bytes: 64 * 1024 * 1024 },
  { do: 'bomb', p: 0.01, bytes: 256 * 1024 * 1024, encoding: 'gzip', layers: 1 },
  { do: 'bad_encoding', p: 0.01, encoding: 'gzip' },
];
