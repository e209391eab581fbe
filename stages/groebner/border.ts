/** Border bases of random points with systems made from them, for oracles of border basis algorithms (Kera et al., NeurIPS 2025). */
import {
  Bool, column, Count, defineStage, doc, Effect, field, Int32, int, Int64, listOf, nullable, Schema, Seed, table, UInt8, Float64, oneOf, type RandomStream
} from "../../src/stage.ts"
import { algebraError, groebnerBasis, normalMonomials, numberedVariables, type Polynomial, polynomialRing, primeField, type Ring } from "./lib/algebra/index.ts"
import { computed } from "./lib/computed.ts"
import { monomialCount } from "./lib/generation/monomial-keys.ts"
import { systemRow } from "./lib/generation/system-batch.ts"
import { type PolynomialList, systemColumns } from "./lib/generation/system-table.ts"
import { borderBasisAt, drawnPoints } from "./lib/border/border-basis.ts"
import { borderOf, drawnOrderIdeal } from "./lib/border/order-ideal.ts"
import { type Entries, monomialsUpTo, transformed } from "./lib/border/transform.ts"

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
    p: field(int({ min: 2, max: 2 ** 31 - 1 }), doc("The field F_p."), 31),
    order: field(oneOf("degrevlex", "deglex", "lex"), doc("Of the terms in the table."), "degrevlex"),
    least: field(Count, doc("F has at least so many polynomials more than there are variables."), 1),
    most: field(Count, doc("F has at most so many polynomials more than there are variables."), 3),
    degree: field(int({ min: 0, max: 20 }), doc("Greatest total degree of the matrix's entries.", "degree"), 1),
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
    }, doc("One row for each sample, G being the border basis; the certificate's columns are empty.")),
    stat: table({
      samples: column(Int64, doc("samples")),
      monomials: column(Float64, doc("mean size of the order ideal")),
      polynomials: column(Float64, doc("mean size of the border basis")),
      same: column(nullable(Float64), doc("share of systems that generate the ideal of their basis"))
    }, doc("One row: what came out."))
  },
  run: Effect.fn("groebner/border")(function*({ outputs, params, progress, random }) {
    const n = params.bounds.length
    const stream = random(params.seed, "samples")
    const sum = { monomials: 0, polynomials: 0, same: 0 }
    const setting = yield* computed(unmade, () => settingOf(params.p, n, params))
    for (let done = 0; done < params.n; done += stride) {
      const rows = yield* computed(unmade, () => Array.from({ length: Math.min(stride, params.n - done) }, (_, i) => {
        const sample = params.first + done + i
        const made = drawn(setting, params.bounds, stream.at(sample), sample)
        sum.monomials += made.order_ideal.length / n
        sum.polynomials += made.g_terms.length
        sum.same += Number(made.same === true)
        return made
      }))
      yield* outputs.systems.append(rows)
      yield* progress(Math.min(params.n, done + stride), params.n, "samples")
    }
    yield* outputs.stat.append([{ samples: params.n, monomials: sum.monomials / params.n, polynomials: sum.polynomials / params.n, same: params.same === "unknown" ? null : sum.same / params.n }])
  })
})

/** Rows that are written at once. */
const stride = 64

const unmade = "the samples cannot be made"

interface Choices {
  readonly bounds: ReadonlyArray<number>
  readonly order: "degrevlex" | "deglex" | "lex"
  readonly least: number
  readonly most: number
  readonly degree: number
  readonly terms: number
  readonly attempts: number
  readonly same: "unknown" | "report" | "reject"
}

interface Setting extends Choices {
  readonly p: number
  readonly ring: Ring<number>
  readonly entries: Entries
}

