/** Border bases of random points with systems made from them, for oracles of border basis algorithms (Kera et al., NeurIPS 2025). */
import {
  Bool, column, Count, defineStage, doc, Effect, field, Int32, int, Int64, listOf, nullable, Schema, Seed, table, UInt8, Float64, oneOf, type RandomStream
} from "../../src/stage.ts"
import { algebraError, groebnerBasis, normalMonomials, numberedVariables, type OrderName, orderNames, type Polynomial, polynomialRing, primeField, type Ring } from "./lib/algebra/index.ts"
import { borderBasisAt, drawnPoints } from "./lib/border/border-basis.ts"
import { QuotientRing } from "./lib/border/quotient-ring.ts"
import { Kept } from "./lib/border/kept.ts"
import { inRing, type KeyedPolynomial, toList } from "./lib/border/keyed-polynomial.ts"
import { MonomialNumbers } from "./lib/border/monomial-numbers.ts"
import { borderOf, drawnOrderIdeal, partitionCorner, uniformCorner } from "./lib/border/order-ideal.ts"
import { type Entries, monomialsByDegree, transformed } from "./lib/border/transform.ts"
import { computed } from "./lib/computed.ts"
import { monomialCount } from "./lib/generation/monomial-keys.ts"
import { systemRow } from "./lib/generation/system-batch.ts"
import { systemColumns } from "./lib/generation/system-table.ts"

/** Monomials that an order ideal may have: the matrix of their values has the square of it. */
const largestIdeal = 4096
/** Monomials that are listed for the entries of matrices. */
const mostMonomials = 10_000

export default defineStage({
  name: "groebner/border",
  summary: doc("Draws border bases G of random points and systems F = A G."),
  params: Schema.Struct({
    n: field(Count, doc("How many samples.", "samples")),
    first: field(int({ min: 0 }), doc("Number of the first sample. Sample i is the same whatever the range it is drawn in."), 0),
    bounds: field(Schema.NonEmptyArray(int({ min: 1, max: 100 })), doc("For each variable: exponents of the order ideal are below it.", "exponent"), [4, 4, 4]),
    total: Schema.optionalKey(field(int({ min: 2, max: 4096 }), doc("Greatest exponents of the variables are a random partition of a number drawn from 1 to below `total`. Left out, they are drawn uniformly, each by itself.", "degree"))),
    p: field(int({ min: 2, max: 2 ** 31 - 1 }), doc("The field F_p."), 31),
    order: field(oneOf(...orderNames), doc("Of the terms in the table."), "degrevlex"),
    least: field(Count, doc("F has at least so many polynomials more than there are variables."), 1),
    most: field(Count, doc("F has at most so many polynomials more than there are variables."), 4),
    degree: field(int({ min: 0, max: 20 }), doc("Greatest total degree of the matrix's entries.", "degree"), 1),
    degrees: field(oneOf("uniform", "fixed"), doc("uniform: an entry's degree is drawn from 0 to `degree`. fixed: it is `degree`."), "uniform"),
    terms: field(Count, doc("Most terms of an entry.", "terms"), 10),
    attempts: field(Count, doc("Draws of points until the order ideal is a basis of the functions on them, and of matrices with `same: reject`.", "attempts"), 100),
    same: field(oneOf("unknown", "report", "reject"), doc("Whether F generates the ideal of G, which a random matrix may miss: not asked; computed and written; or drawn again until it does."), "report"),
    seed: field(Seed, doc("Seed of all samples."))
  }),
  inputs: {},
  outputs: {
    systems: table({
      ...systemColumns,
      order_ideal: column(listOf(UInt8), doc("the order ideal: n exponents for each monomial")),
      points: column(listOf(Int32), doc("the points: n residues for each")),
      same: column(nullable(Bool), doc("F generates the ideal of G; null where it was not asked")),
      attempts: column(Int32, doc("draws of points that were needed"))
    }, doc("One row for each sample, G being the border basis, proved by commuting matrices; the certificate's columns are empty.")),
    stat: table({
      samples: column(Int64, doc("samples")),
      monomials: column(Float64, doc("mean size of the order ideal")),
      polynomials: column(Float64, doc("mean size of the border basis")),
      attempts: column(Float64, doc("mean draws of points")),
      same: column(nullable(Float64), doc("share of systems that generate the ideal of their basis"))
    }, doc("One row: what came out.")),
    // By itself, since times differ from run to run and the other outputs do not.
    timing: table({
      samples: column(Int64, doc("samples")),
      seconds: column(Float64, doc("drawing and proving them, without writing and what an earlier attempt had left", "s"))
    }, doc("One row: how long it took."))
  },
  run: Effect.fn("groebner/border")(function*({ checkpoint, outputs, params, progress, random }) {
    const n = params.bounds.length
    const stream = random(params.seed, "samples")
    const sum = { monomials: 0, polynomials: 0, same: 0, attempts: 0, milliseconds: 0 }
    const setting = yield* computed(unmade, () => settingOf(params))
    const kept = new Kept<ReturnType<typeof drawn>>(yield* checkpoint.load)
    for (let done = 0; done < params.n; done += stride) {
      const rows = yield* computed(unmade, () => {
        const begun = performance.now()
        const made = Array.from({ length: Math.min(stride, params.n - done) }, (_, i) => {
          const earlier = kept.earlier(done + i)
          const row = earlier ?? drawn(setting, stream.at(params.first + done + i), params.first + done + i)
          if (earlier === undefined) kept.add(row)
          return row
        })
        for (const row of made) {
          sum.monomials += row.order_ideal.length / n
          sum.polynomials += row.g_terms.length
          sum.attempts += row.attempts
          sum.same += Number(row.same === true)
        }
        sum.milliseconds += performance.now() - begun
        return made
      })
      yield* outputs.systems.append(rows)
      const bytes = kept.due()
      if (bytes !== undefined) yield* checkpoint.save(bytes)
      yield* progress(Math.min(params.n, done + stride), params.n, "samples")
    }
    const mean = (total: number) => total / params.n
    yield* outputs.stat.append([{
      samples: params.n,
      monomials: mean(sum.monomials),
      polynomials: mean(sum.polynomials),
      attempts: mean(sum.attempts),
      same: params.same === "unknown" ? null : mean(sum.same)
    }])
    yield* outputs.timing.append([{ samples: params.n, seconds: sum.milliseconds / 1000 }])
  })
})

