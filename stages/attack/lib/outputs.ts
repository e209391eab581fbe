/**
 * What every attack gives: the adversarial data set, all samples in their order and never only those that succeeded; one row for each
 * sample; and one row of sums.
 */
import { Bool, column, type Dataset, dataset, type DatasetWriter, doc, Effect, field, Float64, Int64, nullable, number, oneOf, Schema, table, type TableWriter } from "../../../src/stage.ts"
import type { Range } from "./geometry.ts"
import { surprise } from "../../train/lib/measures.ts"
import { lengthsOf, rowOf } from "./rows.ts"
import { labelOf, predictedClasses, type Victim } from "./victim.ts"

const sampleColumns = {
  sample: column(Int64, doc("number of the sample in the data, from 0")),
  label: column(Int64, doc("its label")),
  target: nullable(column(Int64, doc("the label aimed at; null when any other will do"))),
  before: column(Int64, doc("what the model says of the sample")),
  after: column(Int64, doc("what it says of the adversarial sample")),
  success: column(Bool, doc("the model says the target; without one: it does not say the label")),
  l0: column(Int64, doc("coordinates changed")),
  l1: column(Float64, doc("length of the change", "L1 norm")),
  l2: column(Float64, doc("length of the change", "L2 norm")),
  linf: column(Float64, doc("greatest change of a coordinate")),
  loss_before: column(Float64, doc("cross-entropy with the label, or with the target when there is one", "nats")),
  loss_after: column(Float64, doc("the same for the adversarial sample", "nats")),
  queries: column(Int64, doc("predictions that the attack asked for")),
  steps: column(Int64, doc("steps that the attack took"))
} as const
const statColumns = {
  n: column(Int64, doc("samples attacked")),
  clean_accuracy: column(Float64, doc("share of samples that the model labels right")),
  robust_accuracy: column(Float64, doc("share of adversarial samples that the model labels right")),
  success: column(Float64, doc("share of samples on which the attack succeeded")),
  l0_mean: column(Float64, doc("mean number of coordinates changed")),
  l2_mean: column(Float64, doc("mean length of the change", "L2 norm")),
  linf_mean: column(Float64, doc("mean of the greatest change")),
  loss_before: column(Float64, doc("mean cross-entropy before", "nats")),
  loss_after: column(Float64, doc("mean cross-entropy after", "nats")),
  queries: column(Int64, doc("predictions asked for over all samples"))
} as const

export const attackOutputs = {
  data: dataset(doc("x: the adversarial samples, all and in order; y: labels")),
  samples: table(sampleColumns, doc("One row for each sample.")),
  stat: table(statColumns, doc("One row: how the attack went."))
} as const

export const lowHigh = {
  low: Schema.optionalKey(field(number(), doc("Least value that data can have; no bound when left out."))),
  high: Schema.optionalKey(field(number(), doc("Greatest value that data can have; no bound when left out.")))
} as const
export const rangeOf = ({ high, low }: { readonly low?: number; readonly high?: number }): Range => ({
  ...(low === undefined ? {} : { low }),
  ...(high === undefined ? {} : { high })
})
/** Which labels the adversarial data set carries. */
export const carried = field(oneOf("label", "target"), doc("Labels of the adversarial data set: those of the samples, or those aimed at."), "label")

interface AttackWriters {
  readonly outputs: {
    readonly data: DatasetWriter
    readonly samples: TableWriter<typeof sampleColumns>
    readonly stat: TableWriter<typeof statColumns>
  }
}

export interface Outcome {
  readonly x: Float32Array
  readonly label: Int32Array
  readonly target?: Int32Array
  readonly queries: Int32Array
  readonly steps: Int32Array
  readonly carries: "label" | "target"
  readonly facts: Readonly<Record<string, string>>
}

/** Judges the outcome by the model itself and writes everything. */
export const writeAttack = Effect.fn("writeAttack")(function*(stage: AttackWriters, victim: Victim, data: Dataset, outcome: Outcome) {
  const { classes, size } = victim
  const { label, target } = outcome
  const [scoresBefore, scoresAfter] = [yield* victim.scores(data.x), yield* victim.scores(outcome.x)]
  const [before, after] = [predictedClasses(scoresBefore, classes), predictedClasses(scoresAfter, classes)]
  const aim = target ?? label
  const rows = Array.from(label, (own, row) => ({
    sample: row,
    label: labelOf(victim, own),
    target: target === undefined ? null : labelOf(victim, target[row] ?? 0),
    before: labelOf(victim, before[row] ?? 0),
    after: labelOf(victim, after[row] ?? 0),
    success: target === undefined ? after[row] !== own : after[row] === target[row],
    ...lengthsOf(outcome.x, data.x, row, size),
    loss_before: surprise(rowOf(scoresBefore, row, classes), aim[row] ?? 0),
    loss_after: surprise(rowOf(scoresAfter, row, classes), aim[row] ?? 0),
    queries: outcome.queries[row] ?? 0,
    steps: outcome.steps[row] ?? 0
  }))
  const n = rows.length
  const average = (of: (row: (typeof rows)[number]) => number) => rows.reduce((sum, row) => sum + of(row), 0) / n
  const { carries } = outcome
  yield* stage.outputs.data.write({
    x: outcome.x,
    y: carries === "target" && target !== undefined ? Float32Array.from(target, (of) => labelOf(victim, of)) : data.y,
    shape: data.shape,
    metadata: { ...data.metadata, ...outcome.facts }
  })
  yield* stage.outputs.samples.append(rows)
  yield* stage.outputs.stat.append([{
    n,
    clean_accuracy: average((row) => (row.before === row.label ? 1 : 0)),
    robust_accuracy: average((row) => (row.after === row.label ? 1 : 0)),
    success: average((row) => (row.success ? 1 : 0)),
    l0_mean: average((row) => row.l0),
    l2_mean: average((row) => row.l2),
    linf_mean: average((row) => row.linf),
    loss_before: average((row) => row.loss_before),
    loss_after: average((row) => row.loss_after),
    queries: outcome.queries.reduce((sum, one) => sum + one, 0)
  }])
})
