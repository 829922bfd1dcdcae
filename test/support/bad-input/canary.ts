/** Stands for a value that must not come out of the gateway, until {@link plant} puts one in that nobody else has. */
export const CANARY = 'CANARY';

const LEAK = /cnry\d+q/gi;

export const plant = (text: string, serial: number): string =>
  text.includes(CANARY) ? text.replaceAll(CANARY, `cnry${serial}q`) : text;

/** The canaries in a text, whoever's they are. */
export const canariesIn = (text: string): string[] => text.match(LEAK) ?? [];
