/**
 * What onnxruntime's WebGPU provider has no kernel for, or a wrong one, said with operators that it has. For float32;
 * other types keep their operator and are named when the graph is opened.
 */
import type { Value } from "../graph.ts"
import type { Rule } from "../lowering/lower.ts"
import { axisOf, first, floatOf, intOf, item } from "../operator.ts"
import * as o from "../ops.ts"

/** A rule for one operator on float32 numbers. */
const say = (name: string, as: (x: Value, inputs: ReadonlyArray<Value>, attributes: Parameters<typeof floatOf>[0]) => Value | undefined): Rule =>
  ({ operator, attributes }, inputs) => (operator.name === name && inputs[0]?.type === "float32" ? as(first(inputs), inputs, attributes) : undefined)

const stopGradient: Rule = ({ operator }, inputs) => (operator.name === "StopGradient" ? first(inputs) : undefined)

const logSoftmax = say("LogSoftmax", (x, _, attributes) => {
  const axis = axisOf(intOf(attributes, "axis", -1), x.shape)
  const shifted = o.sub(x, o.reduceMax(x, [axis], true))
  return o.sub(shifted, o.log(o.reduceSum(o.exp(shifted), [axis], true)))
})

const sign = say("Sign", (x) => o.sub(o.cast(o.greater(x, 0), "float32"), o.cast(o.less(x, 0), "float32")))

const softsign = say("Softsign", (x) => o.div(x, o.add(o.abs(x), 1)))

const selu = say("Selu", (x, _, attributes) =>
  o.mul(o.elu(x, floatOf(attributes, "alpha", Math.fround(1.6732632423543772))), floatOf(attributes, "gamma", Math.fround(1.0507009873554805))))

/** The provider's kernel takes the epsilon of another node of the process: it is not part of what it keeps its shaders under. */
const instanceNormalization = say("InstanceNormalization", (x, inputs, attributes) => {
  const spatial = [...x.shape.keys()].slice(2)
  const centred = o.sub(x, o.reduceMean(x, spatial, true))
  const deviation = o.sqrt(o.add(o.reduceMean(o.square(centred), spatial, true), floatOf(attributes, "epsilon", Math.fround(1e-5))))
  const perChannel = (value: Value): Value => o.reshape(value, [-1, ...spatial.map(() => 1)])
  return o.add(o.mul(o.div(centred, deviation), perChannel(item(inputs, 1))), perChannel(item(inputs, 2)))
})

/** The provider has And and Not. */
const or: Rule = ({ operator }, inputs) => (operator.name === "Or" ? o.not(o.and(o.not(first(inputs)), o.not(item(inputs, 1)))) : undefined)
const xor: Rule = ({ operator }, inputs) => {
  if (operator.name !== "Xor") return undefined
  const [a, b] = [first(inputs), item(inputs, 1)]
  return o.and(o.not(o.and(a, b)), o.not(o.and(o.not(a), o.not(b))))
}

export const webgpuRules: ReadonlyArray<Rule> = [stopGradient, logSoftmax, sign, softsign, selu, instanceNormalization, or, xor]
