/** Says in one sentence what is wrong with an answer; nothing when it is as it should be. */
export type Judge = (answer: Response) => Promise<string | undefined>;

export const isReady: Judge = async (answer) => {
  await answer.body?.cancel();
  return answer.ok ? undefined : `The gateway is not ready: it answers ${answer.status}.`;
};

/** Of the public listener, asked without a credential. */
export const isGuarded: Judge = async (answer) => {
  await answer.body?.cancel();
  const isProblem = answer.headers.get('content-type')?.includes('json');
  if (answer.status === 401 && isProblem) return undefined;
  return `The public listener answers ${answer.status} to a call without a credential; 401 and a problem are right.`;
};

/** Of `/metrics`: while Redis is lost the budget is divided by at least as many replicas as there can be. */
export const knowsOf =
  (replicas: number): Judge =>
  async (answer) => {
    const [, divisor] = /^gateway_budget_max_replicas (\d+)$/m.exec(await answer.text()) ?? [];
    if (Number(divisor) >= replicas) return undefined;
    return `There can be ${replicas} replicas, and budget.maxReplicas is ${divisor ?? 'not told'}; raise it.`;
  };
