/**
 * Who may take one more of the concurrent calls. Slow answers hold a slot for tens of seconds, so that a team
 * whose questions are slow would otherwise hold them all, and nobody else could use the budget.
 *
 * Half of the slots are set aside in equal parts for teams that have less than their part in the air. While others
 * wait, a team with more than its weighted share is passed over.
 */
export class SlotShares {
  readonly #slots: number;
  readonly #teams: () => number;
  readonly #flying = new Map<string, number>();
  #total = 0;

  /** @param teams how many teams there are in all, now */
  constructor(slots: number, teams: () => number) {
    this.#slots = slots;
    this.#teams = teams;
  }

  get #part(): number {
    const teams = this.#teams();
    return teams > 1 ? Math.floor(this.#slots / (2 * teams)) : 0;
  }

  take(team: string): void {
    this.#flying.set(team, this.of(team) + 1);
    this.#total += 1;
  }

  giveBack(team: string): void {
    const left = this.of(team) - 1;
    if (left > 0) this.#flying.set(team, left);
    else this.#flying.delete(team);
    this.#total -= 1;
  }

  of(team: string): number {
    return this.#flying.get(team) ?? 0;
  }

  /** @param waiting the teams that have something waiting, `team` among them, by weight */
  mayTake(team: string, waiting: ReadonlyMap<string, number>): boolean {
    if (this.#total >= this.#slots) return false;
    const mine = this.of(team);
    if (mine < this.#part) return true;
    if (this.#total + this.#setAsideFor(team) >= this.#slots) return false;
    if (waiting.size < 2) return true;
    const weights = [...waiting.values()].reduce((sum, weight) => sum + weight, 0);
    return mine < Math.max(1, (this.#slots * (waiting.get(team) ?? 0)) / weights);
  }

  /** Slots that the other teams' parts still lack. */
  #setAsideFor(team: string): number {
    const part = this.#part;
    let lacking = part * Math.max(0, this.#teams() - 1);
    for (const [other, flying] of this.#flying) {
      if (other !== team) lacking -= Math.min(flying, part);
    }
    return Math.max(0, lacking);
  }
}
