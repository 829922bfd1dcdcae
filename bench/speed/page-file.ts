import { readFileSync, writeFileSync } from 'node:fs';
import type { Page } from './pages.ts';

/** What the contenders are given to answer with. */
export interface Served {
  /** Names and values in turn. */
  readonly headers: readonly string[];
  readonly pages: readonly Page[];
}

export const writeServed = (file: string, served: Served): void =>
  writeFileSync(file, JSON.stringify(served));

export const readServed = (file: string): Served => JSON.parse(readFileSync(file, 'utf8'));
