/** What was looked at, and what of it. A `wrong` one says how to mend it, and no finding tells a credential. */
export interface Finding {
  readonly is: 'fine' | 'note' | 'wrong';
  readonly about: string;
  readonly what: string;
}

/** Makes findings about one thing. */
export const findingsAbout = (about: string) => ({
  fine: (what: string): Finding => ({ is: 'fine', about, what }),
  note: (what: string): Finding => ({ is: 'note', about, what }),
  wrong: (what: string): Finding => ({ is: 'wrong', about, what }),
});
