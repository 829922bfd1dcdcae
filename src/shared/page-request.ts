/** The four resources of Amperity that the gateway mirrors. */
export type Route = 'indexes' | 'index' | 'profiles' | 'profile';

/** Whether what is answered there are people. */
export const holdsProfiles = (route: Route): boolean => route === 'profiles' || route === 'profile';

/**
 * One question to Amperity in canonical form: two requests of the same meaning are equal member by member, so
 * it serves as the source of the cache key, of the upstream URL and of a flight's description alike.
 *
 * Values are decoded text, byte for byte what the caller meant: nothing is trimmed, folded or normalised.
 */
export interface PageRequest {
  readonly route: Route;
  /** Index id; present on every route but `indexes`. */
  readonly index?: string;
  /** Profile id; present on `profile` only. */
  readonly profile?: string;
  /** `[attribute, value]`, sorted by attribute, each attribute once. */
  readonly filters: readonly (readonly [attribute: string, value: string])[];
  /** Parameters that only the configuration knows (`http.extraQueryParams`), in the form of `filters`; absent when none. */
  readonly extras?: readonly (readonly [name: string, value: string])[];
  /** Absent means Amperity's default, which is not the same request as that number said out loud. */
  readonly limit?: number;
  readonly nextToken?: string;
  readonly withTotal: boolean;
}
