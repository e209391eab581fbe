/** What the border basis algorithm does at its last steps, for oracles that learn which products are worth reducing (Kera et al., NeurIPS 2025). */
import { Bool, column, Count, defineStage, doc, Effect, field, Float64, int, Int32, Int64, listOf, nullable, oneOf, Schema, StageError, table, UInt8 } from "../../src/stage.ts"
import { groebnerBasis, isZeroDimensional, numberedVariables, polynomialRing, primeField } from "./lib/algebra/index.ts"
import { type BorderBasis, borderBasis, growths } from "./lib/border/border-basis-algorithm.ts"
import type { Finished } from "./lib/border/finished.ts"
import { Kept } from "./lib/border/kept.ts"
import { fromList, inRing, toList } from "./lib/border/keyed-polynomial.ts"
import { MonomialNumbers } from "./lib/border/monomial-numbers.ts"
import { QuotientRing } from "./lib/border/quotient-ring.ts"
import { stepColumns, stepRow } from "./lib/border/step-table.ts"
import { computed } from "./lib/computed.ts"
import { systemsOf } from "./lib/generation/system-reader.ts"
import { type System, systemColumns } from "./lib/generation/system-table.ts"
import { digestNumber } from "./lib/tokens/split.ts"
import { digestOf } from "./lib/verification/digest.ts"

export default defineStage({
  name: "groebner/expansions",
  summary: doc("Runs the border basis algorithm on each F and writes its last steps: universe, span, and the products that survive reduction."),
  params: Schema.Struct({
    steps: field(Count, doc("Last steps of a system that are written.", "steps"), 5),
    leading: field(Count, doc("Leading terms of each polynomial of the span that are written.", "terms"), 5),
    growth: field(oneOf(...growths), doc("How a universe that is too small grows: by the border of the monomials that lead nothing (quotient), or by all of its border (universe)."), "quotient"),
    largest: field(int({ min: 1, max: 20_000 }), doc("Systems are given up when their universe passes so many monomials.", "monomials"), 2000)
  }),
  inputs: { systems: table(systemColumns, doc("Systems over F_p, from groebner/border or groebner/generate.")) },
  outputs: {
    steps: table(stepColumns, doc("One row for each step.")),
    systems: table({
      sample: column(Int64, doc("number of the sample")),
      finished: column(Bool, doc("the algorithm ended before the universe became too large")),
      finite: column(Bool, doc("the ideal has finitely many zeros over the algebraic closure, without which it cannot end")),
      ideal: column(nullable(Int64), doc("digest of the border basis; null where it did not end")),
      monomials: column(Int32, doc("size of the order ideal, the dimension of the quotient ring; 0 where it did not end, and for the whole ring")),
      universes: column(Int32, doc("universes in which a stable span was computed")),
      universe: column(Int32, doc("monomials of the last one")),
      steps: column(Int32, doc("steps within the last universe")),
      order_ideal: column(listOf(UInt8), doc("n exponents for each of its monomials, the least first")),
      basis_terms: column(listOf(Int32), doc("the border basis of F's ideal: how many terms each polynomial has")),
      basis_coefficients: column(listOf(Int32), doc("residues")),
      basis_exponents: column(listOf(UInt8), doc("n exponents for each term, terms descending under degrevlex"))
    }, doc("One row for each system, its border basis proved: variables commute on the order ideal, and F is 0 there.")),
    stat: table({
      samples: column(Int64, doc("systems")),
      finished: column(Int64, doc("on which the algorithm ended")),
      infinite: column(Int64, doc("with infinitely many zeros, on which it cannot")),
      steps: column(Int64, doc("steps written")),
      last: column(Int64, doc("of them such in which nothing survives")),
      span: column(Float64, doc("mean number of polynomials in the span")),
      products: column(Float64, doc("share of the products that survive"))
    }, doc("One row: what was written.")),
    // By itself, since times differ from run to run and the other outputs do not.
    timing: table({
      sample: column(Int64, doc("number of the sample")),
      seconds: column(Float64, doc("the algorithm and its proof; of an earlier attempt where a killed task went on", "s"))
    }, doc("One row for each system: how long it took."))
  },
  run: Effect.fn("groebner/expansions")(function*({ checkpoint, inputs, outputs, params, progress }) {
    const batches = yield* inputs.systems.batches
    const kept = new Kept<Finished>(yield* checkpoint.load)
    const sum = { samples: 0, finished: 0, infinite: 0, steps: 0, last: 0, span: 0, survivors: 0, products: 0 }
    let waiting: Array<Finished> = []
    const write = Effect.fnUntraced(function*() {
      yield* outputs.steps.append(waiting.flatMap(({ steps }) => steps))
      yield* outputs.systems.append(waiting.map(({ system }) => system))
      yield* outputs.timing.append(waiting.map(({ seconds, system }) => ({ sample: system.sample, seconds })))
      waiting = []
    })
    for (let batch = 0; batch < batches.count; batch++) {
      for (const system of yield* systemsOf(yield* batches.read(batch))) {
        const earlier = kept.earlier(sum.samples)
        const done = earlier ?? (yield* computed("the border basis cannot be computed", () => finishedOn(system, params)))
        if (earlier === undefined) kept.add(done)
        waiting.push(done)
        if (waiting.length === stride) yield* write()
        sum.samples++
        sum.finished += Number(done.system.finished)
        sum.infinite += Number(!done.system.finite)
        for (const row of done.steps) {
          sum.steps++
          sum.last += Number(row.survivor_variables.length === 0)
          sum.span += row.span_terms.length
          sum.survivors += row.survivor_variables.length
          sum.products += row.span_terms.length * row.variables
        }
        const bytes = kept.due()
        if (bytes !== undefined) yield* checkpoint.save(bytes)
        yield* progress(sum.samples, batches.rows, "systems")
      }
    }
    yield* write()
    yield* outputs.stat.append([{
      samples: sum.samples,
      finished: sum.finished,
      infinite: sum.infinite,
      steps: sum.steps,
      last: sum.last,
      span: sum.span / Math.max(1, sum.steps),
      products: sum.survivors / Math.max(1, sum.products)
    }])
  }, Effect.scoped)
})

