import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import {
  any, artefact, column, Count, dataset, defineStage, doc, Effect, field, file, Float64, int, Int32, many, model, oneOf, optional, Positive,
  Schema, Seed, StageError, table, Utf8
} from "../../src/stage.ts"
import type { InputFile, StageEvent, StageInterface, TaskRequest } from "../../src/stage/protocol.ts"
import { readDataset, writeDataset } from "../../src/table/dataset-file.ts"
import { readTable } from "../../src/table/read.ts"

/** Shifts every sample of a data set and says by how much. */
const shift = defineStage({
  name: "data/shift",
  summary: doc("Adds one number to every value of a data set."),
  params: Schema.Struct({
    by: field(Positive, doc("how far", "pixels")),
    times: field(Count, doc("how often"), 1),
    sign: field(oneOf("up", "down"), doc("which way"), "up"),
    noise: field(Schema.NullOr(int({ min: 0, max: 9 })), doc("seed of some noise, or null for none"), null)
  }),
  inputs: { data: dataset(doc("what to shift")) },
  outputs: {
    data: dataset(),
    stat: table({ name: Utf8, moved: column(Float64, doc("distance", "pixels")) })
  },
  run: (ctx) =>
    Effect.gen(function*() {
      const { by, times, sign, noise } = ctx.params
      const data = yield* ctx.inputs.data.read
      const step = (sign === "up" ? by : -by) * times
      const random = noise === null ? undefined : ctx.random(noise, "noise")
      const x = data.x.map((value) => value + step + (random?.uniform() ?? 0))
      yield* ctx.outputs.data.write({ ...data, x })
      yield* ctx.outputs.stat.append([{ name: "all", moved: step }])
      yield* ctx.metric("moved", step, 1)
      yield* ctx.progress(1, 1)
    })
})

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "reprise-stage-"))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const requestOf = (stage: StageInterface, params: TaskRequest["params"], inputs: TaskRequest["inputs"] = {}): TaskRequest => ({
  id: "t",
  params,
  inputs,
  outputs: Object.fromEntries(Object.keys(stage.outputs).map((name) => [name, join(folder, name)])),
  scratch: folder,
  checkpoint: join(folder, "checkpoints", "t"),
  project: folder,
  threads: 1,
  backend: "cpu"
})
const host = (signal = new AbortController().signal) => {
  const events: Array<StageEvent> = []
  return { events, signal, emit: (event: StageEvent) => void events.push(event) }
}
const inputFile = (path: string, kind: InputFile["kind"]): InputFile => ({ path, digest: "d", mediaType: "m", kind, coordinates: { eps: 0.1 } })
const noInputs = { summary: doc("A stage of a test."), params: Schema.Struct({}), inputs: {}, outputs: {} }

describe("decoding", () => {
  it("fills in every default", () => {
    expect(shift.decode({ by: 2 })).toEqual({ ok: true, params: { by: 2, times: 1, sign: "up", noise: null }, files: [] })
    expect(shift.decode({ noise: 3, by: 2 })).toMatchObject({ ok: true, params: { noise: 3 } })
  })

  it("names every problem at its place, in words", () => {
    expect(shift.decode({ by: -1, time: 2, sign: "sideways", noise: 1.5, wholly: 0 })).toEqual({
      ok: false,
      issues: [
        { path: ["time"], message: `unknown parameter "time"; did you mean "times"?` },
        { path: ["wholly"], message: `unknown parameter "wholly"; known are by, times, sign, noise` },
        { path: ["by"], message: "expected a value greater than 0, got -1" },
        { path: ["sign"], message: `expected "up" | "down", got "sideways"` },
        { path: ["noise"], message: "expected an integer, got 1.5" }
      ]
    })
    expect(shift.decode({})).toEqual({ ok: false, issues: [{ path: ["by"], message: `parameter "by" is required` }] })
  })

  it("looks into nested values", () => {
    const nested = defineStage({
      ...noInputs,
      name: "test/nested",
      params: Schema.Struct({ layers: Schema.Array(Schema.Struct({ width: field(Count, doc("units")), bias: field(Schema.Boolean, undefined, true) })) }),
      run: () => Effect.void
    })
    expect(nested.decode({ layers: [{ width: 3 }] })).toMatchObject({ params: { layers: [{ width: 3, bias: true }] } })
    expect(nested.decode({ layers: [{ width: 3 }, { widht: 4 }] })).toMatchObject({
      issues: [
        { path: ["layers", 1, "widht"], message: `unknown parameter "widht"; did you mean "width"?` },
        { path: ["layers", 1, "width"], message: `parameter "width" is required` }
      ]
    })
  })

  it("tells which values name files of the project", () => {
    const files = defineStage({
      ...noInputs,
      name: "test/files",
      params: Schema.Struct({
        model: field(file(), doc("architecture")),
        more: field(Schema.Array(file()), doc("others"), []),
        extra: field(Schema.NullOr(file()), doc("one more"), null),
        title: field(Schema.String, doc("no file"), "a.yaml")
      }),
      run: () => Effect.void
    })
    expect(files.decode({ model: "m.yaml", more: ["a.csv", "b.csv", "m.yaml"], extra: "c" })).toMatchObject({ files: ["m.yaml", "a.csv", "b.csv", "c"] })
    expect(files.decode({ model: "m.yaml" })).toMatchObject({ files: ["m.yaml"] })
  })
})

