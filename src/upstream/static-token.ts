import type { TokenSource } from './token.ts';

/** One token for the life of the process; meant for trials. */
export const staticToken = (token: string): TokenSource => ({
  current: async () => token,
  renew: async () => false,
  close: () => {},
});
