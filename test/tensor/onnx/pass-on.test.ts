/** Operators that the engine does not know, computed by onnxruntime between those that it does. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { grad } from "../../../src/tensor/differentiate.ts"
import { importModel, type ImportOptions } from "../../../src/tensor/import.ts"
import { encodeModel } from "../../../src/tensor/onnx/encode.ts"
import { runFile } from "../../../src/tensor/import-check.ts"
import * as o from "../../../src/tensor/ops.ts"
import { openSession } from "../../../src/tensor/runtime.ts"
import { type Tensor, tensor, toNumbers } from "../../../src/tensor/tensor.ts"
import { type File, file, floats, info, node } from "./files.ts"

/** exp(x), twice its product with w transposed, the determinant of that. */
const foreign = (value_info: File["value_info"] = [info("product", ["n", 2, 2]), info("size", ["n"])]): Uint8Array => file({
  opset: 21, domains: ["com.microsoft"], input: [info("x", ["n", 2, 2])], initializer: [floats("w", [2, 2], [1, 0.5, -1, 2])],
  node: [
    node("Exp", ["x"], ["e"]), node("FusedMatMul", ["e", "w"], ["product"], { alpha: 2.5, transB: 1 }, { domain: "com.microsoft" }), node("Det", ["product"], ["size"]),
    node("Neg", ["size"], ["y"])
  ],
  ...(value_info === undefined ? {} : { value_info }), output: [{ name: "y" }]
})
const forward: ImportOptions = { shapes: { n: 3 }, unknown: "forward" }
const numbers = (of: Tensor | undefined): ReadonlyArray<number> => (of === undefined ? [] : [...toNumbers(of)])
const x = tensor(Array.from({ length: 12 }, (_, i) => Math.sin(i)), [3, 2, 2])

describe("operators that the engine does not know", () => {
  it("are refused by name unless they are to be passed on", () => {
    assert.throws(() => importModel(foreign(), { shapes: { n: 3 } }), /Node "FusedMatMul of product" \(com.microsoft.FusedMatMul\): the operator is not known[^]*Node "Det of size" \(Det\)/)
  })

  it.effect("run as in the file, and in the file that is written of them", () => Effect.gen(function*() {
    const bytes = foreign()
    const { y: original } = yield* runFile(bytes, { x })
    const { outputs } = importModel(bytes, forward)
    const session = yield* openSession(outputs)
    const { y: ours } = yield* session.run({ x })
    const { y: again } = yield* runFile(encodeModel(outputs), { x })
    assert.strictEqual(numbers(original).length, 3)
    assert.deepStrictEqual(numbers(ours), numbers(original))
    assert.deepStrictEqual(numbers(again), numbers(original))
  }))

  it("leave what follows them differentiable, and not what comes before", () => {
    const { inputs, outputs } = importModel(foreign(), forward)
    const [y, input] = [outputs["y"], inputs["x"]]
    if (y === undefined || input === undefined) throw new Error("no values")
    assert.throws(() => grad(o.reduceSum(y), [input]), /Det has no derivative rule/)
  })

  it("need results of declared shapes", () => {
    assert.throws(() => importModel(foreign([info("product", ["n", 2, 2])]), forward), /Det of size.*does not declare the shapes of its results/)
    assert.throws(() => importModel(foreign([info("product", ["m", 2, 2]), info("size", ["n"])]), forward), /FusedMatMul of product.*does not declare the shapes/)
  })
})
