/**
 * The border basis algorithm once more, as plainly as it can be said: polynomials are maps from exponents as text to whole numbers, and nothing is kept from
 * one reduction to the next. Slow; what the stage computes must be the same, step by step.
 */
export type Plain = ReadonlyMap<string, bigint>

const exponentsOf = (monomial: string): ReadonlyArray<number> => monomial.split(",").map(Number)

/** Degrevlex: the greater degree; then, from the last variable on, the lesser exponent. */
const compare = (a: string, b: string): number => {
  const [left, right] = [exponentsOf(a), exponentsOf(b)]
  const degree = (exponents: ReadonlyArray<number>) => exponents.reduce((sum, exponent) => sum + exponent, 0)
  if (degree(left) !== degree(right)) return degree(left) - degree(right)
  for (let v = left.length - 1; v >= 0; v--) if (left[v] !== right[v]) return (right[v] ?? 0) - (left[v] ?? 0)
  return 0
}

const ascending = (monomials: Iterable<string>) => [...monomials].sort(compare)
export const leadOf = (f: Plain): string => ascending(f.keys()).at(-1) ?? ""
const moved = (monomial: string, v: number, by: number) => exponentsOf(monomial).map((exponent, other) => exponent + (other === v ? by : 0)).join()
const variables = (monomial: string) => exponentsOf(monomial).map((_, v) => v)

const inverse = (a: bigint, p: bigint): bigint => {
  let [power, base] = [1n, a]
  for (let left = p - 2n; left > 0n; left >>= 1n, base = (base * base) % p) if (left & 1n) power = (power * base) % p
  return power
}

const combined = (f: Plain, factor: bigint, g: Plain, p: bigint): Plain => {
  const sum = new Map(f)
  for (const [monomial, value] of g) sum.set(monomial, ((sum.get(monomial) ?? 0n) + factor * value) % p)
  return new Map([...sum].filter(([, value]) => value !== 0n))
}

/** Until no reducer has the same leading monomial; then the leading coefficient becomes 1. */
const reduced = (f: Plain, reducers: ReadonlyArray<Plain>, p: bigint): Plain => {
  let rest = f
  for (;;) {
    const lead = leadOf(rest)
    const reducer = rest.size === 0 ? undefined : reducers.find((g) => leadOf(g) === lead)
    if (reducer !== undefined) rest = combined(rest, p - (rest.get(lead) ?? 0n), reducer, p)
    else return rest.size === 0 ? rest : combined(new Map(), inverse(rest.get(lead) ?? 1n, p), rest, p)
  }
}

const divisors = (monomials: Iterable<string>): Set<string> => {
  const held = new Set<string>()
  const add = (monomial: string): void => {
    if (held.has(monomial)) return
    held.add(monomial)
    for (const v of variables(monomial)) if ((exponentsOf(monomial)[v] ?? 0) > 0) add(moved(monomial, v, -1))
  }
  for (const monomial of monomials) add(monomial)
  return held
}

export interface PlainStep {
  readonly maximal: ReadonlyArray<string>
  readonly universe: number
  readonly span: ReadonlyArray<Plain>
  readonly survivors: ReadonlyArray<readonly [number, number]>
}

const byLead = (span: ReadonlyArray<Plain>) => span.toSorted((a, b) => compare(leadOf(a), leadOf(b)))

/** The steps within the last universe, and the monomials that lead nothing. */
export const plainBorderBasis = (generators: ReadonlyArray<Plain>, p: bigint): { readonly steps: ReadonlyArray<PlainStep>; readonly orderIdeal: ReadonlyArray<string> } => {
  let universe = divisors(generators.flatMap((f) => [...f.keys()]))
  const independent: Array<Plain> = []
  for (const f of generators) {
    const rest = reduced(f, independent, p)
    if (rest.size > 0) independent.push(rest)
  }
  let span = byLead(independent)
  for (;;) {
    const steps: Array<PlainStep> = []
    for (;;) {
      const left: Array<{ readonly f: Plain; readonly from: readonly [number, number] }> = []
      span.forEach((f, at) => {
        for (const v of variables(leadOf(f))) {
          const rest = reduced(new Map([...f].map(([monomial, value]) => [moved(monomial, v, 1), value])), [...span, ...left.map(({ f }) => f)], p)
          if (rest.size > 0) left.push({ f: rest, from: [at, v] })
        }
      })
      const before = universe
      let inside = left
      for (let size = -1; size !== universe.size;) {
        size = universe.size
        inside = left.filter(({ f }) => universe.has(leadOf(f)))
        universe = divisors([...universe, ...inside.flatMap(({ f }) => [...f.keys()])])
      }
      steps.push({
        maximal: ascending(before).filter((monomial) => variables(monomial).every((v) => !before.has(moved(monomial, v, 1)))),
        universe: before.size,
        span,
        survivors: inside.map(({ from }) => from)
      })
      if (inside.length === 0) break
      span = byLead([...span, ...inside.map(({ f }) => f)])
    }
    const leading = new Set(span.map(leadOf))
    const orderIdeal = ascending(universe).filter((monomial) => !leading.has(monomial))
    const border = orderIdeal.flatMap((monomial) => variables(monomial).map((v) => moved(monomial, v, 1))).filter((monomial) => !orderIdeal.includes(monomial))
    if (border.every((monomial) => universe.has(monomial))) return { steps, orderIdeal }
    universe = divisors([...universe, ...border])
  }
}
