/** What a step needs, made while the step before is computed. */

export interface Ahead<A> {
  /** What the step needs: what was made ahead, or else made now. */
  take(step: number): A
  /** Makes it for a step, if there is such a step. */
  make(step: number): void
}

/** @param make gives the same whenever it is asked for the same step of `steps` */
export const ahead = <A>(make: (step: number) => A, steps: number): Ahead<A> => {
  let held: { readonly step: number; readonly made: A } | undefined
  return {
    take: (step) => {
      const { made = make(step) } = held?.step === step ? held : {}
      held = undefined
      return made
    },
    make: (step) => {
      held = step < steps ? { step, made: make(step) } : undefined
    }
  }
}
