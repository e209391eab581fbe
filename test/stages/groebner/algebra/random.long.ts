/**
 * The longer check: `node test/stages/groebner/algebra/random.long.ts [count] [first]` compares reduced bases of 10,000 random systems with
 * Singular's, a hundred to a process. The test suite does the first few hundred.
 */
import { differences } from "./random-comparison.ts"

const [count = 10_000, first = 0] = process.argv.slice(2).map(Number)
let failed = 0
for (let from = first; from < first + count; from += 100) {
  const found = differences(from, Math.min(from + 100, first + count), 300)
  failed += found.length
  for (const text of found) process.stdout.write(`${text}\n`)
}
process.stdout.write(`${count} random systems: ${count - failed} equal to Singular's, ${failed} different\n`)
process.exitCode = failed === 0 ? 0 : 1
