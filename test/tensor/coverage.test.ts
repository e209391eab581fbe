/**
 * That the cases leave nothing out: every operator that the engine has stands in one, a gradient passes every operator with a derivative, and
 * every attribute takes more than one value. All checks run over the same cases (values, first and second derivatives, every backend), so
 * this holds for each of them.
 */
import { assert, describe, it } from "vitest"
import { reachable, type Value } from "../../src/tensor/graph.ts"
import type { Operator } from "../../src/tensor/operator.ts"
import { operatorNamed, operatorNames } from "../../src/tensor/operators/registry.ts"
import { isFloat } from "../../src/tensor/tensor.ts"
import { Bench, caseTitles, Dice, makeCase } from "./cases.ts"
import { combinationsOf, familyTitles } from "./cases/combinations.ts"

interface Sample {
  readonly output: Value
  readonly inputs: ReadonlyArray<Value>
}

const samples: ReadonlyArray<Sample> = [
  ...caseTitles.flatMap((title) => [1, 2, 3, 4].map((seed) => makeCase(title, seed, "float64"))),
  ...familyTitles.flatMap((title) => combinationsOf(title, new Bench(new Dice(3), "float64")))
]

const nodesOf = (values: ReadonlyArray<Value>) => reachable(values).flatMap(({ node }) => node ?? [])

/** Operators by name, compositions (which leave no node of their own) and those of the runtime alone aside. */
const operators = operatorNames().flatMap((name): ReadonlyArray<Operator> => {
  const operator = operatorNamed(name)
  return operator !== undefined && "infer" in operator && operator.domain === undefined ? [operator] : []
})

/** Simplified away or said by others whenever they are applied. */
const never = ["Identity", "Flatten", "Squeeze", "Unsqueeze"]

/** Operators whose result is no smooth function of anything: their rules say that nothing flows. */
const zero = ["Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Equal", "And", "Or", "Xor", "Not", "IsNaN", "IsInf", "ArgMax", "ArgMin", "BitShift", "BitwiseAnd",
  "BitwiseOr", "BitwiseXor", "BitwiseNot", "StopGradient"]

/** With the one value that the engine takes, or set by other operators' compositions. */
const single: Readonly<Record<string, ReadonlyArray<string>>> = {
  MaxPool: ["storage_order"], // row-major only
  BatchNormalization: ["momentum", "training_mode"], // of the form for training, a composition
  GatherND: ["batch_dims"], // a composition where there are batch axes
  Reshape: ["allowzero"], // no shape keeps a size
  LayerNormalization: ["stash_type"], // the precision in between, always that of the operands
  TopK: ["sorted"], // always
  Cast: ["saturate"]
}

/** Operators between inputs and output that a gradient passes. */
const differentiated = (output: Value, inputs: ReadonlyArray<Value>): ReadonlySet<string> => {
  const wanted = new Set<Value>(inputs)
  const through = new Set<string>()
  for (const value of reachable([output])) {
    if (value.node === undefined || !isFloat(value.type) || !value.node.inputs.some((input) => wanted.has(input))) continue
    wanted.add(value)
    through.add(value.node.operator.name)
  }
  return through
}

describe("the cases", () => {
  const inCases = new Set(samples.flatMap(({ output }) => nodesOf([output]).map(({ operator }) => operator.name)))

  it("hold every operator", () => {
    assert.deepStrictEqual(operators.map(({ name }) => name).filter((name) => !inCases.has(name) && !never.includes(name)), [])
  })

  it("differentiate every operator with a derivative", () => {
    const seen = new Set(samples.flatMap(({ inputs, output }) => [...differentiated(output, inputs)]))
    const smooth = operators.filter(({ derivative, name }) => derivative !== undefined && !never.includes(name) && !zero.includes(name)).map(({ name }) => name)
    assert.deepStrictEqual(smooth.filter((name) => !seen.has(name)), [])
  })

  it("give every attribute more than one value", () => {
    const values = new Map<string, Set<string>>()
    for (const { operator, attributes } of samples.flatMap(({ output }) => nodesOf([output]))) {
      for (const name of Object.keys(operator.attributes ?? {})) {
        const key = `${operator.name} ${name}`
        values.set(key, (values.get(key) ?? new Set()).add(JSON.stringify(attributes[name])))
      }
    }
    const wanted = operators.filter(({ name }) => !never.includes(name))
      .flatMap(({ attributes = {}, name }) => Object.keys(attributes).filter((key) => single[name]?.includes(key) !== true).map((key) => `${name} ${key}`))
    assert.deepStrictEqual(wanted.filter((key) => (values.get(key)?.size ?? 0) < 2), [])
  })
})
