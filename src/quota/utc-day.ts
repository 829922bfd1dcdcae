const DAY_MS = 86_400_000;

/** Days since 1970-01-01 UTC, each of which has as many milliseconds as the other. */
export const utcDay = (epochMs: number): number => Math.floor(epochMs / DAY_MS);

/** How long the day of this instant still is. */
export const restOfUtcDayMs = (epochMs: number): number => (utcDay(epochMs) + 1) * DAY_MS - epochMs;
