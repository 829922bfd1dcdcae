export interface Progress {
  readonly profiles: number;
  /** As far as it is known. */
  readonly total?: number | undefined;
  /** Time since this run began. */
  readonly sinceMs: number;
  /** Profiles that were there when it began. */
  readonly begunWith: number;
}

const WIDTH = 30;

/** One line: how much is done, of how much, and how fast. */
export function progressBar({ profiles, total, sinceMs, begunWith }: Progress): string {
  const perSecond = Math.round(((profiles - begunWith) * 1000) / Math.max(1, sinceMs));
  const speed = `${perSecond} profiles/s`;
  if (total === undefined || total === 0) return `${profiles} profiles, ${speed}`;
  const part = Math.min(1, profiles / total);
  const bar = '#'.repeat(Math.round(part * WIDTH)).padEnd(WIDTH, '-');
  return `[${bar}] ${Math.floor(part * 100)} %  ${profiles} of ${total} profiles, ${speed}`;
}
