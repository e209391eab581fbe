import { describe, expect, it } from "vitest"
import { randomStream } from "../../../src/stage/random.ts"
import { Graph, type Value } from "../../../src/tensor/graph.ts"
import { interpret } from "../../../src/tensor/reference.ts"
import { tensor, toNumbers } from "../../../src/tensor/tensor.ts"
import { intoBall, lengthOf, toPlane } from "../../../stages/attack/lib/ball.ts"
import { checkpoints } from "../../../stages/attack/lib/checkpoints.ts"
import { type Norm, norms, project, steepest } from "../../../stages/attack/lib/geometry.ts"
import { nextPoint } from "../../../stages/attack/lib/gradient-step.ts"
import { shareAt } from "../../../stages/attack/lib/square.ts"
import { randomStart } from "../../../stages/attack/lib/start.ts"

const [n, size] = [20, 7]
const draw = (purpose: string, scale = 1) => randomStream(1, "geometry", purpose).fillNormal(new Float32Array(n * size)).map((value) => scale * value)
const compute = (build: (x: Value) => Value, x: Float32Array, shape: ReadonlyArray<number> = [n, size]): Float64Array => {
  const { y } = interpret({ y: build(new Graph().input("x", shape)) }, { x: tensor(x, shape) })
  return toNumbers(y ?? tensor([], [0]))
}
const rowOf = (rows: ArrayLike<number>, row: number) => Array.from({ length: size }, (_, i) => rows[row * size + i] ?? 0)
const dot = (a: ReadonlyArray<number>, b: ReadonlyArray<number>) => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0)
const dual: Readonly<Record<Norm, Norm>> = { linf: "l1", l2: "l2", l1: "linf" }

describe.each(norms)("the %s ball", (norm) => {
  const x = draw("points", 2)
  const projected = compute((value) => project(norm, value, 1.5), x)

  it("holds what is projected into it, and keeps what it holds", () => {
    for (let row = 0; row < n; row++) {
      expect(lengthOf(norm, rowOf(projected, row))).toBeLessThanOrEqual(1.5 + 1e-6)
      if (lengthOf(norm, rowOf(x, row)) <= 1.5) rowOf(projected, row).forEach((value, i) => expect(value).toBeCloseTo(x[row * size + i] ?? 0, 6))
    }
    const twice = compute((value) => project(norm, value, 1.5), Float32Array.from(projected))
    twice.forEach((value, i) => expect(value).toBeCloseTo(projected[i] ?? 0, 5))
  })

  it("is projected to at its nearest point: the rest stands against every point of the ball", () => {
    const others = compute((value) => project(norm, value, 1.5), draw("others", 3))
    for (let row = 0; row < n; row++) {
      const p = rowOf(projected, row)
      const rest = rowOf(x, row).map((value, i) => value - (p[i] ?? 0))
      const q = rowOf(others, row).map((value, i) => value - (p[i] ?? 0))
      expect(dot(rest, q)).toBeLessThanOrEqual(1e-5)
    }
  })

  it("is the same for arrays as for graphs, and stays in the range of the data", () => {
    const out = new Float64Array(size)
    for (let row = 0; row < n; row++) {
      intoBall(norm, rowOf(x, row), new Float64Array(size), 1.5, {}, out)
      out.forEach((value, i) => expect(value).toBeCloseTo(projected[row * size + i] ?? 0, 5))
      intoBall(norm, rowOf(x, row), new Float64Array(size), 1.5, { low: -0.3, high: 0.2 }, out)
      expect(Math.max(...out)).toBeLessThanOrEqual(0.2)
      expect(Math.min(...out)).toBeGreaterThanOrEqual(-0.3)
      expect(lengthOf(norm, out)).toBeLessThanOrEqual(1.5 + 1e-9)
    }
  })

  it("has the steepest step of unit length: it gains the dual norm of the gradient", () => {
    const steps = compute((value) => steepest(norm, value, 1 / size), x)
    for (let row = 0; row < n; row++) {
      expect(lengthOf(norm, rowOf(steps, row))).toBeCloseTo(1, 5)
      expect(dot(rowOf(steps, row), rowOf(x, row))).toBeCloseTo(lengthOf(dual[norm], rowOf(x, row)), 4)
    }
  })

  it("has no direction where the gradient is zero", () => {
    expect([...compute((value) => steepest(norm, value), new Float32Array(n * size))].every((value) => value === 0)).toBe(true)
  })

  it("has random points spread evenly over it: their lengths are d / (d + 1) of its radius on average, and no side is preferred", () => {
    const many = 2000
    const points = randomStart(norm, new Float32Array(many * size), size, 0.5, {}, randomStream(3, "geometry", norm))
    const lengths = Array.from({ length: many }, (_, row) => lengthOf(norm, rowOf(points, row)))
    expect(Math.max(...lengths)).toBeLessThanOrEqual(0.5 * (1 + 1e-6))
    expect(lengths.reduce((sum, length) => sum + length, 0) / many / 0.5).toBeCloseTo(size / (size + 1), 1.9)
    for (let i = 0; i < size; i++) expect(Math.abs(lengths.reduce((sum, _, row) => sum + (points[row * size + i] ?? 0), 0) / many)).toBeLessThan(0.03)
  })

  it("knows the shortest way to a hyperplane: the distance over the dual norm of its normal", () => {
    const w = draw("normals")
    const out = new Float64Array(size)
    for (let row = 0; row < n; row++) {
      const [own, normal] = [rowOf(x, row), rowOf(w, row)]
      toPlane(norm, own, normal, 0.7, {}, out)
      expect(dot(normal, own.map((value, i) => value + (out[i] ?? 0)))).toBeCloseTo(0.7, 6)
      expect(lengthOf(norm, out)).toBeCloseTo(Math.abs(0.7 - dot(normal, own)) / lengthOf(dual[norm], normal), 6)
      const inside = own.map((value) => Math.min(Math.max(value, -1), 1))
      toPlane(norm, inside, normal, 0.7, { low: -1, high: 1 }, out)
      const moved = inside.map((value, i) => value + (out[i] ?? 0))
      expect(Math.max(...moved.map(Math.abs))).toBeLessThanOrEqual(1 + 1e-9)
      if (lengthOf("l1", normal) > 0.7) expect(dot(normal, moved)).toBeCloseTo(0.7, 5)
    }
  })
})

