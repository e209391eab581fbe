/** Samples made, and samples made and proved, beside the plain program that makes the same ones. One core, in turn. */
import { type RandomStream, randomStream } from "../../src/stage/random.ts"
import { type FieldChoice } from "../../stages/groebner/lib/generation/coefficients.ts"
import { Generator } from "../../stages/groebner/lib/generation/generator.ts"
import { densityFor, publishedSettings } from "../../stages/groebner/lib/generation/settings.ts"
import { systemOf } from "../../stages/groebner/lib/generation/system-batch.ts"
import { isProved, Prover } from "../../stages/groebner/lib/verification/proof.ts"
import { type BenchRow, median, spread } from "../row.ts"
import { PlainGenerator, plainPrimeField, plainRationals } from "./plain.ts"

interface Work {
  readonly field: "F_7" | "Q"
  readonly variables: number
}

/** Samples after which code is compiled that will be: compiling takes processor time, too. */
const compiled = 4000

/** Each as soon as it is there. */
export function* generationRows(quick: boolean): Iterable<BenchRow> {
  for (const field of ["F_7", "Q"] as const) for (const variables of [2, 3, 4, 5]) yield* rowsOf({ field, variables }, quick ? { rounds: 3, samples: 300 } : { rounds: 9, samples: 2000 })
}

const rowsOf = ({ field, variables }: Work, { rounds, samples }: { readonly rounds: number; readonly samples: number }): ReadonlyArray<BenchRow> => {
  const choice: FieldChoice = field === "F_7" ? { kind: "prime", p: 7 } : { kind: "rational", numerator: 5, denominator: 5 }
  const generator = new Generator({ ...publishedSettings(variables, choice), boundAttempts: 1_000_000 })
  const density = densityFor(variables)
  const prover = new Prover(field === "F_7" ? 7 : 0, variables, randomStream(0, "groebner/verify", "bench"), 1e-10)
  const plain: { readonly sample: (stream: RandomStream) => unknown } = field === "F_7" ? new PlainGenerator(variables, plainPrimeField(7), density) : new PlainGenerator(variables, plainRationals(5, 5, 100), density)
  const stream = randomStream(0, "groebner/generate", "bench")
  /** Microseconds of processor time a sample, of samples that no earlier round has made: other work on the machine does not count. */
  const timed = (round: number, one: (i: number) => void): number => {
    const begun = process.cpuUsage()
    for (let i = round * samples; i < (round + 1) * samples; i++) one(i)
    const { system, user } = process.cpuUsage(begun)
    return (system + user) / samples
  }
  const generate = (i: number) => systemOf(generator, i, generator.sample(stream.at(i)))
  const proved = (i: number) => {
    if (!isProved(prover.prove(generate(i)))) throw new Error(`sample ${i} over ${field} in ${variables} variables is not proved`)
  }
  const first = Math.ceil(compiled / samples)
  const pairs = Array.from({ length: first + rounds }, (_, round) => ({
    generate: timed(round, generate),
    plain: timed(round, (i) => plain.sample(stream.at(i))),
    proved: timed(round, proved)
  })).slice(first)
  const row = (work: string, ours: ReadonlyArray<number>, limit: number): BenchRow => {
    const ratios = ours.map((value, i) => value / (pairs[i]?.plain ?? NaN))
    return {
      work: `${work}, ${field}, n = ${variables}`,
      ours: median(ours),
      peer: median(pairs.map((pair) => pair.plain)),
      ratio: median(ratios),
      limit,
      spread: spread(ratios),
      unit: "us",
      note: "beside Maps of the same samples, without proof"
    }
  }
  return [
    row("generate a sample", pairs.map((pair) => pair.generate), 0.5),
    row("generate and prove", pairs.map((pair) => pair.proved), 1)
  ]
}
