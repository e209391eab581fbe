/**
 * ONNX's own test vectors (Debian package libonnx-testdata): small models with inputs and outputs made by the operators' reference
 * implementation. Each goes through the importer, and what comes out through the float64 interpreter and through onnxruntime.
 */
import { Effect } from "effect"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { GraphError } from "../../../src/tensor/errors.ts"
import type { Value } from "../../../src/tensor/graph.ts"
import { type ImportedModel, importModel } from "../../../src/tensor/import.ts"
import { type ModelProto, readModel, readTensorProto, type ValueInfoProto } from "../../../src/tensor/onnx/schema.ts"
import { tensorOf } from "../../../src/tensor/onnx/tensor-proto.ts"
import { operatorNamed } from "../../../src/tensor/operators/registry.ts"
import { interpret } from "../../../src/tensor/reference.ts"
import { openSession } from "../../../src/tensor/runtime.ts"
import { sameShape, showShape } from "../../../src/tensor/shape.ts"
import { type Tensor, toNumbers } from "../../../src/tensor/tensor.ts"

const root = "/usr/share/libonnx-testdata/data"
export const haveVectors = existsSync(join(root, "node"))

export interface Verdict {
  /** `unsupported`: refused with a sentence that says why. */
  readonly outcome: "passed" | "unsupported" | "wrong"
  readonly why?: string
}

export interface Result {
  readonly test: string
  /** The operator that the test is about. */
  readonly operator: string
  readonly interpreter: Verdict
  readonly runtime: Verdict
}

/** Tests of one collection: `node` (one operator each), `pytorch-converted`, `pytorch-operator`, `simple`. */
export const testsOf = (collection: string): ReadonlyArray<string> =>
  readdirSync(join(root, collection)).filter((test) => existsSync(join(root, collection, test, "model.onnx"))).sort()

/** Runs one test. Interpreter and onnxruntime get the same imported graph. */
export const runTest = async (collection: string, test: string): Promise<Result> => {
  const folder = join(root, collection, test)
  const bytes = readFileSync(join(folder, "model.onnx"))
  const proto = readModel(bytes)
  const operator = operatorOf(collection, test, proto)
  const both = (verdict: Verdict): Result => ({ test, operator, interpreter: verdict, runtime: verdict })
  let vectors: Vectors
  let model: ImportedModel
  try {
    vectors = vectorsOf(folder, proto)
    model = importFlexibly(bytes, proto, vectors.feeds)
  } catch (error) {
    return both(refusal(error))
  }
  const { feeds } = vectors
  const expected = loosened(test, vectors.expected)
  return { test, operator, interpreter: interpreted(model.outputs, feeds, expected), runtime: await ran(model.outputs, feeds, expected) }
}

const interpreted = (outputs: Outputs, feeds: Feeds, expected: Expected): Verdict => {
  try {
    return compare(interpret(outputs, feeds), expected)
  } catch (error) {
    return refusal(error)
  }
}

const ran = async (outputs: Outputs, feeds: Feeds, expected: Expected): Promise<Verdict> => {
  const program = Effect.scoped(Effect.flatMap(openSession(outputs), (session) => session.run(feeds)))
  const exit = await Effect.runPromise(Effect.result(program))
  return exit._tag === "Success" ? compare(exit.success, expected) : { outcome: "unsupported", why: withoutNames(exit.failure.message) }
}

type Outputs = Readonly<Record<string, Value>>
type Feeds = Readonly<Record<string, Tensor>>
interface ExpectedTensor {
  readonly tensor: Tensor
  /** Relative. Half precision is held in float32, so that results are more exact than the file's. */
  readonly tolerance: number
}
type Expected = Readonly<Record<string, ExpectedTensor>>
interface Vectors {
  readonly feeds: Feeds
  readonly expected: Expected
}

const vectorsOf = (folder: string, { graph }: ModelProto): Vectors => {
  const inputs = (graph?.input ?? []).filter(({ name }) => !(graph?.initializer ?? []).some((weight) => weight.name === name))
  const read = (kind: "input" | "output", infos: ReadonlyArray<ValueInfoProto>) =>
    infos.flatMap(({ name = "", type }, i) => {
      const path = join(folder, "test_data_set_0", `${kind}_${i}.pb`)
      const elementType = type?.tensor_type?.elem_type ?? 0
      if (type?.tensor_type === undefined) throw new GraphError({ message: `sequences, maps and optional values are not tensors` })
      if (!existsSync(path)) return []
      const proto = readTensorProto(readFileSync(path))
      // The vectors of bfloat16 say that they are uint16.
      return [[name, { tensor: tensorOf(elementType === 16 ? { ...proto, data_type: 16 } : proto), tolerance: toleranceOf(elementType) }] as const]
    })
  return {
    feeds: Object.fromEntries(read("input", inputs).map(([name, { tensor }]) => [name, tensor])),
    expected: Object.fromEntries(read("output", graph?.output ?? []))
  }
}

