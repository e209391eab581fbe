/** Random Groebner bases with systems that generate the same ideals, each pair with its certificate (Kera et al., NeurIPS 2024). */
import {
  column, Count, defineStage, doc, Effect, field, Float64, int, Int64, oneOf, Positive, Probability, Schema, Seed, table
} from "../../src/stage.ts"
import { orderNames } from "./lib/algebra/index.ts"
import { BatchTimes } from "./lib/batch-times.ts"
import { computed } from "./lib/computed.ts"
import { rejectable } from "./lib/generation/generator.ts"
import { rowBytes } from "./lib/generation/memory.ts"
import { checked, densityFor, fieldChoice, fieldProblem } from "./lib/generation/settings.ts"
import { defectRow, systemRow } from "./lib/generation/system-batch.ts"
import { systemSampler } from "./lib/generation/system-sampler.ts"
import { defectColumns, systemColumns } from "./lib/generation/system-table.ts"
import { transformationForms } from "./lib/generation/matrix-forms.ts"
import { machineMemory } from "./lib/machine-memory.ts"

const degree = int({ min: 0, max: 100 })
const drawing = oneOf("fixed", "uniform")

const Polynomials = Schema.Struct({
  degree: field(int({ min: 1, max: 100 }), doc("Greatest total degree.", "degree"), 5),
  terms: field(Count, doc("Most terms.", "terms"), 5),
  degrees: field(drawing, doc("fixed: monomials up to `degree`. uniform: the degree is drawn first."), "fixed"),
  counts: field(drawing, doc("uniform: from 1 to `terms` terms. fixed: as many."), "uniform"),
  strict: field(Schema.Boolean, doc("Exactly the degree and the number of terms that were drawn, where otherwise coefficients may come out 0."), false)
})

const Entries = Schema.Struct({
  degree: field(degree, doc("Greatest total degree.", "degree"), 3),
  least: field(degree, doc("Least total degree: 1 leaves out constants.", "degree"), 1),
  terms: field(Count, doc("Most terms.", "terms"), 2),
  degrees: field(drawing, doc("fixed: monomials up to `degree`. uniform: the degree is drawn first."), "fixed"),
  counts: field(drawing, doc("uniform: from 1 to `terms` terms. fixed: as many."), "uniform"),
  strict: field(Schema.Boolean, doc("Exactly the degree and the number of terms that were drawn."), false)
})

const FieldName = Schema.NonEmptyString.check(Schema.makeFilter(fieldProblem, { toJsonSchema: () => ({ pattern: "^(F_?[0-9]+|Q|R)$" }) }))

/** Rows that are written at once, at most. */
const stride = 2048

const unmade = "the samples cannot be made"

