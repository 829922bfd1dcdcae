import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { pageFiles } from '../page-files.ts';

const here = (name: string): URL => new URL(name, import.meta.url);
const { resolve } = createRequire(import.meta.url);
const installed = (name: string): URL => pathToFileURL(resolve(name));

/** Below `/console`; what draws is the library as it was published. */
export const SCRIPTS = [
  'page.js',
  'stream.js',
  'minute.js',
  'plots.js',
  'tables.js',
  'purge.js',
  'credential.js',
] as const;

/** The operators' page: it holds no data, and gets what it shows from `/console/events`. */
export const consoleFiles = () =>
  pageFiles('/console', here('page.html'), [
    here('page.css'),
    ...SCRIPTS.map(here),
    ['uplot.js', installed('uplot/dist/uPlot.iife.min.js')],
    ['uplot.css', installed('uplot/dist/uPlot.min.css')],
  ]);
