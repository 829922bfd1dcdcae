import type { CutTotal } from '../shared/total-member.ts';

/**
 * One upstream answer as it is kept. Times are instants (epoch ms), so that an entry means the same to every
 * replica and after every change of the settings.
 */
export interface StoredPage {
  /** 200 with Amperity's bytes, or 404 with an empty body. */
  readonly status: 200 | 404;
  /** Exactly Amperity's bytes, less the top-level `total` member, which is kept apart. */
  readonly body: Buffer;
  /** The total that was cut out, when the page came with one. */
  readonly cutTotal?: CutTotal;
  /** The cursor of the page after it; absent on the last page. */
  readonly nextToken?: string;
  /** Number of profiles (or indexes) in `data`; 1 for a single resource. */
  readonly count: number;
  /** Weak validator of `body`, quotes included (RFC 9110 §8.8.3). */
  readonly etag: string;
  readonly storedAt: number;
  /** When it was made, if Amperity's own answer came out of a cache; otherwise when it was stored. */
  readonly madeAt?: number;
  /** Before this instant the page is fresh. */
  readonly freshUntil: number;
  /** Before this instant it may be answered while a refresh runs behind (RFC 5861 §3). */
  readonly staleUntil: number;
  /** Before this instant it may be answered when no newer page can be had (RFC 5861 §4). */
  readonly errorUntil: number;
  /** Name of the index that it is about; absent where it is about none. */
  readonly scope?: string;
  /** Newest generation of its scope when Amperity was asked; see generations.ts. */
  readonly generation?: number;
  /** Fetched ahead of whoever would ask for it. */
  readonly prefetched?: boolean;
}

/** By what it is told whether an entry has been purged. */
export type Provenance = Pick<StoredPage, 'scope' | 'generation'>;

/** For entries that come with a page and go with it. */
export const provenanceOf = ({ scope, generation }: StoredPage): Provenance => ({
  ...(scope !== undefined && { scope }),
  ...(generation !== undefined && { generation }),
});

/** Names by which a page may have been stored before the keys that make names were changed. */
export type OlderNames = () => readonly string[];

/**
 * `far` pushes nothing out of a replica's memory: a page is kept where all replicas share it, or where there is nothing
 * but memory, in what is free of it. Absent: `near`.
 */
export type Reach = 'near' | 'far';

/**
 * Where pages are kept. A store may forget anything at any time; it never fails: what cannot be read is
 * a miss, what cannot be written is not kept, and both are counted by the implementation.
 */
export interface PageStore {
  get(key: string, older?: OlderNames, reach?: Reach): Promise<StoredPage | undefined>;
  /** Keeps the page until `Math.max(staleUntil, errorUntil)`. Resolves to false when it was not kept. */
  put(key: string, page: StoredPage, reach?: Reach): Promise<boolean>;
  delete(key: string, older?: OlderNames): Promise<void>;
  /** What is held now, for metrics and status. */
  size(): { readonly entries: number; readonly bytes: number };
}

/** A store part of which, or all of it, is this process's own memory. */
export interface NearPageStore extends PageStore {
  /** What lies in memory, at once. Undefined says nothing: `get` may still find it. */
  held(key: string, older?: OlderNames): StoredPage | undefined;
}

/**
 * Where a page that no store may keep is left for some seconds, for the other replicas whose callers wait for it.
 * Nobody looks there who has not waited.
 */
export type HandOver = Pick<PageStore, 'get' | 'put'>;

/** `absent`: it is not there. `away`: the store did not answer, so it may be. */
export type SharedFound = StoredPage | 'absent' | 'away';

/** A store that replicas share, each of which may lose sight of it. */
export interface SharedPageStore extends PageStore {
  /** What `get` finds; what it does not find comes with the reason. Like `get` it never fails. */
  find(key: string, older?: OlderNames): Promise<SharedFound>;
}

/** The instant after which nobody may be given the page any more. */
export const deleteAt = (page: StoredPage): number => Math.max(page.staleUntil, page.errorUntil);
