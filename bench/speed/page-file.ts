import { readFileSync, writeFileSync } from 'node:fs';
import type { Page } from './pages.ts';

export const writePages = (file: string, pages: readonly Page[]): void =>
  writeFileSync(file, JSON.stringify(pages));

export const readPages = (file: string): Page[] => JSON.parse(readFileSync(file, 'utf8'));
