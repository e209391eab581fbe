/**
 * The discrete Fourier transform along an axis, as a product with the matrix of its waves: images are small, and a matrix product has a
 * derivative and runs everywhere. Long signals are split into two shorter transforms (Cooley and Tukey 1965), as often as needed.
 */
import type { Value } from "../graph.ts"
import { axisOf, type Composition, first, intOf, Misfit } from "../operator.ts"
import * as o from "../ops.ts"
import { at } from "../shape.ts"
import { sharedConstant } from "./linear-map.ts"

/** From here on a split costs less than the product. */
const SPLIT_FROM = 512

/** exp(turn 2 pi i k / n) as a pair; k is reduced first, so that long signals lose nothing. */
const wave = (k: number, n: number, turn: 1 | -1): readonly [number, number] => {
  const angle = (turn * 2 * Math.PI * (k % n)) / n
  return [Math.cos(angle), Math.sin(angle)]
}

/** x [..., n, 1 or 2] to its first `count` frequencies [..., count, 2]. */
const transform = (x: Value, count: number, turn: 1 | -1): Value => {
  const leading = x.shape.slice(0, -2)
  const [n, parts] = [at(x.shape, x.shape.length - 2), at(x.shape, x.shape.length - 1)]
  const factor = n >= SPLIT_FROM ? divisorNearRoot(n) : 1
  if (factor > 1) return count === n ? split(x, factor, turn) : o.slice(split(x, factor, turn), [0], [count], [leading.length])
  // One real matrix for real and imaginary parts: (re + i im) (c + i s).
  const matrix = sharedConstant(x.graph, `dft ${turn}`, { type: x.type, shape: [n * parts, count * 2] }, () =>
    Array.from({ length: n * parts }, (_, row) => Array.from({ length: count }, (_, k) => {
      const [re, im] = wave(Math.floor(row / parts) * k, n, turn)
      return row % parts === 0 ? [re, im] : [-im, re]
    })).flat(2))
  return o.reshape(o.matMul(o.reshape(x, [...leading, 1, n * parts]), matrix), [...leading, count, 2])
}

/** n = a b: transforms of length a over every b-th element, turned, then transforms of length b across them. */
const split = (x: Value, a: number, turn: 1 | -1): Value => {
  const leading = x.shape.slice(0, -2)
  const [n, parts] = [at(x.shape, x.shape.length - 2), at(x.shape, x.shape.length - 1)]
  const b = n / a
  const rank = leading.length
  const swap = [...leading.keys(), rank + 1, rank, rank + 2]
  const rows = transform(o.transpose(o.reshape(x, [...leading, a, b, parts]), swap), a, turn)
  const columns = transform(o.transpose(turned(rows, a, b, turn), swap), b, turn)
  return o.reshape(o.transpose(columns, swap), [...leading, n, 2])
}

/** Element [j, k] of [..., b, a, 2] times exp(turn 2 pi i j k / (a b)). */
const turned = (x: Value, a: number, b: number, turn: 1 | -1): Value => {
  const factors = (part: "same" | "other") => sharedConstant(x.graph, `turn ${turn} ${part}`, { type: x.type, shape: [b, a, 2] }, () =>
    Array.from({ length: a * b }, (_, i) => {
      const [re, im] = wave(Math.floor(i / a) * (i % a), a * b, turn)
      return part === "same" ? [re, re] : [-im, im]
    }).flat())
  const exchanged = o.slice(x, [-1], [Number.MIN_SAFE_INTEGER], [x.shape.length - 1], [-1])
  return o.add(o.mul(x, factors("same")), o.mul(exchanged, factors("other")))
}

/** The greatest divisor up to the square root; 1 for a prime. */
const divisorNearRoot = (n: number): number => {
  let divisor = Math.floor(Math.sqrt(n))
  while (n % divisor !== 0) divisor--
  return divisor
}

/** Cut or filled with zeros to a length. */
const toLength = (x: Value, axis: number, length: number): Value => {
  const size = at(x.shape, axis)
  if (length <= size) return o.slice(x, [0], [length], [axis])
  return o.pad(x, x.shape.map(() => 0), x.shape.map((_, i) => (i === axis ? length - size : 0)))
}

/** The whole spectrum of a real signal of this length, from the frequencies that are not conjugates of others. */
const mirrored = (x: Value, length: number): Value => {
  const axis = x.shape.length - 2
  const count = at(x.shape, axis)
  if (length === 1) return x
  const others = o.slice(x, [length - count], [0], [axis], [-1])
  const conjugate = sharedConstant(x.graph, "conjugate", { type: x.type, shape: [2] }, () => [1, -1])
  return o.concat([x, o.mul(others, conjugate)], axis)
}

export const fourier: ReadonlyArray<Composition> = [
  {
    // As of opset 20. `inverse` with `onesided` takes half a spectrum back to a real signal (of even length, if none is given).
    name: "DFT",
    inputs: [1, 1],
    attributes: {
      inverse: { kind: "int" }, onesided: { kind: "int" }, dft_length: { kind: "int", input: 1 }, axis: { kind: "int", input: 2 }
    },
    compose: (inputs, attributes) => {
      const x = first(inputs)
      const rank = x.shape.length
      const parts = at(x.shape, rank - 1)
      if (rank < 2 || (parts !== 1 && parts !== 2)) throw new Misfit("takes [..., 1] for real or [..., 2] for complex signals")
      const axis = axisOf(intOf(attributes, "axis", -2), x.shape)
      if (axis === rank - 1) throw new Misfit("the last axis is for real and imaginary part")
      const inverse = intOf(attributes, "inverse", 0) !== 0
      const onesided = intOf(attributes, "onesided", 0) !== 0
      const order = [...Array(rank - 1).keys()].filter((i) => i !== axis).concat(axis, rank - 1)
      const back = order.map((_, i) => order.indexOf(i))
      const signal = o.transpose(x, order)
      const size = at(x.shape, axis)
      const length = intOf(attributes, "dft_length", onesided && inverse ? 2 * (size - 1) : size)
      if (length < 1) throw new Misfit(`a transform of ${length} elements`)
      if (onesided && !inverse && parts === 2) throw new Misfit("only a real signal has a one-sided spectrum")
      if (!inverse) {
        const count = onesided ? Math.floor(length / 2) + 1 : length
        return [o.transpose(transform(toLength(signal, rank - 2, length), count, -1), back)]
      }
      const spectrum = onesided ? mirrored(toLength(signal, rank - 2, Math.floor(length / 2) + 1), length) : toLength(signal, rank - 2, length)
      const scaled = o.mul(transform(spectrum, length, 1), 1 / length)
      return [o.transpose(onesided ? o.slice(scaled, [0], [1], [rank - 1]) : scaled, back)]
    }
  }
]
