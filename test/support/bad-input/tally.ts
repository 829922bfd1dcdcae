/** Answers by kind and status, by error code, and how long the slowest took. */
export class Tally {
  readonly byKind = new Map<string, Map<string, number>>();
  readonly byCode = new Map<string, number>();
  readonly slowest = new Map<string, number>();
  requests = 0;
  withKey = 0;

  /** `status` may be a word where there was no answer. */
  count(kind: string, status: number | string, tookMs = 0): void {
    const statuses = this.byKind.get(kind) ?? new Map<string, number>();
    this.byKind.set(kind, statuses);
    increment(statuses, String(status));
    this.slowest.set(kind, Math.max(this.slowest.get(kind) ?? 0, tookMs));
  }

  countCode(code: string): void {
    increment(this.byCode, code);
  }

  /** How often a status was answered, whatever the kind. */
  of(status: number): number {
    return [...this.byKind.values()].reduce((sum, statuses) => sum + (statuses.get(String(status)) ?? 0), 0);
  }

  lines(): string[] {
    const statuses = [...new Set([...this.byKind.values()].flatMap((each) => [...each.keys()]))].sort();
    const row = (title: string, cells: readonly string[]): string =>
      title.padEnd(36) + cells.map((cell) => cell.padStart(8)).join('');
    const kinds = [...this.byKind].map(([kind, counts]) => {
      const cells = statuses.map((status) => String(counts.get(status) ?? ''));
      return row(kind, [...cells, `${Math.round(this.slowest.get(kind) ?? 0)} ms`]);
    });
    const sums = statuses.map((status) =>
      String([...this.byKind.values()].reduce((sum, counts) => sum + (counts.get(status) ?? 0), 0)),
    );
    const codes = [...this.byCode].sort(([, one], [, other]) => other - one);
    return [
      row('kind', [...statuses, 'slowest']),
      ...kinds,
      row('all', sums),
      `by error code: ${codes.map(([code, count]) => `${code} ${count}`).join(', ')}`,
    ];
  }
}

const increment = (counts: Map<string, number>, name: string): void =>
  void counts.set(name, (counts.get(name) ?? 0) + 1);
