/** Other labels for the same samples: classes merged, renumbered, made a signed pair, or left out. */
import { column, dataset, defineStage, doc, Effect, field, Float64, Int64, nullable, number, oneOf, partOf, Schema, StageError, table } from "../../src/stage.ts"
import { writePieces } from "./lib/pieces.ts"

export default defineStage({
  name: "data/relabel",
  summary: doc("Gives samples other labels by a map."),
  params: Schema.Struct({
    labels: field(Schema.Record(Schema.String, number()), doc("New labels by the old ones, for example { 3: 1, 8: -1 }; several may become one.")),
    others: field(oneOf("fail", "keep", "drop"), doc("What becomes of samples whose labels the map does not name."), "fail")
  }),
  inputs: { data: dataset() },
  outputs: {
    data: dataset(doc("Samples in their old order.")),
    counts: table({
      old: column(Float64, doc("label before")),
      new: column(nullable(Float64), doc("label afterwards; null for those dropped")),
      n: column(Int64, doc("samples"))
    })
  },
  run: Effect.fn("data/relabel")(function*(ctx) {
    const { others } = ctx.params
    const notNumber = Object.keys(ctx.params.labels).find((label) => label.trim() === "" || !Number.isFinite(Number(label)))
    if (notNumber !== undefined) return yield* new StageError({ message: `\`labels\` names the label ${JSON.stringify(notNumber)}, but labels are numbers.`, hint: "Write numbers on both sides, as in { 3: 1, 8: -1 }." })
    const map = new Map(Object.entries(ctx.params.labels).map(([old, label]) => [Number(old), label]))
    const data = yield* ctx.inputs.data.open
    const counts = new Map<number, number>()
    for (const label of data.y) counts.set(label, (counts.get(label) ?? 0) + 1)
    const present = [...counts.keys()].sort((a, b) => a - b)
    const absent = [...map.keys()].filter((label) => !counts.has(label))
    const unnamed = present.filter((label) => !map.has(label))
    if (absent.length > 0 || (unnamed.length > 0 && others === "fail")) {
      return yield* new StageError({
        message: absent.length > 0 ? `No sample has the label ${absent.join(", ")}; there are ${some(present)}.` : `\`labels\` does not say what becomes of ${some(unnamed)}.`,
        hint: absent.length > 0 ? "Correct `labels`." : "Name them too, or set `others` to keep or drop."
      })
    }
    const kept = others === "drop" ? partOf(data, Uint32Array.from(data.y.keys()).filter((sample) => map.has(data.y[sample] ?? 0))) : data
    // Names of the old classes would be wrong now.
    const { class_names: _names, ...metadata } = data.metadata
    yield* writePieces(ctx.outputs.data, kept, (part) => ({ ...part, y: part.y.map((label) => map.get(label) ?? label), metadata }))
    yield* ctx.outputs.counts.append(present.map((old) => ({ old, new: map.get(old) ?? (others === "drop" ? null : old), n: counts.get(old) ?? 0 })))
  })
})

const some = (labels: ReadonlyArray<number>): string => labels.length <= 12 ? labels.join(", ") : `${labels.slice(0, 12).join(", ")} and ${labels.length - 12} more`
