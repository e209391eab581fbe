/** What Singular is told and what it answers: one system at a time, timed inside Singular, so that neither its start nor the pipe counts. */
import { numberedVariables } from "../algebra/index.ts"
import type { PolynomialList, System } from "../generation/system-table.ts"

export const singularEngines = ["std", "slimgb", "stdfglm"] as const
export type SingularEngine = (typeof singularEngines)[number]

export type ForwardOrder = "lex" | "deglex" | "degrevlex"
const orderName: Readonly<Record<ForwardOrder, string>> = { lex: "lp", deglex: "Dp", degrevlex: "dp" }

/** Ticks of Singular's real-time clock in a second. */
const ticks = 1_000_000
/** Nothing that Singular prints by itself. */
const end = "<end>"

export const preamble = `system("--ticks-per-sec",${ticks}); option(redSB); option(redTail); print("${end}");\n`

/** The reduced basis of F. Reading the system is not timed, nor is printing. */
export const questionOf = (system: System, engine: SingularEngine, order: ForwardOrder): string => {
  const { characteristic, f, variables } = system
  const ring = `ring r=${characteristic},(${numberedVariables(variables).join(",")}),${orderName[order]};short=0;`
  return `${ring}ideal i=${polynomialsOf(f, variables).join(",")};int t=rtimer;ideal g=${engine}(i);t=rtimer-t;g=simplify(g,1);print("<t>"+string(t));int k;for(k=1;k<=size(g);k++){print("<p>"+string(g[k]));}kill r;kill t;kill k;print("${end}");\n`
}

export const isAnswered = (output: string): boolean => output.includes(`${end}\n`)

export type SingularAnswer =
  | { readonly ok: true; readonly seconds: number; readonly basis: ReadonlyArray<string> }
  /** What Singular complained of. */
  | { readonly ok: false; readonly message: string }

export const answerOf = (output: string): SingularAnswer => {
  const complaint = /^ +\? (.*)$/m.exec(output)?.[1]
  const time = /^<t>(-?\d+)$/m.exec(output)?.[1]
  if (complaint !== undefined || time === undefined) return { ok: false, message: complaint ?? "Singular gave no time" }
  return { ok: true, seconds: Number(time) / ticks, basis: Array.from(output.matchAll(/^<p>(.*)$/gm), ([, polynomial = ""]) => polynomial) }
}

/** As Singular reads them; 0 stands for a polynomial without terms. */
const polynomialsOf = (list: PolynomialList, n: number): ReadonlyArray<string> => {
  let at = 0
  return Array.from(list.terms, (count) => {
    at += count
    return count === 0 ? "0" : Array.from({ length: count }, (_, k) => termText(list, at - count + k, n)).join("+")
  })
}

const termText = ({ coefficients, denominators, exponents }: PolynomialList, term: number, n: number): string => {
  let text = `(${coefficients[term] ?? 0}${denominators.length === 0 ? "" : `/${denominators[term] ?? 1}`})`
  for (let v = 0; v < n; v++) {
    const exponent = exponents[term * n + v] ?? 0
    if (exponent > 0) text += `*x${v}^${exponent}`
  }
  return text
}
