/** The largest deviation of a count from its weighted share, as a part of that share: 0.05 is 5 %. */
export function shareDeviation(counts: readonly number[], weights: readonly number[]): number {
  const calls = counts.reduce((total, count) => total + count, 0);
  const allWeights = weights.reduce((total, weight) => total + weight, 0);
  const deviations = counts.map((count, place) => {
    const due = (calls * (weights[place] ?? 0)) / allWeights;
    return Math.abs(count - due) / due;
  });
  return Math.max(...deviations);
}
