import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { pullBack } from "../../../src/tensor/differentiate.ts"
import { Graph, type Value } from "../../../src/tensor/graph.ts"
import { lower } from "../../../src/tensor/lowering/lower.ts"
import { byMinimalFiltering, winograd } from "../../../src/tensor/lowering/winograd.ts"
import { windowOf } from "../../../src/tensor/operators/window.ts"
import * as o from "../../../src/tensor/ops.ts"
import { openSession } from "../../../src/tensor/runtime.ts"
import { type Shape, sizeOf } from "../../../src/tensor/shape.ts"
import { type DataType, fromNumbers, type Tensor, toNumbers } from "../../../src/tensor/tensor.ts"
import { apart, Dice } from "../cases.ts"
import { checkNumbers, checkSame, operators } from "./compare.ts"

interface Options {
  /** Of the input and the output. */
  readonly channels?: readonly [number, number]
  readonly kernel?: number
  readonly type?: DataType
  readonly bias?: boolean
  readonly convolution?: { readonly pads?: ReadonlyArray<number>; readonly strides?: number; readonly dilations?: number; readonly groups?: number }
}

/** A convolution of pictures of `size`, padded by 1 all around if not said otherwise, and both its gradients. */
const convolution = (samples: number, size: Shape, options: Options = {}) => {
  const { bias = false, channels: [inputs, outputs] = [64, 64], convolution = { pads: [1, 1, 1, 1] }, kernel = 3, type = "float32" } = options
  const graph = new Graph()
  const x = graph.input("x", [samples, inputs, ...size], type)
  const w = graph.input("w", [outputs, inputs / (convolution.groups ?? 1), kernel, kernel], type)
  const y = o.conv(x, w, bias ? graph.input("b", [outputs], type) : undefined, convolution)
  const gradient = graph.input("dy", y.shape, type)
  const [dx = x, dw = w] = pullBack([{ value: y, gradient }], [x, w])
  return { x, w, gradient, outputs: { y, dx, dw } }
}

const numbersFor = (values: ReadonlyArray<Value>): Record<string, Tensor> => {
  const dice = new Dice(7)
  return Object.fromEntries(values.map((value) => [value.name, fromNumbers(apart(dice, sizeOf(value.shape), -0.5, 0.5), value)]))
}

describe("convolutions by minimal filtering", () => {
  for (const [title, samples, size, channels, pads] of [
    ["one tile", 3, [4, 4], [2, 3], [1, 1, 1, 1]],
    ["two by three tiles", 2, [8, 12], [3, 2], [1, 1, 1, 1]],
    ["sizes that no tile divides", 2, [7, 5], [2, 3], [1, 1, 1, 1]],
    ["padding on some sides only", 1, [8, 6], [3, 2], [0, 2, 1, 0]],
    ["no padding, a single row of results", 1, [3, 9], [2, 2], [0, 0, 0, 0]]
  ] as const) {
    it(`compute the same, gradients included: ${title}`, () => {
      const { gradient, outputs, w, x } = convolution(samples, size, { channels, convolution: { pads } })
      const form = winograd(windowOf(size, [3, 3], { pads }), samples, "forward")
      const tiles = { y: form.forward(x, w), dx: form.inputGradient(gradient, w), dw: form.weightGradient(x, gradient) }
      checkSame(outputs, tiles, numbersFor([x, w, gradient]), 4e-6)
    })
  }

  it("share what they make of the output's gradient, and make anew what would have to be kept for it", () => {
    const found = operators(lower(convolution(64, [8, 8]).outputs, [byMinimalFiltering]))
    assert.notInclude(found, "Conv")
    // Three over channels; one along an axis for the picture in either pass, for the gradient, and for each of both results.
    assert.lengthOf(found.filter((name) => name === "MatMul"), 3 + 5)
  })

  it("are left alone where that form is not meant for or does not pay", () => {
    for (const [samples, size, options] of [
      [64, [9, 9], { convolution: { strides: 2 } }],
      [64, [9, 9], { convolution: { dilations: 2 } }],
      [64, [8, 8], { convolution: { groups: 2 } }],
      [64, [8, 8], { kernel: 5 }],
      [64, [8, 8], { channels: [16, 64] }],
      [64, [8, 8], { type: "float64" }],
      [64, [4, 200], {}],
      [1, [8, 8], {}]
    ] as const) {
      const { y } = convolution(samples, size, options).outputs
      assert.deepStrictEqual(operators(lower({ y }, [byMinimalFiltering])), ["Conv"])
    }
  })

  it("leave constant weights to the runtime", () => {
    const graph = new Graph()
    const weights = graph.constant(fromNumbers(new Float64Array(64 * 64 * 9), { type: "float32", shape: [64, 64, 3, 3] }))
    const y = o.conv(graph.input("x", [64, 64, 8, 8]), weights)
    assert.deepStrictEqual(operators(lower({ y }, [byMinimalFiltering])), ["Conv"])
  })

  it.effect("give for a batch, where they pay, what its samples give one by one, where they do not, and the same bytes again", () => Effect.gen(function*() {
    const samples = 16
    const all = convolution(samples, [8, 8], { bias: true })
    const one = convolution(1, [8, 8], { bias: true })
    const feeds = numbersFor([...all.outputs.y.graph.inputs.values()])
    const session = yield* openSession(all.outputs, { threads: 2 })
    const batch = yield* session.run(feeds)
    const again = yield* session.run(feeds)
    for (const [name, { data }] of Object.entries(batch)) assert.isTrue(data.every((number, i) => Object.is(number, again[name]?.data[i])), name)

    const single = yield* openSession(one.outputs)
    const part = (tensor: Tensor | undefined, i: number, { shape }: Value): Tensor =>
      fromNumbers(tensor === undefined ? [] : toNumbers(tensor).slice(i * sizeOf(shape), (i + 1) * sizeOf(shape)), { type: "float32", shape })
    const sum = new Float64Array(sizeOf(one.w.shape))
    for (let i = 0; i < samples; i++) {
      const { dw, ...pictures } = yield* single.run({ ...feeds, x: part(feeds["x"], i, one.x), dy: part(feeds["dy"], i, one.gradient) })
      if (dw !== undefined) toNumbers(dw).forEach((number, j) => (sum[j] = (sum[j] ?? 0) + number))
      checkNumbers({ y: part(batch["y"], i, one.outputs.y), dx: part(batch["dx"], i, one.outputs.dx) }, pictures, 2e-5)
    }
    checkNumbers(batch, { dw: fromNumbers(sum, one.outputs.dw) }, 1e-4)
  }))
})
