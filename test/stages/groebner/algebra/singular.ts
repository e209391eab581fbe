/** Singular as an independent check: reduced bases of many systems in one process. Debian: `singular-ui`. */
import { spawnSync } from "node:child_process"
import type { MonomialOrder } from "../../../../stages/groebner/lib/algebra/order.ts"
import { blocksOf } from "../../../../stages/groebner/lib/algebra/order.ts"

export const whyNoSingular = spawnSync("Singular", ["--version"]).status === 0 ? undefined : "skipped, no Singular (Debian: singular-ui)"

export interface Question {
  readonly characteristic: number
  readonly variables: ReadonlyArray<string>
  readonly order: MonomialOrder
  /** Polynomials separated by commas. */
  readonly system: string
  /** `std` is straightforward; `groebner` takes other orders on its way; `stdfglm` needs finitely many zeros. */
  readonly by?: "std" | "groebner" | "stdfglm" | "slimgb"
}

const orderName = { lex: "lp", deglex: "Dp", degrevlex: "dp" } as const

export const singularRing = ({ characteristic, order, variables }: Omit<Question, "system">): string => {
  const blocks = blocksOf(order, variables.length).map(({ order, size }) => `${orderName[order]}(${size})`)
  return `ring r=${characteristic},(${variables.join(",")}),(${blocks.join(",")}); short=0;`
}

/** Of each question the reduced basis as text, the least leading monomial first, monic; spaces left out. */
export const singularBases = (questions: ReadonlyArray<Question>, seconds = 60): ReadonlyArray<ReadonlyArray<string>> => {
  const script = questions.map(({ by = "std", system, ...ring }) =>
    `${singularRing(ring)} ideal i=${system === "" ? "0" : system}; ideal g=simplify(${by}(i),1); print("<<"); for(k=1;k<=size(g);k++){print(string(g[k]));} print(">>"); kill r;`
  )
  const run = spawnSync("Singular", ["-q"], {
    input: `option(redSB); option(redTail); int k; ${script.join("\n")}\nquit;\n`,
    encoding: "utf8",
    timeout: seconds * 1000,
    maxBuffer: 1 << 28
  })
  const answers = [...run.stdout.matchAll(/<<\n([^<>]*)>>/g)].map(([, lines = ""]) => lines.split("\n").filter((line) => line !== ""))
  if (answers.length !== questions.length) throw new Error(`Singular answered ${answers.length} of ${questions.length} questions:\n${run.stdout.slice(-2000)}${run.stderr}`)
  return answers
}
