/** A setting that cannot be used. `message` is one sentence for the person who typed it. */
export class KnobProblem extends Error {
  readonly code = 'knob_problem';
}
