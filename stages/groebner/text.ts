/** Pairs of systems and bases as the text files of other programs, a pair a line, split as groebner/tokenize splits. */
import { closeSync, openSync, writeSync } from "node:fs"
import { artefact, column, defineStage, doc, Effect, field, Int64, oneOf, Schema, StageError, table } from "../../src/stage.ts"
import { computed } from "./lib/computed.ts"
import { systemsOf } from "./lib/generation/system-reader.ts"
import { systemColumns } from "./lib/generation/system-table.ts"
import { badShares, Selection, splitFields } from "./lib/tokens/selection.ts"
import { parts } from "./lib/tokens/split.ts"
import { lineOf, textForms } from "./lib/tokens/text.ts"

const text = artefact({ mediaType: "text/plain", extension: "txt" })

const unwritten = "the texts cannot be written"

export default defineStage({
  name: "groebner/text",
  summary: doc("Writes systems F and bases G as text files, for the released code and for CALT."),
  params: Schema.Struct({
    form: field(oneOf(...textForms), doc("infix: F : G as the released code has it (C3 E2 E0 + ..., fractions as C3 / C4). infix+: fractions in one word. prefix: operators first. calt: F # G with polynomials between bars."), "infix"),
    ...splitFields
  }),
  inputs: { systems: table(systemColumns, doc("What groebner/generate gave.")) },
  outputs: {
    train: text,
    validation: text,
    test: text,
    stat: table({
      train: column(Int64, doc("lines")),
      validation: column(Int64, doc("lines")),
      test: column(Int64, doc("lines"))
    }, doc("One row: lines of the files."))
  },
  run: Effect.fn("groebner/text")(function*({ inputs, outputs, params, progress }) {
    const shares = badShares(params)
    if (shares !== undefined) return yield* new StageError({ message: shares, hint: "Let them sum to at most 1." })
    const files = yield* Effect.acquireRelease(
      computed(unwritten, () => ({ train: openSync(outputs.train.path, "wx"), validation: openSync(outputs.validation.path, "wx"), test: openSync(outputs.test.path, "wx") })),
      (opened) => Effect.sync(() => parts.forEach((part) => closeSync(opened[part])))
    )
    const batches = yield* inputs.systems.batches
    const selection = new Selection(params)
    const lines = { train: 0, validation: 0, test: 0 }
    let done = 0
    for (let batch = 0; batch < batches.count; batch++) {
      const systems = yield* systemsOf(yield* batches.read(batch))
      yield* computed(unwritten, () => {
        const written: Record<(typeof parts)[number], string> = { train: "", validation: "", test: "" }
        for (const system of systems) {
          const { part, repeated } = selection.place(system)
          if (repeated) continue
          written[part] += `${lineOf(system, params.form)}\n`
          lines[part]++
        }
        for (const part of parts) writeSync(files[part], written[part])
      })
      done += systems.length
      yield* progress(done, batches.rows, "pairs")
    }
    yield* outputs.stat.append([lines])
  }, Effect.scoped)
})
