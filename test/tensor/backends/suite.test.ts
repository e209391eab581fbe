/**
 * One suite of operator cases, with their gradients, against the reference interpreter on every backend that this machine has. What a
 * backend is known not to run is listed with what it says.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result } from "effect"
import { grad } from "../../../src/tensor/differentiate.ts"
import type { Value } from "../../../src/tensor/graph.ts"
import * as o from "../../../src/tensor/ops.ts"
import { interpret } from "../../../src/tensor/reference.ts"
import { openSession } from "../../../src/tensor/runtime.ts"
import { type Case, caseTitles, Dice, makeCase, weighted } from "../cases.ts"
import { testedBackends } from "./available.ts"
import { differenceOf } from "./compare.ts"

/** By backend and case: the refusal that is to come. */
const tfjs = {
  "bits: shifts": /no form for BitShift/, "cast to the other precision and back": /no float64/,
  "scatterElements, the greatest or least": /no form for ScatterElements/, "scatterND, the greatest or least": /no form for ScatterND/
}
const refused: Readonly<Record<string, Readonly<Record<string, RegExp>>>> = { "tfjs (wasm)": tfjs, "tfjs (cpu)": tfjs }

/** What software draws is slow enough with the first derivatives; REPRISE_LONG=1 checks the second there too. */
const twice = (backend: string): boolean => backend !== "webgpu" || process.env["REPRISE_LONG"] === "1"

/** Gradients of the gradients' sines, which are of their size however large these are. */
const secondOf = (one: Case, gradients: ReadonlyArray<Value>): ReadonlyArray<Value> =>
  grad(gradients.map((gradient) => weighted({ ...one, output: o.sin(gradient) }, new Dice(13))).reduce((a, b) => o.add(a, b)), one.inputs)

const backends = await testedBackends()

for (const { title: backend, options, tolerance, missing } of backends) {
  describe.skipIf(missing !== undefined)(missing === undefined ? `${backend}, to ${tolerance.toPrecision(1)}` : `${backend}: skipped, ${missing}`, () => {
    for (const title of caseTitles) {
      it.effect(title, () => Effect.gen(function*() {
        const one = makeCase(title, 11, "float32")
        const outputs: Record<string, Value> = { y: one.output }
        const gradients = grad(weighted(one, new Dice(12)), one.inputs)
        gradients.forEach((gradient, i) => (outputs[`d${i}`] = gradient))
        if (twice(backend)) secondOf(one, gradients).forEach((gradient, i) => (outputs[`dd${i}`] = gradient))
        const computed = yield* Effect.result(Effect.flatMap(openSession(outputs, options), (session) => session.run(one.feeds)))
        const refusal = refused[backend]?.[title]
        if (Result.isFailure(computed)) {
          assert.isDefined(refusal, computed.failure.message)
          return assert.match(computed.failure.message, refusal ?? /^$/)
        }
        assert.isUndefined(refusal, "it runs after all: take it off the list")
        assert.isUndefined(differenceOf(computed.success, interpret(outputs, one.feeds), tolerance))
      }), 30_000)
    }
  })
}
