/** Resize by its definition: along every axis a product with a constant matrix, then a fixed value for what lies beyond the source. */
import { first, floatOf } from "../../../operator.ts"
import { stepsOf } from "../../../operators/resize.ts"
import { at } from "../../../shape.ts"
import { type Lowering, type Lowerings, reordered, sizes, unshared } from "./lowering.ts"

const resize: Lowering = (tf, node) => {
  const steps = stepsOf(first(node.inputs).shape, node.attributes)
  const beyond = floatOf(node.attributes, "extrapolation_value", 0)
  return (inputs) => {
    const resized = steps.reduce((x, { axis, map: { matrix } }) => {
      const order = [...x.shape.keys()].filter((i) => i !== axis).concat(axis)
      const last = reordered(tf, x, order)
      const size = at(x.shape, axis)
      const weights = tf.tensor2d(Float32Array.from(matrix.flatMap((row) => Array.from(row))), [matrix.length, size])
      const product = tf.matMul(tf.reshape(last, [-1, size]), unshared(tf, weights), false, true)
      return reordered(tf, tf.reshape(product, [...last.shape.slice(0, -1), matrix.length]), order.map((_, i) => order.indexOf(i)))
    }, tf.clone(first(inputs)))
    return [steps.filter(({ map }) => map.outside.includes(true)).reduce((x, { axis, map }) => {
      const outside = tf.tensor([...map.outside], sizes(x.shape.map((size, i) => (i === axis ? size : 1))), "bool")
      return tf.where(tf.broadcastTo(outside, x.shape), tf.fill(x.shape, beyond), x)
    }, resized)]
  }
}

export const resizes: Lowerings = { Resize: resize }
