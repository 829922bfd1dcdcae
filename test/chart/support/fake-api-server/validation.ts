import { twiceInPod } from '../coherence.ts';
import { judge } from '../judge-manifests.ts';
import { type Manifest, podsOf } from '../manifest.ts';
import { ApiError } from './api-error.ts';
import type { KubeObject } from './kube-object.ts';

/** Refuses an object as it was sent, or else does nothing. */
export type Validation = (object: KubeObject, strict: boolean) => Promise<void>;

/** The compiler's words for members that a type lacks; other complaints are about values. */
const UNKNOWN_MEMBER = /^TS(2353|2561):/;

/** Each object is judged once: a judgement takes half a second. */
export function createValidation(): Validation {
  const judged = new Map<string, Promise<string[]>>();
  return async (object, strict) => {
    const text = JSON.stringify(object);
    const judgement = judged.get(text) ?? judge([object]).then(([problems = []]) => problems);
    judged.set(text, judgement);
    const problems = await judgement;
    // What a pod may not hold twice was judged to have the form of one.
    const pods = problems.length > 0 ? [] : podsOf([object as unknown as Manifest]);
    const told = strict ? problems : problems.filter((problem) => !UNKNOWN_MEMBER.test(problem));
    const all = [...told, ...(strict ? pods.flatMap(({ spec }) => [...twiceInPod(spec)]) : [])];
    if (all.length > 0) throw new ApiError(422, `${object.kind} ${object.metadata.name}: ${all.join('; ')}`);
  };
}
