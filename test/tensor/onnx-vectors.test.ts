/**
 * The interpreter against the vectors that ONNX publishes for its operators (Debian package libonnx-testdata): inputs and outputs of nodes
 * made by the operators' reference implementation. Whatever we take must come out right; what we do not have must be named.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "vitest"
import { GraphError } from "../../src/tensor/errors.ts"
import { decodeModel, decodeTensor } from "../../src/tensor/onnx/decode.ts"
import { type ModelProto, readModel } from "../../src/tensor/onnx/schema.ts"
import { operatorNamed } from "../../src/tensor/operators/registry.ts"
import { interpret } from "../../src/tensor/reference.ts"
import { type Tensor, toNumbers } from "../../src/tensor/tensor.ts"

const root = "/usr/share/libonnx-testdata/data/node"

const tensorsOf = (folder: string, kind: "input" | "output"): ReadonlyArray<Tensor> =>
  readdirSync(folder)
    .filter((file) => file.startsWith(`${kind}_`))
    .sort((a, b) => parseInt(a.slice(kind.length + 1), 10) - parseInt(b.slice(kind.length + 1), 10))
    .map((file) => decodeTensor(readFileSync(join(folder, file))))

/** Inputs that our operators take as attributes (axes, shapes) are fixed while the model is read. */
const attributeInputs = ({ graph }: ModelProto, feeds: Readonly<Record<string, Tensor>>): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(feeds).filter(([name]) => (graph?.node ?? []).some((node) =>
    Object.values(operatorNamed(node.op_type ?? "")?.attributes ?? {}).some(({ input }) => input !== undefined && node.input?.[input] === name))))

const near = (a: number, b: number): boolean => Object.is(a, b) || a === b || Math.abs(a - b) <= 1e-4 * Math.max(1, Math.abs(b))

/** "unsupported", or what differs, or undefined. */
const check = (name: string): string | undefined => {
  const bytes = readFileSync(join(root, name, "model.onnx"))
  const proto = readModel(bytes)
  const operators = (proto.graph?.node ?? []).map(({ op_type }) => op_type ?? "")
  if (operators.some((operator) => operatorNamed(operator) === undefined && operator !== "Constant")) return "unsupported"
  try {
    const folder = join(root, name, "test_data_set_0")
    const inputs = tensorsOf(folder, "input")
    const feeds = Object.fromEntries((proto.graph?.input ?? []).flatMap((info, i) => (inputs[i] === undefined ? [] : [[info.name ?? "", inputs[i]]])))
    const { outputs } = decodeModel(bytes, { constants: attributeInputs(proto, feeds) })
    const computed = Object.values(interpret(outputs, feeds))
    return tensorsOf(folder, "output").map((expected, i) => {
      const actual = computed[i]
      if (actual === undefined) return `no output ${i}`
      if (actual.shape.join() !== expected.shape.join()) return `shape ${actual.shape} instead of ${expected.shape}`
      const [numbers, wanted] = [toNumbers(actual), toNumbers(expected)]
      const wrong = wanted.findIndex((number, k) => !near(numbers[k] ?? NaN, number))
      return wrong < 0 ? undefined : `[${wrong}] ${numbers[wrong]} instead of ${wanted[wrong]}`
    }).find((difference) => difference !== undefined)
  } catch (error) {
    if (error instanceof GraphError) return "unsupported"
    throw error
  }
}

describe.skipIf(!existsSync(root))("ONNX's own operator vectors", () => {
  it("come out right wherever the operators and types are ours", () => {
    const results = readdirSync(root).filter((name) => existsSync(join(root, name, "model.onnx"))).map((name) => ({ name, result: check(name) }))
    assert.deepStrictEqual(results.filter(({ result }) => result !== undefined && result !== "unsupported"), [])
    assert.isAtLeast(results.filter(({ result }) => result === undefined).length, 400)
  })
})