/** @throws AlgebraError */
const settingOf = (p: number, n: number, choices: Choices): Setting => {
  const { bounds, degree, least, most, order, terms } = choices
  if (n > 8) throw algebraError(`Systems have at most 8 variables, and there are ${n} bounds.`)
  const size = bounds.reduce((product, bound) => product * bound, 1)
  if (size > largestIdeal) throw algebraError(`An order ideal below these bounds may have ${size} monomials, more than ${largestIdeal}. Lower the bounds.`)
  if (p ** n < size) throw algebraError(`There are ${p ** n} points over F_${p} in ${n} variables, fewer than the ${size} monomials that an order ideal may have: they would be dependent. Lower the bounds or take a greater p.`)
  if (Math.max(...bounds) > p) throw algebraError(`Over F_${p} the powers 1 to ${Math.max(...bounds) - 1} of a variable are dependent as functions. Lower the bounds to ${p} or take a greater p.`)
  if (least > most) throw algebraError(`F cannot have at least n + ${least} and at most n + ${most} polynomials.`)
  const inEntries = monomialCount(n, degree)
  if (inEntries > mostMonomials) throw algebraError(`There are ${inEntries} monomials of degree up to ${degree} in ${n} variables, more than ${mostMonomials} for an entry to choose from. Lower the degree.`)
  return { ...choices, p, ring: polynomialRing(primeField(p), numberedVariables(n), order), entries: { monomials: monomialsUpTo(degree, n), terms } }
}

const drawn = (setting: Setting, bounds: ReadonlyArray<number>, stream: RandomStream, sample: number) => {
  const { attempts, p, ring, same } = setting
  const n = bounds.length
  const ideal = drawnOrderIdeal(bounds, stream)
  const border = borderOf(ideal)
  for (let draws = 1; draws <= attempts; draws++) {
    const points = drawnPoints(ideal.length, n, p, stream)
    const g = borderBasisAt(ring, p, points, ideal, border)
    if (g === undefined) continue
    const { f, generates } = systemFrom(setting, g, ideal.length, stream)
    if (same === "reject" && !generates) throw algebraError(`Sample ${sample}: none of ${attempts} matrices keeps the ideal. Let F have more polynomials (\`least\`), or allow more attempts.`)
    return {
      ...systemRow({ sample, variables: n, characteristic: p, f: listOfPolynomials(f), g: listOfPolynomials(g), certificate: listOfPolynomials([]), permutation: new Int32Array(0) }),
      order_ideal: Uint8Array.from(ideal.flat()),
      points: Int32Array.from(points.flat()),
      same: generates ?? null,
      attempts: draws
    }
  }
  throw algebraError(`Sample ${sample}: an order ideal of ${ideal.length} monomials is dependent at each of ${attempts} random sets of points over F_${p}. Lower the bounds, take a greater p or allow more attempts.`)
}

/** F = A G, drawn again while it does not generate the ideal, if that is wanted. */
const systemFrom = ({ attempts, entries, least, most, p, ring, same }: Setting, g: ReadonlyArray<Polynomial<number>>, size: number, stream: RandomStream) => {
  for (let matrices = 1; ; matrices++) {
    const f = transformed(ring, p, g, ring.variables.length + least + stream.integer(most - least + 1), entries, stream)
    const generates = same === "unknown" ? undefined : hasDimension(ring, f, size)
    if (same !== "reject" || generates === true || matrices === attempts) return { f, generates }
  }
}

/** F lies in the ideal of G; it generates all of it when its quotient ring is no larger. */
const hasDimension = (ring: Ring<number>, f: ReadonlyArray<Polynomial<number>>, size: number): boolean =>
  normalMonomials(groebnerBasis({ ring, polynomials: f }, { order: "degrevlex" }).polynomials, "degrevlex", ring.variables.length, size)?.length === size * ring.variables.length

const listOfPolynomials = (list: ReadonlyArray<Polynomial<number>>): PolynomialList => ({
  terms: Int32Array.from(list, ({ coefficients }) => coefficients.length),
  coefficients: Int32Array.from(list.flatMap(({ coefficients }) => Array.from(coefficients))),
  denominators: new Int32Array(0),
  values: new Float64Array(0),
  exponents: Uint8Array.from(list.flatMap(({ exponents }) => Array.from(exponents)))
})
