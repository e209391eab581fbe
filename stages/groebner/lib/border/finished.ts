/** A system that the border basis algorithm is done with. */
import type { StepRow } from "./step-table.ts"

export interface Finished {
  readonly seconds: number
  readonly steps: ReadonlyArray<StepRow>
  /** A row of the table of systems. */
  readonly system: {
    readonly sample: number
    readonly finished: boolean
    readonly finite: boolean
    readonly ideal: bigint | null
    readonly monomials: number
    readonly universes: number
    readonly universe: number
    readonly steps: number
    readonly order_ideal: Uint8Array
    readonly basis_terms: Int32Array
    readonly basis_coefficients: Int32Array
    readonly basis_exponents: Uint8Array
  }
}
