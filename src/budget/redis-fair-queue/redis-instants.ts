/** For how long a comparison of clocks is believed: they drift apart, and may be set. */
const BELIEVED_MS = 60_000;

/**
 * Instants of this process as Redis counts them, and back. What replicas tell one another they tell by the clock of
 * Redis, so that it does not matter by how much their own ones differ.
 */
export class RedisInstants {
  #offsetMs = 0;
  #tripMs = Number.POSITIVE_INFINITY;
  #comparedAt = 0;

  /**
   * Compares the clocks by one call to Redis; the quickest one of a minute tells most.
   *
   * @param sentAt epoch ms here when the call was made
   * @param redisAt epoch ms at Redis while it was served
   * @param repliedAt epoch ms here when the answer came
   */
  compare(sentAt: number, redisAt: number, repliedAt: number): void {
    const tripMs = repliedAt - sentAt;
    const isDated = Math.abs(repliedAt - this.#comparedAt) > BELIEVED_MS;
    if (tripMs < 0 || (tripMs >= this.#tripMs && !isDated)) return;
    this.#tripMs = tripMs;
    this.#comparedAt = repliedAt;
    const least = redisAt - repliedAt;
    const most = redisAt - sentAt;
    // Of what the clocks may differ by, nothing if that is possible, else the least: a look into the store that
    // counts as too early causes one more look, one that counts as too late a second call to Amperity.
    this.#offsetMs = least <= 0 && most >= 0 ? 0 : least;
  }

  toRedis(epochMs: number): number {
    return epochMs + this.#offsetMs;
  }

  fromRedis(epochMs: number): number {
    return epochMs - this.#offsetMs;
  }
}
