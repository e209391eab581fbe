/**
 * Training of the two-layer net written out in double precision, one sample and one unit at a time: slow, obvious, and independent of
 * the tensor engine.
 */
import { nextPlateau, startPlateau } from "../../../stages/train/lib/plateau.ts"

export interface Case {
  readonly x: ReadonlyArray<ReadonlyArray<number>>
  readonly y: ReadonlyArray<number>
  readonly W: ReadonlyArray<ReadonlyArray<number>>
  readonly b: ReadonlyArray<number>
  readonly a: ReadonlyArray<number>
  readonly gamma: number
  readonly loss: "identity" | "logistic"
  readonly rate: number
  readonly steps: number
}

export interface Trained {
  /** Mean loss before each step. */
  readonly losses: ReadonlyArray<number>
  /** Learning rate after each step. */
  readonly rates: ReadonlyArray<number>
  readonly W: ReadonlyArray<ReadonlyArray<number>>
  readonly b: ReadonlyArray<number>
}

const momentum = 0.9

export const train = (given: Case): Trained => {
  const W = given.W.map((row) => [...row])
  const b = [...given.b]
  const velocityW = W.map((row) => row.map(() => 0))
  const velocityB = b.map(() => 0)
  const losses: Array<number> = []
  const rates: Array<number> = []
  let schedule = startPlateau(given.rate)
  for (let step = 0; step < given.steps; step++) {
    const gradientW = W.map((row) => row.map(() => 0))
    const gradientB = b.map(() => 0)
    let loss = 0
    given.x.forEach((sample, n) => {
      const label = given.y[n] ?? 0
      const before = W.map((row, k) => row.reduce((sum, w, i) => sum + w * (sample[i] ?? 0), b[k] ?? 0))
      const s = -label * before.reduce((sum, z, k) => sum + (given.a[k] ?? 0) * (z > 0 ? z : given.gamma * z), 0)
      loss += (given.loss === "identity" ? s : Math.log1p(Math.exp(-Math.abs(s))) + Math.max(s, 0)) / given.x.length
      const slope = given.loss === "identity" ? 1 : 1 / (1 + Math.exp(-s))
      before.forEach((z, k) => {
        const back = (slope * -label * (given.a[k] ?? 0) * (z > 0 ? 1 : given.gamma)) / given.x.length
        gradientB[k] = (gradientB[k] ?? 0) + back
        const row = gradientW[k] ?? []
        sample.forEach((value, i) => (row[i] = (row[i] ?? 0) + back * value))
      })
    })
    const { rate } = schedule
    const move = (weights: Array<number>, velocity: Array<number>, gradient: ReadonlyArray<number>) => {
      gradient.forEach((g, i) => {
        velocity[i] = momentum * (velocity[i] ?? 0) + g
        weights[i] = (weights[i] ?? 0) - rate * (velocity[i] ?? 0)
      })
    }
    W.forEach((row, k) => move(row, velocityW[k] ?? [], gradientW[k] ?? []))
    move(b, velocityB, gradientB)
    schedule = nextPlateau(schedule, loss)
    losses.push(loss)
    rates.push(schedule.rate)
  }
  return { losses, rates, W, b }
}
