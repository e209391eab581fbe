/** The forward rows: from systems to reduced bases. Classic systems over F_32003 in degrevlex; systems made backward from bases in shape position, in lex. */
import { randomStream } from "../../src/stage/random.ts"
import type { ClassicSystem } from "../../stages/groebner/lib/algebra/classic-systems.ts"
import { cyclic, katsura } from "../../stages/groebner/lib/algebra/classic-systems.ts"
import { primeField } from "../../stages/groebner/lib/algebra/field.ts"
import { groebnerBasis } from "../../stages/groebner/lib/algebra/groebner.ts"
import type { System } from "../../stages/groebner/lib/algebra/groebner.ts"
import { numberedVariables, polynomialRing } from "../../stages/groebner/lib/algebra/ring.ts"
import { parsePolynomial, parseSystem, showPolynomial } from "../../stages/groebner/lib/algebra/text.ts"
import { median, spread } from "../row.ts"
import type { BenchRow } from "../row.ts"
import { hasMathicgb, hasSingular, mathicgb, singular } from "./engines.ts"
import { backwardSystem } from "./samples.ts"

const characteristic = 32003

export const forwardRows = (quick: boolean): ReadonlyArray<BenchRow> => [
  ...[cyclic(6), cyclic(7), katsura(7), katsura(8)].map((system) => classicRow(system, quick ? 3 : 9)),
  ...[7, 31].flatMap((p) => [2, 3, 4, 5].map((n) => samplesRow(p, n, quick ? 50 : 200, quick ? 3 : 7)))
]

const time = (work: () => void): number => {
  const started = performance.now()
  work()
  return performance.now() - started
}

/** Sorted, so that both ways of listing a basis are one. */
const texts = ({ polynomials, ring }: System<number>): string => polynomials.map((f) => showPolynomial(ring, f)).toSorted().join("\n")

const sameBasis = (ours: System<number>, theirs: ReadonlyArray<string>): boolean =>
  texts(ours) === texts({ ...ours, polynomials: theirs.map((line) => parsePolynomial(ours.ring, line)) })

const classicRow = ({ name, text, variables }: ClassicSystem, rounds: number): BenchRow => {
  const ring = polynomialRing(primeField(characteristic), variables, "degrevlex")
  const system = { ring, polynomials: parseSystem(ring, text) }
  const job = { characteristic, variables, order: "dp", systems: [text], by: "std", repeat: 1 } as const
  const basis = groebnerBasis(system)
  if (hasSingular && !sameBasis(basis, singular(job)[0]?.basis ?? [])) throw new Error(`${name}: our basis is not Singular's.`)
  const pairs = Array.from({ length: rounds }, () => ({
    ours: time(() => groebnerBasis(system)),
    peer: hasSingular ? singular(job)[0]?.milliseconds ?? Number.NaN : Number.NaN,
    bound: hasMathicgb ? mathicgb(characteristic, variables.length, system.polynomials) : Number.NaN
  }))
  const bound = median(pairs.map(({ bound }) => bound))
  return row(`${name}, F_${characteristic}, degrevlex`, pairs, 1, `peer: Singular std${hasMathicgb ? `; mathicgb F4 ${bound.toPrecision(3)} ms` : ""}`)
}

/** The mean over the same samples on each side; its ratio by rounds. */
const samplesRow = (p: number, n: number, count: number, rounds: number): BenchRow => {
  const variables = numberedVariables(n)
  const ring = polynomialRing(primeField(p), variables, "lex")
  const samples = Array.from({ length: count }, (_, at) => backwardSystem(ring, randomStream(0, "bench", `backward ${p} ${n}`).at(at)))
  const systems = samples.map((polynomials) => ({ ring, polynomials }))
  const job = { characteristic: p, variables, order: "lp", systems: samples.map((system) => system.map((f) => showPolynomial(ring, f)).join(",")), by: "stdfglm", repeat: 1 } as const
  const bases = systems.map((system) => groebnerBasis(system))
  if (hasSingular) {
    for (const [at, { basis }] of singular(job).entries()) {
      const ours = bases[at]
      if (ours === undefined || !sameBasis(ours, basis)) throw new Error(`F_${p}, n = ${n}, sample ${at}: our basis is not Singular's.`)
    }
  }
  const mean = (values: ReadonlyArray<number>) => values.reduce((sum, value) => sum + value, 0) / values.length
  const each = Array.from({ length: rounds }, () => ({
    ours: systems.map((system) => time(() => groebnerBasis(system))),
    peer: hasSingular ? singular(job).map(({ milliseconds }) => milliseconds) : [Number.NaN]
  }))
  const most = Math.max(...each.map(({ ours }) => Math.max(...ours)))
  return row(
    `backward-generated, F_${p}, n = ${n}, lex, mean of ${count}`,
    each.map(({ ours, peer }) => ({ ours: mean(ours), peer: mean(peer) })),
    2,
    `peer: Singular stdfglm; medians ${median(each.flatMap(({ ours }) => ours)).toPrecision(2)} and ${median(each.flatMap(({ peer }) => peer)).toPrecision(2)} ms, our longest ${most.toPrecision(2)} ms`
  )
}

const row = (work: string, pairs: ReadonlyArray<{ readonly ours: number; readonly peer: number }>, limit: number, note: string): BenchRow => {
  const ratios = pairs.map(({ ours, peer }) => ours / peer)
  return {
    work,
    ours: median(pairs.map(({ ours }) => ours)),
    peer: hasSingular ? median(pairs.map(({ peer }) => peer)) : null,
    ratio: hasSingular ? median(ratios) : null,
    limit: hasSingular ? limit : null,
    spread: spread(hasSingular ? ratios : pairs.map(({ ours }) => ours)),
    unit: "ms",
    note: hasSingular ? note : "peer missing: apt-get install singular-ui"
  }
}
