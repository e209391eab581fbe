/** Systems that engines are compared on, as text over x0, x1, ...: cyclic, Katsura, economics, Noonburg, Reimer. */
import { algebraError } from "./errors.ts"
import { numberedVariables } from "./ring.ts"

export interface ClassicSystem {
  readonly name: string
  readonly variables: ReadonlyArray<string>
  /** Polynomials separated by commas. */
  readonly text: string
}

const range = (from: number, to: number): ReadonlyArray<number> => Array.from({ length: to - from }, (_, at) => from + at)

const build = (name: string, variables: number, polynomials: ReadonlyArray<string>): ClassicSystem => ({
  name,
  variables: numberedVariables(variables),
  text: polynomials.join(", ")
})

/** Cyclic n-roots (Bjoerck and Froeberg 1991): sums of products of d neighbours on a ring of n, and the product of all minus 1. */
export const cyclic = (n: number): ClassicSystem => {
  const neighbours = (from: number, d: number) => range(from, from + d).map((at) => `x${at % n}`).join("*")
  return build(`cyclic-${n}`, atLeast(2, n), [...range(1, n).map((d) => range(0, n).map((from) => neighbours(from, d)).join(" + ")), `${neighbours(0, n)} - 1`])
}

/** Katsura n (magnetism): n + 1 variables, 2^n solutions. */
export const katsura = (n: number): ClassicSystem => {
  const u = (at: number) => `x${Math.abs(at)}`
  const products = (m: number) => range(-n, n + 1).filter((at) => Math.abs(m - at) <= n).map((at) => `${u(at)}*${u(m - at)}`)
  return build(`katsura-${n}`, atLeast(1, n) + 1, [
    `${range(-n, n + 1).map(u).join(" + ")} - 1`,
    ...range(0, n).map((m) => `${products(m).join(" + ")} - ${u(m)}`)
  ])
}

/** Economics n (Morgan 1987). */
export const eco = (n: number): ClassicSystem =>
  build(`eco-${n}`, atLeast(3, n), [
    ...range(1, n).map((k) => [`x${k - 1}*x${n - 1}`, ...range(0, n - k - 1).map((at) => `x${at}*x${at + k}*x${n - 1}`)].join(" + ") + ` - ${k}`),
    `${range(0, n - 1).map((at) => `x${at}`).join(" + ")} + 1`
  ])

/** Noonburg n (neural networks, 1989). */
export const noon = (n: number): ClassicSystem =>
  build(`noon-${n}`, atLeast(2, n), range(0, n).map((at) =>
    `${range(0, n).filter((other) => other !== at).map((other) => `10*x${at}*x${other}^2`).join(" + ")} - 11*x${at} + 10`
  ))

/** Reimer n: alternating power sums. */
export const reimer = (n: number): ClassicSystem =>
  build(`reimer-${n}`, atLeast(2, n), range(2, n + 2).map((power) =>
    `-1 + ${range(0, n).map((at) => `${at % 2 === 0 ? "2" : "(-2)"}*x${at}^${power}`).join(" + ")}`
  ))

const atLeast = (least: number, n: number): number => {
  if (!Number.isInteger(n) || n < least) throw algebraError(`This family begins with ${least}, not ${n}.`)
  return n
}
