/** Singular and mathicgb as processes: what they say a basis takes. Debian: `singular-ui`, `mathicgb`. */
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Polynomial } from "../../stages/groebner/lib/algebra/polynomial.ts"
import { termCount } from "../../stages/groebner/lib/algebra/polynomial.ts"

export const hasSingular = spawnSync("Singular", ["--version"]).status === 0
export const hasMathicgb = spawnSync("mgb", ["help"]).status === 0

export interface Job {
  readonly characteristic: number
  readonly variables: ReadonlyArray<string>
  readonly order: "dp" | "lp"
  /** Each a list of polynomials, separated by commas. */
  readonly systems: ReadonlyArray<string>
  readonly by: "std" | "slimgb" | "stdfglm"
  /** Passes over all systems: Singular counts processor time in steps of 10 ms. */
  readonly repeat: number
}

export interface Answer {
  /** Processor time of one pass over all systems, in milliseconds. */
  readonly milliseconds: number
  /** Of each system: monic, in Singular's order. */
  readonly bases: ReadonlyArray<ReadonlyArray<string>>
}

/** One process; the systems are read and the library is loaded before the clock (`timer`) starts. */
export const singular = ({ by, characteristic, order, repeat, systems, variables }: Job): Answer => {
  const script = [
    `option(redSB); option(redTail); system("--ticks-per-sec",1000); int k; int m; int t;`,
    `ring warm=${characteristic},(x,y),${order}; ideal i=x2-y,y2-x; ideal g=${by}(i);`,
    `ring r=${characteristic},(${variables.join(",")}),${order}; short=0; list L; list G; ideal g;`,
    ...systems.map((system, at) => `L[${at + 1}]=ideal(${system});`),
    `t=timer; for(m=1;m<=${repeat};m++){for(k=1;k<=size(L);k++){g=${by}(L[k]);}} t=timer-t; print("<<"); print(t); print(">>");`,
    `for(m=1;m<=size(L);m++){g=simplify(${by}(L[m]),1); print("<<"); for(k=1;k<=size(g);k++){print(string(g[k]));} print(">>");}`,
    "quit;"
  ].join("\n")
  const run = spawnSync("Singular", ["-q"], { input: script, encoding: "utf8", maxBuffer: 1 << 28, timeout: 300_000 })
  const [time, ...bases] = [...run.stdout.matchAll(/<<\n([^<>]*)>>/g)].map(([, lines = ""]) => lines.split("\n").filter((line) => line !== ""))
  if (bases.length !== systems.length) throw new Error(`Singular answered ${bases.length} of ${systems.length}:\n${run.stdout.slice(-1000)}${run.stderr}`)
  return { milliseconds: Number(time?.[0]) / repeat, bases }
}

/** Milliseconds of a whole process of mathicgb's F4 on one thread, in degrevlex. */
export const mathicgb = (characteristic: number, variables: number, polynomials: ReadonlyArray<Polynomial<number>>): number => {
  const folder = mkdtempSync(join(tmpdir(), "reprise-mgb-"))
  try {
    // Its own form: letters for variables, exponents behind them, a line of weights.
    const text = polynomials.map((f) => {
      const terms = Array.from({ length: termCount(f) }, (_, t) =>
        `${f.coefficients[t]}${Array.from(f.exponents.subarray(t * variables, (t + 1) * variables), (exponent, v) => (exponent === 0 ? "" : `${String.fromCharCode(97 + v)}${exponent}`)).join("")}`
      )
      return ` ${terms.join("+")}`
    })
    writeFileSync(join(folder, "in.ideal"), `${characteristic} ${variables} 1${" 1".repeat(variables)}\n${polynomials.length}\n${text.join("\n")}\n`)
    const started = performance.now()
    const run = spawnSync("mgb", ["gb", "in", "-reducer", "26", "-threadCount", "1"], { cwd: folder, encoding: "utf8" })
    const milliseconds = performance.now() - started
    if (run.status !== 0) throw new Error(`mgb ended with ${run.status}: ${run.stderr}`)
    return milliseconds
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
