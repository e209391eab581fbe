/** The published settings, with changes. */
import type { Settings } from "../../../../stages/groebner/lib/generation/generator.ts"
import { densityFor } from "../../../../stages/groebner/lib/generation/settings.ts"

export const settings = (changes: Partial<Settings> & { readonly form?: Settings["transformation"]["form"] }): Settings => {
  const { form = "released", ...rest } = changes
  const loose = { degrees: "fixed", counts: "uniform", strict: false } as const
  const variables = rest.variables ?? 2
  return {
    variables,
    field: { kind: "prime", p: 7 },
    ideal: { kind: "shape", polynomials: { minDegree: 1, maxDegree: 5, maxTerms: 5, ...loose } },
    transformation: { form, density: densityFor(variables), outerDensity: 1, least: 0, most: 2, entries: { minDegree: 1, maxDegree: 3, maxTerms: 2, ...loose } },
    bound: undefined,
    boundAttempts: 100,
    reject: new Set(),
    ...rest
  }
}
