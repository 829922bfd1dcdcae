import { pageFiles } from '../page-files.ts';

const here = (name: string): URL => new URL(name, import.meta.url);

/** The page that shows the description of the API and tries calls. */
export const docsFiles = () => pageFiles('/docs', here('page.html'), [here('page.css'), here('page.js')]);
