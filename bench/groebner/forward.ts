/** The forward rows: from systems to reduced bases. Classic systems over F_32003 in degrevlex; systems made backward from bases in shape position, in lex. */
import { randomStream } from "../../src/stage/random.ts"
import type { ClassicSystem } from "../../stages/groebner/lib/algebra/classic-systems.ts"
import { cyclic, katsura } from "../../stages/groebner/lib/algebra/classic-systems.ts"
import { primeField } from "../../stages/groebner/lib/algebra/field.ts"
import { groebnerBasis } from "../../stages/groebner/lib/algebra/groebner.ts"
import type { System } from "../../stages/groebner/lib/algebra/groebner.ts"
import { numberedVariables, polynomialRing } from "../../stages/groebner/lib/algebra/ring.ts"
import { parsePolynomial, parseSystem, showPolynomial } from "../../stages/groebner/lib/algebra/text.ts"
import { modularSystem } from "../../stages/groebner/lib/exact-system.ts"
import { Generator } from "../../stages/groebner/lib/generation/generator.ts"
import { publishedSettings } from "../../stages/groebner/lib/generation/settings.ts"
import { systemOf } from "../../stages/groebner/lib/generation/system-batch.ts"
import { isZero } from "../../stages/groebner/lib/algebra/polynomial.ts"
import { median, spread } from "../row.ts"
import type { BenchRow } from "../row.ts"
import { hasMathicgb, hasSingular, mathicgb, singular } from "./engines.ts"

const characteristic = 32003

/** One row at a time, so that each can be told when it is there. */
export function* forwardRows(quick: boolean): Iterable<BenchRow> {
  for (const system of [cyclic(6), cyclic(7), katsura(7), katsura(8)]) yield classicRow(system, quick ? 3 : 9)
  for (const p of [7, 31]) for (const n of [2, 3, 4, 5]) yield samplesRow(p, n, quick ? 50 : 200, quick ? 3 : 5)
}

/** Processor time of one call in milliseconds, compiler and garbage collector included: other work on the machine does not count. */
const time = (work: () => void, repeat = 1): number => {
  const started = process.cpuUsage()
  for (let pass = 0; pass < repeat; pass++) work()
  const { system, user } = process.cpuUsage(started)
  return (user + system) / 1000 / repeat
}

/** Sorted, so that both ways of listing a basis are one. */
const texts = ({ polynomials, ring }: System<number>): string => polynomials.map((f) => showPolynomial(ring, f)).toSorted().join("\n")

const sameBasis = (ours: System<number>, theirs: ReadonlyArray<string>): boolean =>
  texts(ours) === texts({ ...ours, polynomials: theirs.map((line) => parsePolynomial(ours.ring, line)) })

const classicRow = ({ name, text, variables }: ClassicSystem, rounds: number): BenchRow => {
  const ring = polynomialRing(primeField(characteristic), variables, "degrevlex")
  const system = { ring, polynomials: parseSystem(ring, text) }
  const basis = groebnerBasis(system)
  // Quick ones several times, for a clock of 10 ms.
  const repeat = basis.polynomials.length < 100 ? 10 : 1
  const job = { characteristic, variables, order: "dp", systems: [text], by: "std", repeat } as const
  if (hasSingular && !sameBasis(basis, singular(job).bases[0] ?? [])) throw new Error(`${name}: our basis is not Singular's.`)
  const pairs = Array.from({ length: rounds }, () => ({
    ours: time(() => groebnerBasis(system), repeat),
    peer: hasSingular ? singular(job).milliseconds : Number.NaN,
    bound: hasMathicgb ? mathicgb(characteristic, variables.length, system.polynomials) : Number.NaN
  }))
  const bound = median(pairs.map(({ bound }) => bound))
  return row(`${name}, F_${characteristic}, degrevlex`, pairs, 1, `peer: Singular std${hasMathicgb ? `; mathicgb F4, whole process by the wall clock, ${bound.toPrecision(3)} ms` : ""}`)
}

/** The mean over the same samples on each side. */
const samplesRow = (p: number, n: number, count: number, rounds: number): BenchRow => {
  const variables = numberedVariables(n)
  const ring = polynomialRing(primeField(p), variables, "lex")
  const generator = new Generator(publishedSettings(n, { kind: "prime", p }))
  const stream = randomStream(0, "groebner/generate", "bench")
  const samples = Array.from({ length: count }, (_, at) => modularSystem(systemOf(generator, at, generator.sample(stream.at(at)))).f.filter((f) => !isZero(f)))
  const systems = samples.map((polynomials) => ({ ring, polynomials }))
  const texts = samples.map((system) => system.map((f) => showPolynomial(ring, f)).join(","))
  const repeat = Math.ceil(300 / count)
  const job = { characteristic: p, variables, order: "lp", systems: texts, by: "stdfglm", repeat } as const
  const bases = systems.map((system) => groebnerBasis(system))
  const theirs = hasSingular ? singular({ ...job, repeat: 1 }).bases : []
  for (const [at, basis] of theirs.entries()) {
    const ours = bases[at]
    if (ours === undefined || !sameBasis(ours, basis)) throw new Error(`F_${p}, n = ${n}, sample ${at}: our basis is not Singular's.`)
  }
  const rows = Array.from({ length: rounds }, () => ({
    each: systems.map((system) => time(() => groebnerBasis(system), repeat)),
    peer: hasSingular ? singular(job).milliseconds / count : Number.NaN
  }))
  const pairs = rows.map(({ each, peer }) => ({ ours: each.reduce((sum, one) => sum + one, 0) / count, peer }))
  const all = rows.flatMap(({ each }) => each)
  return row(
    `backward-generated, F_${p}, n = ${n}, lex, mean of ${count}`, pairs, 2,
    `peer: Singular stdfglm; our median ${median(all).toPrecision(2)} ms, our longest ${Math.max(...all).toPrecision(2)} ms`
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
