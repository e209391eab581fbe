/** What a border basis algorithm does at its last steps, for oracles that learn which products are worth reducing (Kera et al., NeurIPS 2025). */
import {
  Bool, column, Count, defineStage, doc, Effect, field, Float64, int, Int32, Int64, listOf, Schema, StageError, table, UInt8
} from "../../src/stage.ts"
import { MonomialNumbers, type SparseRow, stableSpan, type Step } from "./lib/border/stable-span.ts"
import { systemsOf } from "./lib/generation/system-reader.ts"
import { type System, systemColumns } from "./lib/generation/system-table.ts"

export default defineStage({
  name: "groebner/expansions",
  summary: doc("Runs the border basis algorithm on each F and writes its last steps: universe, span, and the products that survive reduction."),
  params: Schema.Struct({
    steps: field(Count, doc("Last steps of a system that are written.", "steps"), 5),
    leading: field(Count, doc("Leading terms of each polynomial of the span that are written.", "terms"), 5),
    largest: field(int({ min: 1, max: 20_000 }), doc("Universes are given up beyond so many monomials.", "monomials"), 1000)
  }),
  inputs: { systems: table(systemColumns, doc("Systems over F_p, from groebner/border or groebner/generate.")) },
  outputs: {
    steps: table({
      sample: column(Int64, doc("number of the sample")),
      step: column(Int32, doc("number of the step within the last universe")),
      variables: column(Int32, doc("n")),
      characteristic: column(Int32, doc("p of F_p")),
      universe: column(listOf(UInt8), doc("monomials of the universe of which no multiple is in it: n exponents each")),
      span_terms: column(listOf(Int32), doc("the span's basis, least leading monomial first: how many leading terms of each polynomial follow")),
      span_coefficients: column(listOf(Int32), doc("residues of these terms")),
      span_exponents: column(listOf(UInt8), doc("n exponents for each of these terms")),
      survivor_polynomials: column(listOf(Int32), doc("products that survive: which polynomial of the span")),
      survivor_variables: column(listOf(Int32), doc("and which variable it is multiplied by"))
    }, doc("One row for each step.")),
    systems: table({
      sample: column(Int64, doc("number of the sample")),
      finished: column(Bool, doc("the algorithm ended before the universe became too large")),
      monomials: column(Int32, doc("size of the order ideal, the dimension of the quotient ring; 0 where it did not end")),
      steps: column(Int32, doc("steps within the last universe"))
    }, doc("One row for each system.")),
    stat: table({
      samples: column(Int64, doc("systems")),
      finished: column(Int64, doc("on which the algorithm ended")),
      steps: column(Int64, doc("steps written")),
      products: column(Float64, doc("share of the products that survive"))
    }, doc("One row: what was written."))
  },
  run: Effect.fn("groebner/expansions")(function*({ inputs, outputs, params, progress }) {
    const batches = yield* inputs.systems.batches
    const sum = { samples: 0, finished: 0, steps: 0, survivors: 0, products: 0 }
    for (let batch = 0; batch < batches.count; batch++) {
      for (const system of yield* systemsOf(yield* batches.read(batch))) {
        if (system.characteristic <= 0 || system.variables > mostVariables) {
          return yield* new StageError({ message: `sample ${system.sample} is not over a finite field in at most ${mostVariables} variables`, hint: "Take systems over F_p, from groebner/border or groebner/generate." })
        }
        const numbers = new MonomialNumbers(system.variables)
        const finished = stableSpan(numbers, system.characteristic, rowsOf(system, numbers), params.largest)
        const steps = finished?.steps ?? []
        const written = steps.map((step, number) => stepRow(system, number, step, numbers, params.leading)).slice(-params.steps)
        yield* outputs.steps.append(written)
        yield* outputs.systems.append([{ sample: system.sample, finished: finished !== undefined, monomials: finished?.orderIdeal.length ?? 0, steps: steps.length }])
        sum.samples++
        sum.finished += Number(finished !== undefined)
        sum.steps += written.length
        for (const row of written) {
          sum.survivors += row.survivor_variables.length
          sum.products += row.span_terms.length * system.variables
        }
        yield* progress(sum.samples, batches.rows, "systems")
      }
    }
    yield* outputs.stat.append([{ samples: sum.samples, finished: sum.finished, steps: sum.steps, products: sum.survivors / sum.products }])
  }, Effect.scoped)
})

/** What numbers of monomials hold. */
const mostVariables = 5

const rowsOf = ({ f, variables }: System, numbers: MonomialNumbers): ReadonlyArray<SparseRow> => {
  let at = 0
  return Array.from(f.terms, (count) => {
    at += count
    return new Map(Array.from({ length: count }, (_, k) => {
      const term = at - count + k
      return [numbers.of(Array.from(f.exponents.subarray(term * variables, (term + 1) * variables))), f.coefficients[term] ?? 0]
    }))
  })
}

const stepRow = ({ characteristic, sample, variables }: System, step: number, { maximal, span, survivors }: Step, numbers: MonomialNumbers, leading: number) => {
  const heads = span.map((row) => row.slice(0, leading))
  return {
    sample,
    step,
    variables,
    characteristic,
    universe: Uint8Array.from(maximal.flatMap((key) => numbers.exponents(key))),
    span_terms: Int32Array.from(heads, (head) => head.length),
    span_coefficients: Int32Array.from(heads.flatMap((head) => head.map(([, coefficient]) => coefficient))),
    span_exponents: Uint8Array.from(heads.flatMap((head) => head.flatMap(([key]) => numbers.exponents(key)))),
    survivor_polynomials: Int32Array.from(survivors, ([polynomial]) => polynomial),
    survivor_variables: Int32Array.from(survivors, ([, variable]) => variable)
  }
}
