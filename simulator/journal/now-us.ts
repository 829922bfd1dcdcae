/** Monotonic time in whole microseconds, so that sums and differences of it are exact. */
export function nowUs(): number {
  return Math.round(performance.now() * 1000);
}
