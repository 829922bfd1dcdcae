/** One parameter of a question, from a query string or from a body, not yet judged. */
export interface Parameter {
  /** Place among the parameters, from 1; names one whose own name must not be shown. */
  readonly position: number;
  /** Decoded name, a filter as `filter[<attribute>]`; undefined when it cannot be decoded. */
  readonly name: string | undefined;
  /** Its text, or why it has none; undefined for a name without `=`. */
  readonly value: { readonly text: string } | { readonly reason: string } | undefined;
}

/** Most parameters of one question; whoever reads them stops at one more. */
export const MAX_PARAMETERS = 24;
