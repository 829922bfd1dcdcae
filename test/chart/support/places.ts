import { fileURLToPath } from 'node:url';

const place = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

export const REPOSITORY = place('.');
export const CHART = place('helm/amperity-gateway');
export const TOOLS = place('tools/helm');