describe("a description", () => {
  it("says what the stage takes and gives", () => {
    const { params, summary, schema, inputs, outputs } = shift.describe()
    expect(summary).toBe("Adds one number to every value of a data set.")
    expect(params).toEqual([
      { name: "by", type: "number > 0", doc: "how far", unit: "pixels", required: true },
      { name: "times", type: "whole number >= 1", doc: "how often", required: false, default: 1 },
      { name: "sign", type: "one of up, down", doc: "which way", required: false, default: "up" },
      { name: "noise", type: "whole number >= 0 and <= 9 or null", doc: "seed of some noise, or null for none", required: false, default: null }
    ])
    expect(schema).toMatchObject({ type: "object", required: ["by"], additionalProperties: false, properties: { times: { default: 1, minimum: 1 } } })
    expect(inputs).toEqual({ data: { kind: "dataset", many: false, optional: false, doc: "what to shift" } })
    expect(outputs["stat"]).toEqual({ kind: "table", columns: { name: { type: "utf8" }, moved: { type: "float64", doc: "distance [pixels]" } } })
  })

  it("gives an example that can be pasted", () => {
    expect(shift.describe().example).toBe(
      [
        "shift:",
        "  uses: data/shift",
        "  in:",
        '    data: "${{ data.data }}"',
        "  with:",
        "    by: 1  # how far [pixels]",
        "    times: 1  # how often",
        '    sign: "up"  # which way',
        "    noise: null  # seed of some noise, or null for none"
      ].join("\n")
    )
  })
})

