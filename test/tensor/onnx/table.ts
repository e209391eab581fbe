/** The published table of what the engine makes of ONNX's test vectors: docs/operators.md. */
import { operatorNamed } from "../../../src/tensor/operators/registry.ts"
import { type Result, runTest, testsOf } from "./conformance.ts"

/** Collections of the package, and what they are. */
const collections = {
  node: "one operator each, operator sets 1 to 17",
  "pytorch-converted": "layers of PyTorch, exported at operator sets 6 and 12",
  "pytorch-operator": "functions of PyTorch, exported at operator set 6",
  simple: "small graphs"
} as const

export type Results = ReadonlyMap<string, ReadonlyArray<Result>>

/** Runs every test of every collection. */
export const runAll = async (): Promise<Results> => {
  const all = new Map<string, ReadonlyArray<Result>>()
  for (const collection of Object.keys(collections)) {
    const results: Array<Result> = []
    for (const test of testsOf(collection)) results.push(await runTest(collection, test))
    all.set(collection, results)
  }
  return all
}

const passed = (results: ReadonlyArray<Result>, by: "interpreter" | "runtime"): number => results.filter((result) => result[by].outcome === "passed").length

/** The document, from the results. */
export const operatorsPage = (all: Results): string => {
  const nodes = all.get("node") ?? []
  const byOperator = Map.groupBy(nodes, ({ operator }) => operator)
  const rows = [...byOperator].sort(([a], [b]) => a.localeCompare(b, "en"))
  const isTaken = (results: ReadonlyArray<Result>) => results.some(({ interpreter, runtime }) => interpreter.outcome === "passed" || runtime.outcome === "passed")
  const taken = rows.filter(([, results]) => isTaken(results))
  const refused = rows.filter(([, results]) => !isTaken(results))
  return [
    intro,
    "| collection | tests | interpreter | onnxruntime |\n|---|---|---|---|",
    ...Object.entries(collections).map(([name, what]) => {
      const results = all.get(name) ?? []
      return `| ${name}: ${what} | ${results.length} | ${passed(results, "interpreter")} | ${passed(results, "runtime")} |`
    }),
    "\n## Operators that are taken\n",
    "| operator | tests | interpreter | onnxruntime | gradient | not taken, and why |\n|---|---|---|---|---|---|",
    ...taken.map(([operator, results]) =>
      `| ${operator} | ${results.length} | ${passed(results, "interpreter")} | ${passed(results, "runtime")} | ${gradientOf(operator)} | ${reasons(results)} |`),
    "\n## Operators that are refused, by name, when a model is read\n",
    "| operator | tests | why |\n|---|---|---|",
    ...refused.map(([operator, results]) => `| ${operator} | ${results.length} | ${reasons(results)} |`),
    ""
  ].join("\n")
}

const gradientOf = (operator: string): string => {
  const known = operatorNamed(operator)
  if (known === undefined || !("infer" in known)) return "of its parts"
  return known.derivative === undefined ? "none" : "yes"
}

/** Each reason once, with the number of tests that it stopped. */
const reasons = (results: ReadonlyArray<Result>): string => {
  const counts = new Map<string, number>()
  for (const { interpreter, runtime } of results) {
    for (const reason of new Set([reasonOf(interpreter, ""), reasonOf(runtime, interpreter.outcome === "passed" ? "onnxruntime: " : "")])) {
      if (reason !== undefined) counts.set(reason, (counts.get(reason) ?? 0) + 1)
    }
  }
  return [...counts].map(([reason, count]) => (counts.size === 1 && count === results.length ? reason : `${count}: ${reason}`)).join("; ").replaceAll("|", "\\|")
}

const reasonOf = ({ outcome, why = "" }: Result["interpreter"], by: string): string | undefined => {
  if (outcome === "passed") return undefined
  return by + (outcome === "wrong" ? `WRONG: ${why}` : why.includes("is not known to the tensor engine") ? why.replace(/: the operator is not known.*/, " is not known") : why.replace(/\.$/, ""))
}

const intro = `# Operators, held against ONNX's own test vectors

This page is written by \`node scripts/conformance.ts\` from the vectors that ONNX publishes for its operators, as Debian packages them
(\`libonnx-testdata\`). Each test is a small model with inputs and the outputs that the operator's reference implementation gave. It goes
through the importer; the graph that comes out is computed by the float64 interpreter and by onnxruntime on the CPU, and both are compared with the
published outputs to 1e-4 relative (half precision, which the engine holds in float32, to its own precision). A test keeps the page current.

A static graph must know its shapes. Where a test feeds a shape, an axis or a number of rounds as an input, that input is fixed before
the model is read (\`constants\`), as it would be for a real model. \`Loop\` and \`Scan\` are unrolled, up to 1000 rounds; of an \`If\` whose condition is not known both branches are
computed and one is chosen. So all three have gradients. An operator that is not known,
of any domain, is passed on to onnxruntime if asked for (\`importModel(file, { unknown: "forward" })\`), where the file declares the shapes of what it gives: forward only.

Gradient: \`yes\` has a rule of its own (zero for comparisons and whole numbers), \`of its parts\` is a composition and is differentiated through, \`none\` runs forward only.
`
