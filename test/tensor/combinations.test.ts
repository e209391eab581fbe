/**
 * First and second derivatives of every combination of attributes against differences in float64, and values and gradients on every backend
 * against the interpreter.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { grad } from "../../src/tensor/differentiate.ts"
import type { Value } from "../../src/tensor/graph.ts"
import * as o from "../../src/tensor/ops.ts"
import { interpret } from "../../src/tensor/reference.ts"
import { openSession } from "../../src/tensor/runtime.ts"
import { sizeOf } from "../../src/tensor/shape.ts"
import { type DataType, fromNumbers, itemOf, scalar, type Tensor, toNumbers } from "../../src/tensor/tensor.ts"
import { testedBackends } from "./backends/available.ts"
import { differenceOf } from "./backends/compare.ts"
import { apart, Bench, Dice } from "./cases/bench.ts"
import { type Combination, combinationsOf, familyTitles } from "./cases/combinations.ts"

const STEP = 1e-5

/** With REPRISE_LONG=1 everything is checked; otherwise second derivatives and backends besides the processor take a third, WebGPU nothing. */
const long = process.env["REPRISE_LONG"] === "1"

/** A scalar that weighs every element of a value differently. */
const weigh = (value: Value, dice: Dice): Value => o.reduceSum(o.mul(value, value.graph.constant(fromNumbers(apart(dice, sizeOf(value.shape), -1, 1), value))))

interface Checked {
  readonly bench: Bench
  readonly all: ReadonlyArray<Combination & { readonly loss: Value; readonly gradients: ReadonlyArray<Value> }>
}

const built = (title: string, type: DataType, some = false): Checked => {
  const dice = new Dice(3)
  const bench = new Bench(dice, type)
  const chosen = new Dice(6)
  const all = combinationsOf(title, bench).filter(() => !some || chosen.uniform() < 1 / 3).map((one) => {
    const loss = weigh(one.output, dice)
    return { ...one, loss, gradients: grad(loss, one.inputs) }
  })
  return { bench, all }
}

/** Every loss along one random direction of its inputs: the derivative that the gradients say, and the central difference. */
const alongDirection = (losses: ReadonlyArray<{ readonly title: string; readonly inputs: ReadonlyArray<Value>; readonly loss: Value; readonly gradients: ReadonlyArray<Value> }>, bench: Bench): void => {
  const dice = new Dice(4)
  assert.isNotEmpty(losses)
  const directions = new Map(bench.inputs.map((input) => [input.name, Float64Array.from({ length: sizeOf(input.shape) }, () => 2 * dice.uniform() - 1)]))
  const moved = (by: number): Record<string, Tensor> => Object.fromEntries(bench.inputs.map((input) => {
    const feed = bench.feeds[input.name]
    const along = directions.get(input.name)
    if (feed === undefined || along === undefined) throw new Error(`${input.name} is not fed`)
    return [input.name, fromNumbers(toNumbers(feed).map((x, i) => x + by * (along[i] ?? 0)), input)]
  }))
  const named = Object.fromEntries(losses.map(({ loss }, i) => [`loss ${i}`, loss]))
  const [above, below] = [interpret(named, moved(STEP)), interpret(named, moved(-STEP))]
  const exact = interpret(Object.fromEntries(losses.flatMap(({ gradients }, i) => gradients.map((gradient, k) => [`${i} ${k}`, gradient]))), bench.feeds)
  const numberOf = (of: Readonly<Record<string, Tensor>>, name: string): number => itemOf(of[name] ?? scalar(NaN))
  losses.forEach(({ gradients, inputs, title }, i) => {
    const measured = (numberOf(above, `loss ${i}`) - numberOf(below, `loss ${i}`)) / (2 * STEP)
    const said = gradients.reduce((sum, _, k) => {
      const [slope, along] = [exact[`${i} ${k}`], directions.get(inputs[k]?.name ?? "")]
      return sum + (slope === undefined || along === undefined ? NaN : toNumbers(slope).reduce((total, x, at) => total + x * (along[at] ?? NaN), 0))
    }, 0)
    assert.closeTo(said, measured, 1e-6 * Math.max(1, Math.abs(measured)), title)
  })
}

describe("the derivative of every combination of attributes agrees with differences", () => {
  for (const title of familyTitles) {
    it(title, () => {
      const { all, bench } = built(title, "float64")
      alongDirection(all, bench)
    })
  }
})

describe("so does the second derivative", () => {
  for (const title of familyTitles) {
    it(title, () => {
      const { all, bench } = built(title, "float64", !long)
      const dice = new Dice(5)
      alongDirection(all.map((one) => {
        const loss = one.gradients.map((gradient) => weigh(o.mul(gradient, gradient), dice)).reduce((a, b) => o.add(a, b))
        return { ...one, loss, gradients: grad(loss, one.inputs) }
      }), bench)
    })
  }
})

const backends = await testedBackends()

for (const { missing: absent, options, title: backend, tolerance } of backends) {
  const missing = absent ?? (backend === "webgpu" && !long ? "it takes half a minute in software (REPRISE_LONG=1)" : undefined)
  describe.skipIf(missing !== undefined)(missing === undefined ? `${backend} computes every combination, with its gradients, to ${tolerance.toPrecision(1)}` : `${backend}: skipped, ${missing}`, () => {
    for (const title of familyTitles) {
      it.effect(title, () => Effect.gen(function*() {
        const { all, bench } = built(title, "float32", !long && backend !== "cpu")
        const outputs = Object.fromEntries(all.flatMap(({ gradients, output, title: one }, i) =>
          [[`${i} ${one}`, output] as const, ...gradients.map((gradient, k) => [`${i} ${one}, gradient ${k}`, gradient] as const)]))
        const computed = yield* Effect.flatMap(openSession(outputs, options), (session) => session.run(bench.feeds))
        assert.isUndefined(differenceOf(computed, interpret(outputs, bench.feeds), tolerance))
      }), 60_000)
    }
  })
}