/**
 * Vectors that hold no more digits than this. Those of the window functions took 3.1415 for pi; a quantised number next to a half
 * is the next whole number in float64 and the one before in float32.
 */
const coarse: ReadonlyArray<readonly [RegExp, number]> = [[/window/, 1e-3], [/dynamicquantize/, 0.05]]
const loosened = (test: string, expected: Expected): Expected => {
  const found = coarse.find(([pattern]) => pattern.test(test))
  if (found === undefined) return expected
  return Object.fromEntries(Object.entries(expected).map(([name, { tensor }]) => [name, { tensor, tolerance: found[1] }]))
}

const toleranceOf = (elementType: number): number => (elementType === 16 ? 1e-2 : elementType === 10 ? 2e-3 : 1e-4)

/**
 * As it is; otherwise with the inputs fixed that our operators take as attributes; otherwise with all small lists of whole numbers, all inputs
 * but the first, or all fixed. What a message says is what the last of them met.
 */
const importFlexibly = (bytes: Uint8Array, proto: ModelProto, feeds: Feeds): ImportedModel => {
  const keep = (test: (name: string, tensor: Tensor) => boolean) => Object.fromEntries(Object.entries(feeds).filter(([name, tensor]) => test(name, tensor)))
  const [head] = Object.keys(feeds)
  const inputShapes = (fixed: Feeds) => Object.fromEntries(Object.entries(feeds).flatMap(([name, { shape }]) => (name in fixed ? [] : [[name, shape]])))
  const attempts = [
    {},
    keep((name) => attributeInput(proto, name)),
    keep((_, { shape, type }) => shape.length <= 1 && (type === "int64" || type === "int32" || type === "bool")),
    keep((name) => name !== head),
    feeds
  ]
  let last: unknown
  for (const constants of attempts) {
    try {
      return importModel(bytes, { constants, inputShapes: inputShapes(constants) })
    } catch (error) {
      last = error
    }
  }
  throw last
}

const attributeInput = ({ graph }: ModelProto, name: string): boolean =>
  (graph?.node ?? []).some((node) =>
    Object.values(operatorNamed(node.op_type ?? "")?.attributes ?? {}).some(({ input }) => input !== undefined && node.input?.[input] === name))

const compare = (actual: Readonly<Record<string, Tensor>>, expected: Expected): Verdict => {
  for (const [name, { tensor, tolerance }] of Object.entries(expected)) {
    const result = actual[name]
    if (result === undefined) return { outcome: "wrong", why: `no output ${name}` }
    if (!sameShape(result.shape, tensor.shape)) return { outcome: "wrong", why: `shape ${showShape(result.shape)} instead of ${showShape(tensor.shape)}` }
    if (result.type !== tensor.type) return { outcome: "wrong", why: `${result.type} instead of ${tensor.type}` }
    const [got, wanted] = [toNumbers(result), toNumbers(tensor)]
    const wrong = wanted.findIndex((number, i) => !near(got[i] ?? NaN, number, tolerance))
    if (wrong >= 0) return { outcome: "wrong", why: `element ${wrong} is ${got[wrong]} instead of ${wanted[wrong]}` }
  }
  return { outcome: "passed" }
}

const near = (a: number, b: number, tolerance: number): boolean => Object.is(a, b) || a === b || Math.abs(a - b) <= tolerance * Math.max(0.1, Math.abs(b))

const refusal = (error: unknown): Verdict => {
  if (!(error instanceof GraphError)) return { outcome: "wrong", why: String(error) }
  return { outcome: "unsupported", why: withoutNames(error.message) }
}

/** A message without what differs from test to test: the node's name, shapes. */
const withoutNames = (message: string): string =>
  (message.split("\n").find((line) => line.trim() !== "") ?? "")
    .replace(/^Node ".*?" \((.*?)\): /, (_, op: string) => (message.includes("is not known to") ? `${op}: ` : ""))
    .replace(/ in node \(.*?\)|The cpu backend could not open the graph: This is an invalid model\. /g, "")
    .replace(/"[^"]*"/g, "...").replace(/[a-z]+\d*\[[\d, ]*\](, )?/g, "").replace(/\(\)/g, "")

const operatorOf = (collection: string, test: string, proto: ModelProto): string => {
  const plain = join(root, collection, test.replace(/_expanded$/, ""), "model.onnx")
  const graph = test.endsWith("_expanded") && existsSync(plain) ? readModel(readFileSync(plain)).graph : proto.graph
  const subject = (graph?.node ?? []).find(({ op_type }) => op_type !== "Constant" || graph?.node?.length === 1)
  return subject?.op_type ?? "none"
}