describe("execution", () => {
  const data = { x: Float32Array.of(1, 2, 3, 4), y: Float32Array.of(1, -1), shape: [2], metadata: {} }
  const given = () => {
    const path = join(folder, "in.arrow")
    writeDataset(path, data)
    return { data: [inputFile(path, "dataset")] }
  }

  it("reads the inputs, writes the outputs and reports", async () => {
    const { events, ...rest } = host()
    const task = requestOf(shift, { by: 0.5, times: 2, sign: "up", noise: null }, given())
    expect(await shift.execute(task, rest)).toEqual({ ok: true, outputs: { data: { rows: 2 }, stat: { rows: 1 } } })
    expect(Array.from(readDataset(join(folder, "data")).x)).toEqual([2, 3, 4, 5])
    expect(readTable(join(folder, "stat")).columns).toMatchObject({ moved: Float64Array.of(1) })
    expect(events).toEqual([
      { type: "metric", name: "moved", value: 1, step: 1 },
      { type: "progress", done: 1, total: 1 }
    ])
  })

  it("writes the same bytes every time, also with noise", async () => {
    const bytes = async () => {
      await shift.execute(requestOf(shift, { by: 1, times: 1, sign: "up", noise: 4 }, given()), host())
      return ["data", "stat"].map((name) => readFileSync(join(folder, name)).toString("base64"))
    }
    expect(await bytes()).toEqual(await bytes())
  })

  it("keeps descriptions out of the files, so that a better one changes no bytes", async () => {
    const bytes = async (text: string | undefined) => {
      const stage = defineStage({
        ...noInputs,
        name: "test/doc",
        outputs: { out: table({ v: column(Float64, text === undefined ? undefined : doc(text)) }) },
        run: (ctx) => ctx.outputs.out.append([{ v: 1 }])
      })
      await stage.execute(requestOf(stage, {}), host())
      return readFileSync(join(folder, "out")).toString("base64")
    }
    expect(await bytes("one")).toBe(await bytes(undefined))
  })

  it("an empty table is written with its schema; any other output must be written", async () => {
    const lazy = defineStage({
      ...noInputs,
      name: "test/lazy",
      outputs: { none: table({ v: Float64 }), model: model() },
      run: () => Effect.void
    })
    expect(await lazy.execute(requestOf(lazy, {}), host())).toMatchObject({
      ok: false,
      error: { tag: "StageError", message: `output "model" was never written`, hint: expect.stringContaining("outputs") }
    })
    expect(readTable(join(folder, "none")).rows).toBe(0)
  })

  it("a value that its column cannot hold fails with the output's name, and leaves no file open", async () => {
    const wrong = defineStage({
      ...noInputs,
      name: "test/wrong",
      outputs: { out: table({ n: Int32 }) },
      run: (ctx) => ctx.outputs.out.append([{ n: 1.5 }])
    })
    const outcome = await wrong.execute(requestOf(wrong, {}), host())
    expect(outcome).toMatchObject({ ok: false, error: { message: expect.stringMatching(/^output "out": .*n.*1\.5/) } })
    expect(existsSync(join(folder, "out"))).toBe(false)
  })

  it("gives `many` inputs as a list with their coordinates, and an optional one as undefined", async () => {
    const gather = defineStage({
      ...noInputs,
      name: "test/gather",
      inputs: { tables: many(table({ moved: Float64 })), extra: optional(any()) },
      outputs: { out: table({ eps: Float64, moved: Float64 }) },
      run: (ctx) =>
        Effect.gen(function*() {
          if (ctx.inputs.extra !== undefined) return yield* new StageError({ message: "there should be no extra" })
          for (const input of ctx.inputs.tables) {
            const { columns } = yield* input.read
            yield* ctx.outputs.out.append([{ eps: Number(input.coordinates["eps"]), moved: Number(columns["moved"]?.[0]) }])
          }
        })
    })
    const write = defineStage({
      ...noInputs,
      name: "test/write",
      outputs: { out: table({ moved: Float64 }) },
      run: (ctx) => ctx.outputs.out.appendColumns({ moved: Float64Array.of(7) })
    })
    const path = join(folder, "moved.arrow")
    await write.execute({ ...requestOf(write, {}), outputs: { out: path } }, host())
    const outcome = await gather.execute(requestOf(gather, {}, { tables: [inputFile(path, "table"), inputFile(path, "table")] }), host())
    expect(outcome).toEqual({ ok: true, outputs: { out: { rows: 2 } } })
    expect(readTable(join(folder, "out")).columns).toMatchObject({ eps: Float64Array.of(0.1, 0.1), moved: Float64Array.of(7, 7) })
  })

  it("a missing input or a bad parameter is a failure that says which", async () => {
    expect(await shift.execute(requestOf(shift, { by: 1 }), host())).toMatchObject({ ok: false, error: { message: `input "data" is missing` } })
    expect(await shift.execute(requestOf(shift, {}, given()), host())).toMatchObject({ ok: false, error: { message: `by: parameter "by" is required` } })
  })

  it("any tagged error is a failure with its hint; anything thrown is a defect with its stack", async () => {
    const failing = defineStage({ ...noInputs, name: "test/fails", run: () => new StageError({ message: "no data", hint: "fetch it first" }) })
    expect(await failing.execute(requestOf(failing, {}), host())).toEqual({
      ok: false,
      error: { tag: "StageError", message: "no data", hint: "fetch it first" }
    })
    const broken = defineStage({
      ...noInputs,
      name: "test/breaks",
      run: () => Effect.sync(() => {
        throw new TypeError("a bug")
      })
    })
    await expect(broken.execute(requestOf(broken, {}), host())).rejects.toMatchObject({ message: "a bug", stack: expect.stringContaining("define.test.ts") })
  })

  it("an abort interrupts a stage that only computes, and runs its finalizers", async () => {
    let released = false
    const endless = defineStage({
      ...noInputs,
      name: "test/endless",
      run: (ctx) =>
        Effect.gen(function*() {
          yield* Effect.acquireRelease(Effect.void, () => Effect.sync(() => {
            released = true
          }))
          for (let step = 0;; step++) yield* ctx.progress(step, Infinity)
        })
    })
    const abort = new AbortController()
    setTimeout(() => abort.abort(), 50)
    expect(await endless.execute(requestOf(endless, {}), host(abort.signal))).toMatchObject({ ok: false, error: { tag: "Interrupted" } })
    expect(released).toBe(true)
    expect(await endless.execute(requestOf(endless, {}), host(AbortSignal.abort()))).toMatchObject({ ok: false, error: { tag: "Interrupted" } })
  })

  it("a checkpoint survives a failed attempt", async () => {
    const counting = defineStage({
      ...noInputs,
      name: "test/counting",
      outputs: { out: artefact({ mediaType: "text/plain", extension: "txt" }) },
      run: (ctx) =>
        Effect.gen(function*() {
          const before = yield* ctx.checkpoint.load
          if (before === undefined) {
            yield* ctx.checkpoint.save(new TextEncoder().encode("step 1"))
            return yield* new StageError({ message: "preempted" })
          }
          yield* ctx.outputs.out.write(before)
        })
    })
    expect(await counting.execute(requestOf(counting, {}), host())).toMatchObject({ ok: false })
    expect(await counting.execute(requestOf(counting, {}), host())).toMatchObject({ ok: true })
    expect(readFileSync(join(folder, "out"), "utf8")).toBe("step 1")
  })

  it("progress is thinned out, metrics are not", async () => {
    const busy = defineStage({
      ...noInputs,
      name: "test/busy",
      params: Schema.Struct({ seed: field(Seed, doc("seed"), 0), config: field(file(), doc("a file")) }),
      run: (ctx) =>
        Effect.gen(function*() {
          yield* ctx.log(`${ctx.file(ctx.params.config)}`, "debug")
          for (let step = 1; step <= 1000; step++) {
            yield* ctx.progress(step, 1000)
            yield* ctx.metric("loss", 1 / step, step)
          }
        })
    })
    writeFileSync(join(folder, "c.yaml"), "")
    const { events, ...rest } = host()
    await busy.execute(requestOf(busy, { config: "c.yaml" }), rest)
    expect(events.filter((event) => event.type === "metric")).toHaveLength(1000)
    expect(events.filter((event) => event.type === "progress").length).toBeLessThan(20)
    expect(events.at(-2)).toEqual({ type: "progress", done: 1000, total: 1000 })
    expect(events[0]).toEqual({ type: "log", level: "debug", message: join(folder, "c.yaml") })
  })
})

