/** Proves every pair of a table of systems: G is a reduced basis, F lies in its ideal, and F generates all of it. */
import {
  Bool, Category, column, defineStage, doc, Effect, field, Float64, Int64, nullable, Positive, Schema, Seed, StageError, table
} from "../../src/stage.ts"
import { BatchTimes } from "./lib/batch-times.ts"
import { computed } from "./lib/computed.ts"
import { systemsOf } from "./lib/generation/system-reader.ts"
import { systemColumns } from "./lib/generation/system-table.ts"
import { machineMemory, mebibytes } from "./lib/machine-memory.ts"
import { digestBytes, DigestSet, digestOf } from "./lib/verification/digest.ts"
import { isProved, Prover } from "./lib/verification/proof.ts"

export default defineStage({
  name: "groebner/verify",
  summary: doc("Proves for every sample that F and G generate the same ideal and that G is its reduced Groebner basis."),
  params: Schema.Struct({
    tolerance: field(Positive, doc("R: share of the magnitudes that are added up by which sums may miss 0."), 1e-10),
    strict: field(Schema.Boolean, doc("Fail if a pair is not proved."), true),
    seed: field(Seed, doc("Seed of the points at which identities are tested."), 0)
  }),
  inputs: { systems: table(systemColumns, doc("What groebner/generate gave.")) },
  outputs: {
    samples: table({
      sample: column(Int64, doc("number of the sample")),
      proved: column(Bool, doc("all of what follows holds")),
      basis: column(Bool, doc("G is a reduced Groebner basis")),
      inside: column(Bool, doc("F lies in the ideal of G")),
      generates: column(Bool, doc("F generates G")),
      by: column(Category, doc("certificate, or engine: the basis of F was computed")),
      duplicate: column(Bool, doc("an earlier sample has the same F and G (by a digest of 64 bits)")),
      ideal_seen: column(Bool, doc("an earlier sample has the same G"))
    }, doc("One row for each sample.")),
    stat: table({
      samples: column(Int64, doc("samples")),
      proved: column(Int64, doc("pairs that are proved")),
      by_engine: column(Int64, doc("of these, by computing the basis of F")),
      duplicates: column(Int64, doc("samples whose pair an earlier one has")),
      ideals: column(Int64, doc("distinct ideals")),
      first_failure: column(nullable(Int64), doc("number of the first sample that is not proved"))
    }, doc("One row: what was proved.")),
    timing: table({
      samples: column(Int64, doc("samples that were timed: not those of the first batch of rows, unless there are no others")),
      seconds: column(Float64, doc("proving them, without reading", "s")),
      processor: column(Float64, doc("the same in processor time of the thread", "s"))
    }, doc("One row: how long it took."))
  },
  run: Effect.fn("groebner/verify")(function*({ inputs, outputs, params, progress, random }) {
    const points = random(params.seed, "points")
    const provers = new Map<string, Prover>()
    const [pairs, ideals] = [new DigestSet(), new DigestSet()]
    const times = new BatchTimes()
    const sum = { proved: 0, byEngine: 0, duplicates: 0, ideals: 0 }
    let firstFailure: number | undefined
    let done = 0
    const batches = yield* inputs.systems.batches
    const bytes = 2 * digestBytes * batches.rows
    if (bytes > machineMemory()) {
      return yield* new StageError({
        message: `the digests of ${batches.rows} pairs take about ${mebibytes(bytes)} MiB of memory, and there are ${mebibytes(machineMemory())} MiB`,
        hint: "Make fewer samples in one task: `first` and `n` of groebner/generate draw a range of them, and a sweep over `first` draws all."
      })
    }
    for (let batch = 0; batch < batches.count; batch++) {
      const systems = yield* systemsOf(yield* batches.read(batch))
      const rows = yield* computed("the pairs cannot be proved", () => times.timed(() => systems.map((system) => {
        const { characteristic, f, g, sample, variables } = system
        const key = `${characteristic} ${variables}`
        const prover = provers.get(key) ?? new Prover(characteristic, variables, points, params.tolerance)
        provers.set(key, prover)
        const proof = prover.prove(system)
        const [ofF, ofG] = [digestOf(f), digestOf(g)]
        const seen = ideals.add(ofG)
        const duplicate = pairs.add({ high: ofF.high ^ Math.imul(ofG.high, 31), low: ofF.low ^ Math.imul(ofG.low, 31) })
        const good = isProved(proof)
        if (!good) firstFailure ??= sample
        sum.proved += Number(good)
        sum.byEngine += Number(good && proof.by === "engine")
        sum.duplicates += Number(duplicate)
        sum.ideals += Number(!seen)
        return { sample, proved: good, ...proof, duplicate, ideal_seen: seen }
      }), (made) => made.length))
      yield* outputs.samples.append(rows)
      done += rows.length
      yield* progress(done, batches.rows, "pairs")
    }
    if (params.strict && firstFailure !== undefined) {
      return yield* new StageError({
        message: `${done - sum.proved} of ${done} pairs are not proved, the first of them sample ${firstFailure}`,
        hint: "With `strict: false` the stage goes on and its table says which and why. The form `random` changes the ideal more often than not."
      })
    }
    yield* outputs.stat.append([{
      samples: done,
      proved: sum.proved,
      by_engine: sum.byEngine,
      duplicates: sum.duplicates,
      ideals: sum.ideals,
      first_failure: firstFailure ?? null
    }])
    yield* outputs.timing.append([times.total()])
  }, Effect.scoped)
})
