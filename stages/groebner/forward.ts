/** The forward baseline: how long engines take to compute the bases that groebner/generate began with, sample by sample. */
import {
  Bool, Category, column, Count, defineStage, doc, Effect, field, Float64, int, Int64, nullable, oneOf, Positive, Schema, StageError, table, Utf8
} from "../../src/stage.ts"
import { computed } from "./lib/computed.ts"
import { requireExact } from "./lib/exact-system.ts"
import { figuresOf, type Run } from "./lib/forward/outcome.ts"
import { type Problem, problemOf } from "./lib/forward/own-engine.ts"
import { SingularProcess, singularVersion } from "./lib/forward/singular-process.ts"
import { answerOf, type ForwardOrder, questionOf, type SingularEngine, singularEngines } from "./lib/forward/singular-text.ts"
import { systemsOf } from "./lib/generation/system-reader.ts"
import { type System, systemColumns } from "./lib/generation/system-table.ts"

const engines = ["own", ...singularEngines] as const
type Engine = (typeof engines)[number]

export default defineStage({
  name: "groebner/forward",
  summary: doc("Computes the basis of every F with several engines, side by side, with a time limit for each."),
  params: Schema.Struct({
    engines: field(Schema.NonEmptyArray(oneOf(...engines)), doc("own: F4 and FGLM of this project. std, slimgb, stdfglm: Singular's."), [...engines]),
    order: Schema.optionalKey(field(oneOf("lex", "deglex", "degrevlex"), doc("Order of the basis: that of the systems when left out, and G is compared with under that alone. stdfglm needs lex."))),
    timeout: field(Positive, doc("For one sample and engine; what takes longer counts as this.", "s"), 5),
    most: Schema.optionalKey(field(Count, doc("The first samples alone.", "samples"))),
    warm_up: field(int({ min: 0 }), doc("Samples that each engine solves before times are taken: code is compiled, libraries are loaded.", "samples"), 20),
    memory: field(int({ min: 64 }), doc("For Singular.", "MiB"), 4096),
    singular: field(Schema.NonEmptyString, doc("The program."), "Singular"),
    without_singular: field(oneOf("fail", "skip"), doc("Where Singular is not installed: fail, or leave its engines out."), "fail")
  }),
  inputs: { systems: table(systemColumns, doc("What groebner/generate gave.")) },
  outputs: {
    samples: table({
      sample: column(Int64, doc("number of the sample")),
      engine: column(Category, doc("own, std, slimgb or stdfglm")),
      outcome: column(Category, doc("solved, timeout or failed")),
      seconds: column(nullable(Float64), doc("the computation alone, without start, reading and printing; null unless solved", "s")),
      right: column(nullable(Bool), doc("the basis is G; null unless solved under the order of G")),
      message: column(nullable(Utf8), doc("why it failed"))
    }, doc("One row for each sample and engine.")),
    stat: table({
      engine: column(Category, doc("own, std, slimgb or stdfglm")),
      version: column(Utf8, doc("of Singular, or of Node for the own engine")),
      samples: column(Int64, doc("samples")),
      solved: column(Int64, doc("solved in time")),
      timeouts: column(Int64, doc("given up")),
      failed: column(Int64, doc("without an answer for another reason")),
      right: column(Int64, doc("solved, and the basis is G")),
      mean: column(Float64, doc("with timeouts counted as the limit", "s/sample")),
      median: column(Float64, doc("likewise", "s/sample")),
      p90: column(Float64, doc("a tenth takes longer", "s/sample")),
      p99: column(Float64, doc("a hundredth takes longer", "s/sample")),
      greatest: column(Float64, doc("the slowest sample", "s/sample"))
    }, doc("One row for each engine."))
  },
  run: Effect.fn("groebner/forward")(function*({ inputs, outputs, params, progress, log }) {
    const { memory, singular, timeout } = params
    const version = params.engines.some((engine) => engine !== "own") ? singularVersion(singular) : undefined
    const chosen = params.engines.filter((engine) => engine === "own" || version !== undefined)
    if (chosen.length < params.engines.length) {
      if (params.without_singular === "fail" || chosen.length === 0) {
        return yield* new StageError({ message: `there is no ${singular} to ask`, hint: "Install it (Debian: singular-ui), name the program with `singular`, or take `engines: [own]`." })
      }
      yield* log("There is no Singular: its engines are left out.", "warn")
    }
    const orderOf = (system: System): Effect.Effect<ForwardOrder, StageError> => {
      const order = params.order ?? system.order
      return order === "lex" || !chosen.includes("stdfglm") ? Effect.succeed(order)
        : Effect.fail(new StageError({ message: `stdfglm converts to lex, not to ${order}`, hint: "Leave stdfglm out of `engines`, or take `order: lex`." }))
    }
    const process = yield* SingularProcess.open(singular, memory)
    const solve = Effect.fnUntraced(function*(engine: Engine, system: System, problem: Problem): Effect.fn.Return<Run, StageError> {
      const order = yield* orderOf(system)
      return yield* engine === "own" ? Effect.sync(() => problem.solve(order, timeout)) : askSingular(process, engine, system, problem, order, timeout)
    })

    const batches = yield* inputs.systems.batches
    const total = Math.min(params.most ?? batches.rows, batches.rows)
    const runs = new Map<Engine, Array<Run>>(chosen.map((engine) => [engine, []]))
    let done = 0
    for (let batch = 0; batch < batches.count && done < total; batch++) {
      const systems = yield* systemsOf(yield* batches.read(batch))
      if (batch === 0) {
        for (const system of systems.slice(0, params.warm_up)) {
          const problem = yield* exactProblem(system)
          for (const engine of chosen) yield* solve(engine, system, problem)
        }
      }
      for (const system of systems.slice(0, total - done)) {
        const problem = yield* exactProblem(system)
        const rows = []
        for (const engine of chosen) {
          const run = yield* solve(engine, system, problem)
          runs.get(engine)?.push(run)
          rows.push({ sample: system.sample, engine, ...run })
        }
        yield* outputs.samples.append(rows)
        yield* progress(++done, total, "samples")
      }
    }
    yield* outputs.stat.append(Array.from(runs, ([engine, all]) => ({
      engine,
      version: engine === "own" ? globalThis.process.version : version ?? "unknown",
      ...figuresOf(all, timeout)
    })))
  }, Effect.scoped)
})

const exactProblem = (system: System): Effect.Effect<Problem, StageError> =>
  computed(`sample ${system.sample} cannot be read`, () => {
    requireExact(system)
    return problemOf(system)
  })

const askSingular = (process: SingularProcess, engine: SingularEngine, system: System, problem: Problem, order: ForwardOrder, timeout: number): Effect.Effect<Run, StageError> =>
  process.ask(questionOf(system, engine, order), timeout * 1000).pipe(Effect.map((reply): Run => {
    if (reply.outcome === "timeout") return { outcome: "timeout", seconds: null, right: null, message: null }
    if (reply.outcome === "died") return { outcome: "failed", seconds: null, right: null, message: reply.message }
    const answer = answerOf(reply.output)
    if (!answer.ok) return { outcome: "failed", seconds: null, right: null, message: answer.message }
    return { outcome: "solved", seconds: answer.seconds, right: order === system.order ? problem.isBasis(answer.basis) : null, message: null }
  }))
