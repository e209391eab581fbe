/**
 * The forward rows: from systems to reduced bases. Classic systems in degrevlex over F_32003 and the greatest prime field, in lex over Q; systems made backward
 * from bases in shape position, in lex.
 */
import { randomStream } from "../../src/stage/random.ts"
import type { ClassicSystem } from "../../stages/groebner/lib/algebra/classic-systems.ts"
import { cyclic, eco, katsura } from "../../stages/groebner/lib/algebra/classic-systems.ts"
import { primeField, rationalField } from "../../stages/groebner/lib/algebra/field.ts"
import type { PrimeField, RationalField } from "../../stages/groebner/lib/algebra/field.ts"
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

interface Classic {
  readonly system: ClassicSystem
  /** 0 for Q. */
  readonly characteristic: number
  readonly order: "degrevlex" | "lex"
  /** The most that ours / Singular's may be; null where only the proportion is told. */
  readonly limit: number | null
}

/** The greatest prime that Singular and this library compute with. */
const greatest = 2147483647

const classics: ReadonlyArray<Classic> = [
  ...[32003, greatest].flatMap((characteristic) => [cyclic(6), cyclic(7), katsura(7), katsura(8)].map((system) => ({ system, characteristic, order: "degrevlex", limit: 1 }) as const)),
  ...[eco(7), cyclic(6), katsura(5), katsura(6)].map((system) => ({ system, characteristic: 0, order: "lex", limit: null }) as const)
]

/** One row at a time, so that each can be told when it is there. */
export function* forwardRows(quick: boolean): Iterable<BenchRow> {
  for (const classic of classics) yield classic.characteristic === 0 ? classicRow(classic, rationalField, quick) : classicRow(classic, primeField(classic.characteristic), quick)
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
const texts = <E>({ polynomials, ring }: System<E>): string => polynomials.map((f) => showPolynomial(ring, f)).toSorted().join("\n")

const sameBasis = <E>(ours: System<E>, theirs: ReadonlyArray<string>): boolean =>
  texts(ours) === texts({ ...ours, polynomials: theirs.map((line) => parsePolynomial(ours.ring, line)) })

const classicRow = ({ characteristic, limit, order, system: { name, text, variables } }: Classic, field: PrimeField | RationalField, quick: boolean): BenchRow => {
  const work = `${name}, ${field.name}, ${order}`
  const job = { characteristic, variables, order: order === "lex" ? "lp" : "dp", systems: [text], by: order === "lex" ? "stdfglm" : "std" } as const
  const { polynomials, solve } = solver(field, variables, order, text)
  if (!solve(hasSingular ? singular({ ...job, repeat: 1 }).bases[0] : undefined)) throw new Error(`${work}: our basis is not Singular's.`)
  const once = time(() => solve())
  // Quick ones several times, for a clock of 10 ms; and before they are timed often enough for the compiler to be done with them.
  const repeat = once < 40 ? 10 : 1
  for (let pass = 0; pass < 3 * repeat; pass++) solve()
  const withMathicgb = hasMathicgb && characteristic === 32003
  const pairs = Array.from({ length: quick ? 3 : 9 }, () => ({
    ours: time(() => solve(), repeat),
    peer: hasSingular ? singular({ ...job, repeat }).milliseconds : Number.NaN,
    bound: withMathicgb ? mathicgb(characteristic, variables.length, polynomials) : Number.NaN
  }))
  const bound = median(pairs.map(({ bound }) => bound))
  return row(work, pairs, limit, `peer: Singular ${job.by}${withMathicgb ? `; mathicgb F4, whole process by the wall clock, ${bound.toPrecision(3)} ms` : ""}`)
}

/** Computes the basis; says whether it is the one given, if one is. `polynomials` are the system's modulo a prime. */
const solver = (field: PrimeField | RationalField, variables: ReadonlyArray<string>, order: Classic["order"], text: string) => {
  if (field.kind === "prime") {
    const ring = polynomialRing(field, variables, order)
    const polynomials = parseSystem(ring, text)
    return { polynomials, solve: answered(() => groebnerBasis({ ring, polynomials })) }
  }
  const ring = polynomialRing(field, variables, order)
  const polynomials = parseSystem(ring, text)
  return { polynomials: [], solve: answered(() => groebnerBasis({ ring, polynomials })) }
}

const answered = <E>(compute: () => System<E>) => (theirs?: ReadonlyArray<string>): boolean => {
  const ours = compute()
  return theirs === undefined || sameBasis(ours, theirs)
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

const row = (work: string, pairs: ReadonlyArray<{ readonly ours: number; readonly peer: number }>, limit: number | null, note: string): BenchRow => {
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