/** Rows that are written at once. */
const stride = 64

const unmade = "the samples cannot be made"

interface Choices {
  readonly p: number
  readonly bounds: ReadonlyArray<number>
  readonly total?: number
  readonly order: OrderName
  readonly least: number
  readonly most: number
  readonly degree: number
  readonly degrees: Entries["degrees"]
  readonly terms: number
  readonly attempts: number
  readonly same: "unknown" | "report" | "reject"
}

interface Setting extends Choices {
  readonly numbers: MonomialNumbers
  readonly ring: Ring<number>
  readonly entries: Entries
}

/** @throws AlgebraError for settings that contradict themselves or need too much */
const settingOf = (choices: Choices): Setting => {
  const { bounds, degree, degrees, least, most, p, terms, total } = choices
  const n = bounds.length
  if (n > 8) throw algebraError(`Systems have at most 8 variables, and there are ${n} bounds.`)
  const ring = polynomialRing(primeField(p), numberedVariables(n), "degrevlex")
  const greatest = Math.max(...bounds)
  if (total !== undefined && bounds.some((bound) => bound !== greatest)) throw algebraError("With `total` the greatest exponents come in any order, so all `bounds` must be equal.")
  if (total !== undefined && total - 1 > n * (greatest - 1)) throw algebraError(`Exponents of ${n} variables below ${greatest} sum to at most ${n * (greatest - 1)}, and \`total: ${total}\` asks for sums up to ${total - 1}. Raise the bounds or lower \`total\`.`)
  const size = total === undefined ? bounds.reduce((product, bound) => product * bound, 1) : largestBox(total - 1, n)
  if (size > largestIdeal) throw algebraError(`An order ideal below these bounds may have ${size} monomials, more than ${largestIdeal}. Lower the bounds.`)
  if (p ** n < size) throw algebraError(`There are ${p ** n} points over F_${p} in ${n} variables, fewer than the ${size} monomials that an order ideal may have: they would be dependent. Lower the bounds or take a greater p.`)
  const exponents = total === undefined ? greatest : Math.min(greatest, total)
  if (exponents > p) throw algebraError(`Over F_${p} the powers 1 to ${exponents - 1} of a variable are dependent as functions. Lower the bounds to ${p} or take a greater p.`)
  if (least > most) throw algebraError(`F cannot have at least n + ${least} and at most n + ${most} polynomials.`)
  const inEntries = monomialCount(n, degree)
  if (inEntries > mostMonomials) throw algebraError(`There are ${inEntries} monomials of degree up to ${degree} in ${n} variables, more than ${mostMonomials} for an entry to choose from. Lower the degree.`)
  const numbers = new MonomialNumbers(n)
  if (exponents + degree > numbers.most) throw algebraError(`F may have exponents up to ${exponents + degree}, and here ${numbers.most} is the most in ${n} variables. Lower the bounds or the degree.`)
  return { ...choices, numbers, ring, entries: { monomials: monomialsByDegree(degree, numbers), degrees, terms } }
}

