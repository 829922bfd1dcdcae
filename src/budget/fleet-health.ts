/** Ways in which calls fail that are not the fault of a single question; the first two are those of the breakers. */
export const TROUBLES = ['quick', 'slow', 'credential'] as const;
export type Trouble = (typeof TROUBLES)[number];

/**
 * What a replica knows by its own calls: that they fail, and in how many ms it tries again (0: it may now); that they
 * succeed; or nothing, because it has made none lately.
 */
export type HealthFinding = { readonly failing: number } | 'well' | 'unknown';
export type Findings = Readonly<Record<Trouble, HealthFinding>>;

export interface FleetMember {
  findings(): Findings;
  /** The others have found that calls fail, and this replica has made none: it does not make them either, for so long. */
  adopt(trouble: Trouble, forMs: number): void;
}

/**
 * What replicas know of each other's health. One whose own way to Amperity is broken fails fastest, and would claim
 * most flights to fail them; as long as others may do better it leaves them to those.
 */
export interface FleetHealth {
  /** Tells the others from now on what this replica finds. To be called once. */
  join(member: FleetMember): void;
  /** Whether some other replica gets answers, or has not found out yet that it does not. */
  othersMayDoBetter(trouble: Trouble): boolean;
}

/** The only replica there is. */
export const ALONE: FleetHealth = { join: () => {}, othersMayDoBetter: () => false };
