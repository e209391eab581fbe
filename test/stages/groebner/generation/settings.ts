/** The published settings, with changes. */
import type { Settings } from "../../../../stages/groebner/lib/generation/generator.ts"
import { publishedSettings } from "../../../../stages/groebner/lib/generation/settings.ts"

export const settings = (changes: Partial<Settings> & { readonly form?: Settings["transformation"]["form"] }): Settings => {
  const { field = { kind: "prime", p: 7 }, form = "released", variables = 2, ...rest } = changes
  const published = publishedSettings(variables, field)
  return { ...published, transformation: { ...published.transformation, form }, bound: undefined, ...rest }
}