/** Monomials in the largest box whose greatest exponents have this sum. */
const largestBox = (sum: number, n: number): number => {
  const each = Math.floor(sum / n)
  return (each + 1) ** (n - (sum % n)) * (each + 2) ** (sum % n)
}

const drawn = (setting: Setting, stream: RandomStream, sample: number) => {
  const { attempts, bounds, numbers, order, p, same, total } = setting
  const n = bounds.length
  const ideal = drawnOrderIdeal(total === undefined ? uniformCorner(bounds, stream) : partitionCorner(bounds, total - 1, stream), stream)
  const border = borderOf(ideal)
  for (let draws = 1; draws <= attempts; draws++) {
    const points = drawnPoints(ideal.length, n, p, stream)
    const g = borderBasisAt(numbers, p, points, ideal, border)
    if (g === undefined) continue
    if (!QuotientRing.of(numbers, p, ideal.map((monomial) => numbers.of(monomial)), g)?.commutes()) throw new Error(`sample ${sample}: what vanishes at the points is not proved to be a border basis`)
    const { f, generates } = systemFrom(setting, g, ideal.length, stream)
    if (same === "reject" && !generates) throw algebraError(`Sample ${sample}: none of ${attempts} matrices keeps the ideal. Let F have more polynomials (\`least\`), or allow more attempts.`)
    const system = {
      sample,
      variables: n,
      characteristic: p,
      order,
      form: "none" as const,
      f: toList(f, numbers, order),
      g: toList(g, numbers, order),
      certificate: toList([], numbers, order),
      permutation: new Int32Array(0)
    }
    return {
      ...systemRow(system),
      order_ideal: Uint8Array.from(ideal.flat()),
      points: Int32Array.from(points.flat()),
      same: generates ?? null,
      attempts: draws
    }
  }
  throw algebraError(`Sample ${sample}: an order ideal of ${ideal.length} monomials is dependent at each of ${attempts} random sets of points over F_${p}. Lower the bounds, take a greater p or allow more attempts.`)
}

/** F = A G, drawn again while it does not generate the ideal, if that is wanted. */
const systemFrom = ({ attempts, entries, least, most, numbers, p, ring, same }: Setting, g: ReadonlyArray<KeyedPolynomial>, size: number, stream: RandomStream) => {
  for (let matrices = 1; ; matrices++) {
    const f = transformed(numbers, p, g, numbers.variables + least + stream.integer(most - least + 1), entries, stream)
    const generates = same === "unknown" ? undefined : hasDimension(ring, f.map((polynomial) => inRing(numbers, polynomial)), size)
    if (same !== "reject" || generates === true || matrices === attempts) return { f, generates }
  }
}

/** F lies in the ideal of G; it generates all of it when its quotient ring is no larger. */
const hasDimension = (ring: Ring<number>, f: ReadonlyArray<Polynomial<number>>, size: number): boolean =>
  normalMonomials(groebnerBasis({ ring, polynomials: f }, { order: "degrevlex" }).polynomials, "degrevlex", ring.variables.length, size)?.length === size * ring.variables.length
