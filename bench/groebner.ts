/**
 * Samples made and proved beside a plain program that makes the same ones; bases of ideals beside Singular and mathicgb. A basis' time is processor time around
 * the call on both sides: Singular's by its own clock, ours with compiler and garbage collector, after a first call. mathicgb (`mgb`, its F4) is given
 * as a whole process by the wall clock. Everything in turn; answers are compared before times.
 */
import { forwardRows } from "./groebner/forward.ts"
import { generationRows } from "./groebner/generation.ts"
import type { BenchRow } from "./row.ts"

export const groebnerBench = async ({ quick }: { readonly quick: boolean }, onRow: (row: BenchRow) => void): Promise<ReadonlyArray<BenchRow>> => {
  const rows: Array<BenchRow> = []
  for (const bench of [generationRows(quick), forwardRows(quick)]) {
    for (const row of bench) {
      rows.push(row)
      onRow(row)
    }
  }
  return rows
}
