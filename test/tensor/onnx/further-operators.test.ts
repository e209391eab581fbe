/** Operators that the published vectors leave out or show forward only: sampling with its gradients beside PyTorch, newer ones beside onnxruntime. */
import { Effect } from "effect"
import { assert, describe, it } from "vitest"
import { grad } from "../../../src/tensor/differentiate.ts"
import { Graph } from "../../../src/tensor/graph.ts"
import { importModel } from "../../../src/tensor/import.ts"
import { runFile } from "../../../src/tensor/import-check.ts"
import * as o from "../../../src/tensor/ops.ts"
import { interpret } from "../../../src/tensor/reference.ts"
import { type Shape, sizeOf } from "../../../src/tensor/shape.ts"
import { fromNumbers, tensor, toNumbers } from "../../../src/tensor/tensor.ts"
import { torchAnswers, whyNoTorch } from "../../stages/torch.ts"
import { Dice } from "../cases/bench.ts"
import { file, floats, info, node } from "./files.ts"

const dice = new Dice(5)
const uniform = (shape: Shape, most: number): Array<number> => Array.from({ length: sizeOf(shape) }, () => most * (2 * dice.uniform() - 1))
const nested = (numbers: ReadonlyArray<number>, [head, ...rest]: ReadonlyArray<number>): unknown => {
  if (head === undefined) return numbers[0]
  return Array.from({ length: head }, (_, i) => nested(numbers.slice(i * sizeOf(rest), (i + 1) * sizeOf(rest)), rest))
}

describe.skipIf(whyNoTorch !== undefined)(`GridSample beside PyTorch${whyNoTorch === undefined ? "" : ` (${whyNoTorch})`}`, () => {
  const [imageShape, gridShape] = [[2, 2, 3, 4], [2, 3, 3, 2]]
  // Some places lie far outside.
  const [image, places] = [uniform(imageShape, 2), uniform(gridShape, 2.6)]
  const cases = ["bilinear", "nearest"].flatMap((mode) => ["zeros", "border", "reflection"].flatMap((padding) => [true, false].map((corners) => ({ mode, padding, corners }))))
  const answers = whyNoTorch === undefined
    ? torchAnswers<{ sample: ReadonlyArray<ReadonlyArray<ReadonlyArray<number>>> }>(
      { sample: { x: nested(image, imageShape), grid: nested(places, gridShape), cases } }, new URL("torch_sampling.py", import.meta.url)
    ).sample
    : []

  cases.forEach(({ corners, mode, padding }, i) => {
    it(`${mode}, ${padding}, ${corners ? "corners" : "edges"} aligned`, () => {
      const graph = new Graph()
      const [x, grid] = [graph.input("x", imageShape, "float64"), graph.input("grid", gridShape, "float64")]
      const bytes = file({
        opset: 16, input: [info("x", imageShape, 11), info("grid", gridShape, 11)], output: [{ name: "y" }],
        node: [node("GridSample", ["x", "grid"], ["y"], { mode, padding_mode: padding, align_corners: corners ? 1 : 0 })]
      })
      const { y = x } = importModel(bytes, { on: { x, grid } }).outputs
      const weights = fromNumbers(Array.from({ length: sizeOf(y.shape) }, (_, k) => Math.sin(k + 1)), y)
      const [dx = y, dGrid = y] = grad(o.reduceSum(o.mul(y, graph.constant(weights))), [x, grid])
      const found = interpret({ y, dx, dGrid }, { x: fromNumbers(image, x), grid: fromNumbers(places, grid) })
      for (const [k, name] of ["y", "dx", "dGrid"].entries()) {
        const [ours, theirs] = [toNumbers(found[name] ?? tensor([], [0])), answers[i]?.[k] ?? []]
        assert.strictEqual(ours.length, theirs.length)
        theirs.forEach((value, at) => assert.closeTo(ours[at] ?? NaN, value, 1e-9, `${name}[${at}]`))
      }
    })
  })
})

describe("newer operators beside onnxruntime on the file", () => {
  const x = tensor(uniform([2, 3, 4], 2), [2, 3, 4])
  it.each([
    ["RMSNormalization", 23, { axis: -2, epsilon: 0.01 }, [floats("scale", [4], [1, 2, 0.5, -1])]],
    ["RMSNormalization", 23, {}, [floats("scale", [4], [1, 2, 0.5, -1])]],
    ["Swish", 24, { alpha: 1.7 }, []]
  ] as const)("%s of operator set %d, %o", async (operator, opset, attributes, weights) => {
    const bytes = file({
      opset, input: [info("x", [2, 3, 4])], initializer: [...weights], output: [{ name: "y" }],
      node: [node(operator, ["x", ...weights.map(({ name = "" }) => name)], ["y"], attributes)]
    })
    const { y: ours } = interpret(importModel(bytes).outputs, { x })
    const { y: theirs } = await Effect.runPromise(runFile(bytes, { x }))
    toNumbers(theirs ?? tensor([], [0])).forEach((value, i) => assert.closeTo(toNumbers(ours ?? tensor([], [0]))[i] ?? NaN, value, 1e-5))
    assert.strictEqual(theirs?.data.length, 24)
  })
})