/** Systems whose rows are written at once. */
const stride = 64

interface Settings {
  readonly steps: number
  readonly leading: number
  readonly growth: (typeof growths)[number]
  readonly largest: number
}

/** @throws StageError for systems over Q and R, AlgebraError for what does not fit */
const finishedOn = (system: System, { growth, largest, leading, steps }: Settings): Finished => {
  const { characteristic, f, sample, variables } = system
  if (characteristic <= 0) throw new StageError({ message: `sample ${sample} is not over a finite field`, hint: "Take systems over F_p, from groebner/border or groebner/generate." })
  const begun = performance.now()
  const numbers = new MonomialNumbers(variables)
  const generators = fromList(f, numbers)
  const ring = polynomialRing(primeField(characteristic), numberedVariables(variables), "degrevlex")
  const isFinite = () => isZeroDimensional(groebnerBasis({ ring, polynomials: generators.map((polynomial) => inRing(numbers, polynomial)) }, { order: "degrevlex" }).polynomials, variables)
  const made = borderBasis(numbers, characteristic, generators, { growth, largest, isFinite })
  if (made !== undefined) prove(sample, numbers, characteristic, made, generators)
  const seconds = (performance.now() - begun) / 1000
  const basis = toList(made?.basis ?? [], numbers, "degrevlex")
  const ideal = digestNumber(digestOf(basis))
  return {
    seconds,
    steps: made?.steps.map((step, number) => stepRow({ sample, step: number, characteristic, ideal }, step, numbers, leading)).slice(-steps) ?? [],
    system: {
      sample,
      finished: made !== undefined,
      finite: made !== undefined || isFinite(),
      ideal: made === undefined ? null : ideal,
      monomials: made?.orderIdeal.length ?? 0,
      universes: made?.universes ?? 0,
      universe: made?.steps.at(-1)?.universe ?? 0,
      steps: made?.steps.length ?? 0,
      order_ideal: Uint8Array.from(made?.orderIdeal.flatMap((key) => numbers.exponents(key)) ?? []),
      basis_terms: basis.terms,
      basis_coefficients: basis.coefficients,
      basis_exponents: basis.exponents
    }
  }
}

/** That the ideal is no larger follows from the rows being combinations of F's multiples. */
const prove = (sample: number, numbers: MonomialNumbers, p: number, { basis, orderIdeal }: BorderBasis, generators: ReturnType<typeof fromList>): void => {
  const ring = QuotientRing.of(numbers, p, orderIdeal, basis)
  if (ring === undefined || !ring.commutes() || !generators.every((f) => ring.vanishes(f))) throw new Error(`sample ${sample}: what the algorithm found is not proved to be the border basis of F`)
}