export default defineStage({
  name: "groebner/generate",
  summary: doc("Draws Groebner bases G and systems F that generate the same ideals, with certificates."),
  params: Schema.Struct({
    n: field(Count, doc("How many samples.", "samples")),
    first: field(int({ min: 0 }), doc("Number of the first sample. Sample i is the same whatever the range it is drawn in."), 0),
    variables: field(int({ min: 1, max: 8 }), doc("Variables of the ring, x0 > x1 > ...", "variables"), 2),
    field: field(FieldName, doc("F7, F31, F32003 or any prime below 2^31; Q; R."), "F7"),
    order: field(oneOf(...orderNames), doc("Order of the basis G and of all terms. Bases are drawn under lex and converted."), "lex"),
    kind: field(oneOf("shape", "cauchy"), doc("shape: ideals in shape position. cauchy: Cauchy modules of random points."), "shape"),
    ideal: field(Polynomials, doc("Univariate polynomials of ideals in shape position."), {}),
    form: field(oneOf(...transformationForms), doc("released: U P A as in the released code. bruhat: U1 P U2 as in the paper. identity: P [I; R]. random: any matrix, which may change the ideal."), "released"),
    entries: field(Entries, doc("Entries of the matrices."), {}),
    density: Schema.optionalKey(field(Probability, doc("Probability of an entry of the inner matrix: 1, 0.6, 0.3, 0.2 for 2, 3, 4, 5 variables when left out."))),
    outer_density: field(Probability, doc("Probability of an entry of the outer matrix."), 1),
    least: field(int({ min: 0 }), doc("F has at least so many polynomials more than there are variables."), 0),
    most: field(int({ min: 0, max: 100 }), doc("F has at most so many polynomials more than there are variables."), 2),
    numerator: field(int({ min: 1, max: 1000 }), doc("Q: greatest numerator that is drawn."), 5),
    denominator: field(int({ min: 1, max: 30 }), doc("Q: greatest denominator that is drawn."), 5),
    real: field(Positive, doc("R: greatest coefficient that is drawn."), 5),
    bound: field(Positive, doc("Q and R: greatest numerator, denominator or value in F."), 100),
    attempts: field(Count, doc("Transformations that are drawn to stay within the bound; then the last is kept, and `bounded` is false.", "attempts"), 100),
    reject: field(Schema.Array(oneOf(...rejectable)), doc("Draw a sample again if F has zeros, has polynomials of G verbatim, is a basis already, the ideal is not radical, or F passes the bound."), []),
    seed: field(Seed, doc("Seed of all samples.")),
    stream: field(Schema.NonEmptyString, doc("Name of the random stream: another name gives other samples under the same seed."), "samples")
  }),
  inputs: {},
  outputs: {
    systems: table({ ...systemColumns, ...defectColumns }, doc("One row for each sample.")),
    stat: table({
      samples: column(Int64, doc("samples")),
      zeros: column(Float64, doc("share of samples with a generator that is 0")),
      verbatim: column(Float64, doc("share in which a polynomial of G stands in F")),
      f_is_basis: column(Float64, doc("share in which F is a basis already")),
      not_radical: column(Float64, doc("share of ideals that are not radical")),
      unbounded: column(Float64, doc("share that passes the bound")),
      generators: column(Float64, doc("mean number of polynomials in F")),
      terms: column(Float64, doc("mean number of terms in F"))
    }, doc("One row: what came out.")),
    // By itself, since times differ from run to run and the other outputs do not.
    timing: table({
      samples: column(Int64, doc("samples that were timed: not the first 2,048, unless there are no others")),
      seconds: column(Float64, doc("drawing them, without writing", "s")),
      processor: column(Float64, doc("the same in processor time of the thread", "s"))
    }, doc("One row: how long it took."))
  },
  run: Effect.fn("groebner/generate")(function*({ outputs, params, progress, random }) {
    const { entries, ideal, kind, variables } = params
    const draw = yield* computed(unmade, () => systemSampler(checked({
      variables,
      field: fieldChoice(params.field, { numerator: params.numerator, denominator: params.denominator, real: params.real }),
      ideal: kind === "cauchy" ? { kind } : {
        kind,
        polynomials: { minDegree: 1, maxDegree: ideal.degree, maxTerms: ideal.terms, degrees: ideal.degrees, counts: ideal.counts, strict: ideal.strict }
      },
      transformation: {
        form: params.form,
        density: params.density ?? densityFor(variables),
        outerDensity: params.outer_density,
        least: params.least,
        most: params.most,
        entries: { minDegree: entries.least, maxDegree: entries.degree, maxTerms: entries.terms, degrees: entries.degrees, counts: entries.counts, strict: entries.strict }
      },
      bound: params.field === "Q" || params.field === "R" ? params.bound : undefined,
      boundAttempts: params.attempts,
      reject: new Set(params.reject)
    }, machineMemory()), params.order))
    const stream = random(params.seed, params.stream)
    const times = new BatchTimes()
    const sum = { zeros: 0, verbatim: 0, basis: 0, notRadical: 0, unbounded: 0, generators: 0, terms: 0 }
    for (let done = 0; done < params.n;) {
      const rows = yield* computed(unmade, () => times.timed(() => {
        const made = []
        for (let bytes = 0; done < params.n && made.length < stride && bytes < rowBytes; done++) {
          const number = params.first + done
          const sample = draw(number, stream.at(number))
          const { system } = sample
          sum.zeros += Number(sample.zeros > 0)
          sum.verbatim += Number(sample.verbatim > 0)
          sum.basis += Number(sample.isBasis)
          sum.notRadical += Number(sample.radical === false)
          sum.unbounded += Number(!sample.bounded)
          bytes += system.f.exponents.length + 8 * system.f.exponents.length / variables
          sum.generators += system.f.terms.length
          sum.terms += system.f.exponents.length / variables
          made.push({ ...systemRow(system), ...defectRow(sample) })
        }
        return made
      }, (made) => made.length))
      yield* outputs.systems.append(rows)
      yield* progress(done, params.n, "samples")
    }
    const share = (count: number) => count / params.n
    yield* outputs.stat.append([{
      samples: params.n,
      zeros: share(sum.zeros),
      verbatim: share(sum.verbatim),
      f_is_basis: share(sum.basis),
      not_radical: share(sum.notRadical),
      unbounded: share(sum.unbounded),
      generators: share(sum.generators),
      terms: share(sum.terms)
    }])
    yield* outputs.timing.append([times.total()])
  })
})
