/** Start of the recorded time. */
export const T0 = Date.UTC(2026, 0, 1);

interface Line {
  readonly endedMs: number;
  readonly durationMs: number;
  readonly waitMs: number;
  readonly team: string | undefined;
  readonly fp: string | undefined;
  readonly route: string;
  readonly status: number;
  readonly code: string | undefined;
  readonly cache: string;
  readonly bytes: number;
}

const USUAL: Line = {
  endedMs: 1000,
  durationMs: 100,
  waitMs: 0,
  team: 'web',
  fp: 'page',
  route: '/api/indexes/:index/profiles',
  status: 200,
  code: undefined,
  cache: 'miss',
  bytes: 2000,
};

/** A line as the gateway's access log has it. */
export function accessLine(given: Partial<Line> = {}): string {
  const { endedMs, ...line } = { ...USUAL, ...given };
  return JSON.stringify({
    level: 'info',
    time: new Date(T0 + endedMs).toISOString(),
    requestId: 'b9f5c5a2-0000-4000-8000-000000000000',
    method: 'GET',
    ...line,
    msg: 'request',
  });
}