describe("steps", () => {
  const step = (rule: Parameters<typeof nextPoint>[0], x: ReadonlyArray<number>, origin: ReadonlyArray<number>, gradient: ReadonlyArray<number>, marked: ReadonlyArray<number> = [0, 0, 0]) => {
    const graph = new Graph()
    const input = (name: string) => graph.input(name, [1, 3])
    const next = nextPoint(rule, { x: input("x"), marked: input("marked") }, input("origin"), input("gradient"), { low: 0, high: 1 })
    const row = (values: ReadonlyArray<number>) => tensor(Float32Array.from(values), [1, 3])
    const found = interpret({ x: next.x, marked: next.marked ?? next.x }, { x: row(x), marked: row(marked), origin: row(origin), gradient: row(gradient) })
    return [found["x"], found["marked"]].map((value) => Array.from(toNumbers(value ?? row([])), (v) => Number(v.toFixed(6))))
  }

  it("of learning from perturbations follow the gradient in l-infinity, and shrink the whole difference", () => {
    const rule = { kind: "normalised", norm: "linf", eps: 0.2, step: 0.1 } as const
    expect(step(rule, [0.5, 0.5, 0.5], [0.5, 0.5, 0.5], [2, -1, 0])[0]).toEqual([0.6, 0.45, 0.5])
    // The difference (0.3, -0.1, 0.1) has its greatest entry at 0.3: all of it is scaled by 2/3.
    expect(step(rule, [0.7, 0.4, 0.6], [0.5, 0.5, 0.5], [1, 0, 0])[0]).toEqual([0.7, 0.433333, 0.566667])
  })

  it("of the greedy attack free one more coordinate and move all that are free", () => {
    const rule = { kind: "greedy", step: 0.3 } as const
    expect(step(rule, [0.5, 0.5, 0.5], [0.5, 0.5, 0.5], [1, -4, 2])).toEqual([[0.5, 0.2, 0.5], [0, 1, 0]])
    expect(step(rule, [0.5, 0.2, 0.5], [0.5, 0.5, 0.5], [1, -1, 2], [0, 1, 0])).toEqual([[0.5, 0.05, 0.8], [0, 1, 1]])
  })
})

describe("schedules", () => {
  it("of APGD look back at the published steps", () => {
    expect(checkpoints(100)).toEqual([22, 41, 57, 70, 80, 87, 93, 99])
  })

  it("of Square halve the share at the published queries", () => {
    expect([0, 10, 11, 51, 201, 501, 1001, 2001, 4001].map((query) => 0.8 / shareAt(query, 0.8))).toEqual([1, 1, 2, 4, 8, 16, 32, 64, 128])
  })
})