describe("types", () => {
  it("an author's mistakes do not compile", () => {
    // Never run: each marked line is an error for the type checker, and the mark one where there is none.
    const stage = () =>
      defineStage({
        ...noInputs,
        name: "test/types",
        params: Schema.Struct({ n: field(Count, doc("n"), 1), kind: field(oneOf("a", "b"), doc("kind")) }),
        inputs: { data: dataset(), extra: optional(model()), all: many(table({})) },
        outputs: { stat: table({ n: Int32, name: Utf8 }), data: dataset() },
        run: (ctx) =>
          Effect.gen(function*() {
            const data = yield* ctx.inputs.data.read
            yield* ctx.outputs.stat.append([{ n: ctx.params.n, name: ctx.params.kind }])
            // @ts-expect-error a column has another type
            yield* ctx.outputs.stat.append([{ n: "1", name: "a" }])
            // @ts-expect-error a column is missing
            yield* ctx.outputs.stat.append([{ n: 1 }])
            // @ts-expect-error no such parameter
            void ctx.params.m
            // @ts-expect-error no such word
            void (ctx.params.kind === "c")
            // @ts-expect-error the input may be absent
            void ctx.inputs.extra.path
            // @ts-expect-error a list of inputs
            void ctx.inputs.all.path
            // @ts-expect-error a data set is written as samples, not as a file
            void ctx.outputs.data.path
            yield* ctx.outputs.data.write(data)
          })
      })
    // @ts-expect-error the default has another type
    const wrong = () => field(Count, doc("n"), "one")
    expect([stage, wrong]).toHaveLength(2)
  })
})
