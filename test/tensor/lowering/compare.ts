/** What tests of lowering ask: which operators a graph is made of, and whether two graphs give the same numbers. */
import { assert } from "@effect/vitest"
import { reachable, type Value } from "../../../src/tensor/graph.ts"
import { interpret } from "../../../src/tensor/reference.ts"
import { type Tensor, toNumbers } from "../../../src/tensor/tensor.ts"

export type Outputs = Readonly<Record<string, Value>>
export type Feeds = Readonly<Record<string, Tensor>>

export const operators = (values: Outputs): ReadonlyArray<string> =>
  reachable(Object.values(values)).flatMap(({ node }) => (node === undefined ? [] : [node.operator.name]))

/** Each number within the tolerance of the expected one, relative to it where it is greater than 1. */
export const checkNumbers = (actual: Feeds, expected: Feeds, tolerance: number): void => {
  for (const [name, tensor] of Object.entries(expected)) {
    const numbers = actual[name] === undefined ? [] : toNumbers(actual[name])
    const near = (number: number, i: number) => Math.abs((numbers[i] ?? NaN) - number) <= tolerance * Math.max(1, Math.abs(number))
    toNumbers(tensor).forEach((number, i) => near(number, i) || assert.fail(`${name}[${i}] is ${numbers[i]}, not ${number}`))
  }
}

/** Both graphs give the same numbers, computed in float64 from constants in float32. */
export const checkSame = (outputs: Outputs, lowered: Outputs, feeds: Feeds, tolerance = 1e-6): void =>
  checkNumbers(interpret(lowered, feeds), interpret(outputs, feeds), tolerance)
