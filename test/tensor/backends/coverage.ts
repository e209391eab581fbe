/**
 * The published table of what each backend runs: every kind of node that the operator cases and their gradients have, alone on the backend,
 * with nothing left to the processor, compared with the reference.
 */
import { Effect, Result } from "effect"
import { alone, keyOf } from "../../../src/tensor/backends/unsupported.ts"
import { grad } from "../../../src/tensor/differentiate.ts"
import { type Node, reachable, type Value } from "../../../src/tensor/graph.ts"
import { interpret } from "../../../src/tensor/reference.ts"
import { openSession, type SessionOptions } from "../../../src/tensor/runtime.ts"
import type { Tensor } from "../../../src/tensor/tensor.ts"
import { caseTitles, Dice, makeCase, weighted } from "../cases.ts"
import { type TestedBackend, testedBackends } from "./available.ts"
import { differenceOf } from "./compare.ts"

interface Sample {
  readonly operator: string
  readonly types: ReadonlyArray<string>
  readonly outputs: Readonly<Record<string, Value>>
  readonly feeds: Readonly<Record<string, Tensor>>
}

/** A node of a case by itself, with the outputs that are used there, fed with what it gets there. */
const sampleOf = (node: Node, used: ReadonlySet<Value>, tensors: Readonly<Record<string, Tensor>>): Sample | undefined => {
  const all = alone(node)
  if (all === undefined) return undefined
  const outputs = Object.fromEntries(Object.entries(all).filter((_, i) => node.outputs.some((output, k) => k === i && used.has(output))))
  const feeds = Object.fromEntries(node.inputs.flatMap((input, i) => {
    const tensor = tensors[String(input.id)]
    return input.constant !== undefined || tensor === undefined ? [] : [[`x${i}`, tensor] as const]
  }))
  return { operator: node.operator.name, types: [...new Set(node.inputs.map(({ type }) => type))], outputs, feeds }
}

/** One sample of each kind of node, of the cases themselves and with their gradients. */
const samples = (): ReadonlyArray<Sample> => {
  const found = new Map<string, Sample>()
  for (const title of caseTitles) {
    const one = makeCase(title, 11, "float32")
    const gradients = grad(weighted(one, new Dice(12)), one.inputs)
    for (const wanted of [[one.output], [one.output, ...gradients]]) {
      const values = reachable(wanted)
      const used = new Set(values)
      const computed = interpret(Object.fromEntries(values.map((value) => [String(value.id), value])), one.feeds)
      for (const node of new Set(values.flatMap((value) => value.node ?? []))) {
        const key = `${keyOf(node)} ${node.outputs.map((output) => used.has(output)).join()}`
        const sample = found.has(key) ? undefined : sampleOf(node, used, computed)
        if (sample !== undefined) found.set(key, sample)
      }
    }
  }
  return [...found.values()]
}

const runs = async (sample: Sample, options: SessionOptions, tolerance: number): Promise<boolean> => {
  const computed = await Effect.runPromise(Effect.result(Effect.scoped(
    Effect.flatMap(openSession(sample.outputs, { ...options, fallback: "none" }), (session) => session.run(sample.feeds))
  )))
  return Result.isSuccess(computed) && differenceOf(computed.success, interpret(sample.outputs, sample.feeds), tolerance) === undefined
}

/** `yes`, the types that do not run, or how many of the forms do. */
const verdict = (outcomes: ReadonlyArray<{ readonly sample: Sample; readonly ran: boolean }>): string => {
  const failed = outcomes.filter(({ ran }) => !ran)
  if (failed.length === 0) return "yes"
  if (failed.length === outcomes.length) return "no"
  const running = new Set(outcomes.filter(({ ran }) => ran).flatMap(({ sample }) => sample.types))
  const types = new Set(failed.flatMap(({ sample }) => sample.types.filter((type) => !running.has(type))))
  return types.size > 0 && failed.every(({ sample }) => sample.types.some((type) => types.has(type)))
    ? `not ${[...types].sort().join(", ")}`
    : `${outcomes.length - failed.length} of ${outcomes.length} forms`
}

/** A Markdown table: operators by backends that this machine has. */
export const coverageTable = async (): Promise<string> => {
  const backends = (await testedBackends()).filter(({ missing }) => missing === undefined)
  const byOperator = Map.groupBy(samples(), ({ operator }) => operator)
  const rows: Array<ReadonlyArray<string>> = []
  for (const [operator, own] of [...byOperator].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const cells: Array<string> = []
    for (const backend of backends) cells.push(await cell(own, backend))
    rows.push([operator, ...cells])
  }
  return [["operator", ...backends.map(({ title }) => title)], ["---", ...backends.map(() => "---")], ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n")
}

const cell = async (own: ReadonlyArray<Sample>, { options, tolerance }: TestedBackend): Promise<string> => {
  const outcomes: Array<{ readonly sample: Sample; readonly ran: boolean }> = []
  for (const sample of own) outcomes.push({ sample, ran: await runs(sample, options, tolerance) })
  return verdict(outcomes)
}
