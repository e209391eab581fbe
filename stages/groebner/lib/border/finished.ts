/** Systems that the border basis algorithm is done with, as bytes: what a killed task need not compute again. */
import { deserialize, serialize } from "node:v8"
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

export const encodeFinished = (finished: ReadonlyArray<Finished>): Uint8Array => serialize(finished)

/** None when the bytes are no checkpoint. */
export const decodeFinished = (bytes: Uint8Array): ReadonlyArray<Finished> => {
  try {
    return deserialize(bytes)
  } catch {
    return []
  }
}

/** Bytes of systems that are kept for checkpoints; those after them would be computed again. */
export const mostKept = 2 ** 28

export const sizeOf = ({ steps, system }: Finished): number =>
  [system, ...steps].reduce((sum, row) => Object.values(row).reduce<number>((bytes, value) => bytes + (ArrayBuffer.isView(value) ? value.byteLength : 8), sum), 0)

/** Milliseconds until the next checkpoint: all systems are written each time, which may take a tenth of the time. */
export const saveAgainAfter = (milliseconds: number): number => Math.max(10_000, 10 * milliseconds)
