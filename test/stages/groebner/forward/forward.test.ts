/** Engines on generated systems: they find the basis that the system was made from, in time or not, and leave no process behind. */
import { spawnSync } from "node:child_process"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test, vi } from "vitest"
import forward from "../../../../stages/groebner/forward.ts"
import generate from "../../../../stages/groebner/generate.ts"
import type { JsonObject } from "../../../../src/stage/json.ts"
import { attemptStage, type Made, runStage, temporaryFolder } from "../../run-stage.ts"
import { whyNoSingular } from "../algebra/singular.ts"

const systems = async (params: JsonObject): Promise<Readonly<Record<string, Made>>> => {
  const { outputs } = await runStage(generate, { n: 8, seed: 2, ...params })
  return outputs["systems"] === undefined ? {} : { systems: outputs["systems"] }
}

test.each(["F7", "Q"])("the own engine finds the basis that each system over %s was made from", async (field) => {
  const ran = await runStage(forward, { engines: ["own"], warm_up: 0 }, { inputs: await systems({ field, variables: 3 }) })
  expect(ran.rows("stat")[0]).toMatchObject({ engine: "own", samples: 8n, solved: 8n, right: 8n, timeouts: 0n, failed: 0n })
  for (const row of ran.rows("samples")) expect(row["seconds"]).toBeGreaterThan(0)
})

test("a basis that is not G is told from one that is", async () => {
  const inputs = await systems({ form: "random", variables: 2, entries: { degree: 2, terms: 2 } })
  const ran = await runStage(forward, { engines: ["own"], warm_up: 0 }, { inputs })
  expect(Number(ran.rows("stat")[0]?.["right"])).toBeLessThan(8)
})

test("systems of another order are asked for under that order", async () => {
  const inputs = await systems({ variables: 3, order: "degrevlex" })
  const ran = await runStage(forward, { engines: ["own"], warm_up: 0 }, { inputs })
  expect(ran.rows("stat")[0]).toMatchObject({ engine: "own", samples: 8n, solved: 8n, right: 8n })
  const { error } = await attemptStage(forward, { engines: ["own", "stdfglm"], singular: actor(temporaryFolder()), warm_up: 0 }, { inputs })
  expect(error?.message).toMatch(/stdfglm converts to lex, not to degrevlex/)
})

test("an order other than that of G has another basis: nothing is compared", async () => {
  const ran = await runStage(forward, { engines: ["own"], order: "degrevlex", warm_up: 1, most: 3 }, { inputs: await systems({}) })
  expect(ran.rows("samples").map(({ outcome, right }) => [outcome, right])).toEqual([["solved", null], ["solved", null], ["solved", null]])
})

test.each<readonly [string, JsonObject, JsonObject, RegExp]>([
  ["systems over R", { field: "R" }, { engines: ["own"] }, /over R have no basis that can be computed/],
  ["a program that is not there", {}, { singular: "no-such-singular" }, /there is no no-such-singular to ask/]
])("%s are refused with the reason", async (_, of, params, message) => {
  const { error } = await attemptStage(forward, params, { inputs: await systems(of) })
  expect(error?.message).toMatch(message)
})

test("without Singular its engines can be left out", async () => {
  const ran = await runStage(forward, { singular: "no-such-singular", without_singular: "skip", warm_up: 0 }, { inputs: await systems({}) })
  expect(ran.rows("stat").map(({ engine }) => engine)).toEqual(["own"])
})

describe.skipIf(whyNoSingular !== undefined)(`Singular${whyNoSingular === undefined ? "" : ` (${whyNoSingular})`}`, () => {
  test.each(["F7", "Q"])("finds the same bases over %s by three algorithms, in one process", async (field) => {
    const ran = await runStage(forward, { warm_up: 1 }, { inputs: await systems({ field, variables: 2 }) })
    expect(ran.rows("stat").map(({ engine, right }) => [engine, right])).toEqual([["own", 8n], ["std", 8n], ["slimgb", 8n], ["stdfglm", 8n]])
  })
})

/** A program that speaks Singular's part: it answers `std` and, asked for `slimgb`, starts a child and is silent; `stdfglm` ends it. */
const actor = (folder: string): string => {
  const program = join(folder, "actor")
  writeFileSync(program, `#!/bin/sh
[ "$1" = --version ] && { echo "actor version 1.0"; exit 0; }
while read -r line; do
  case "$line" in
    *stdfglm*) echo "   ? out of memory"; exit 3 ;;
    *slimgb*) sleep 321 & echo $! > "${folder}/child"; wait ;;
    *std*) printf '<t>2000\\n<p>x0\\n<end>\\n' ;;
    *) echo "<end>" ;;
  esac
done
`, { mode: 0o755 })
  return program
}

const isRunning = (pid: string): boolean => /^[RSD]/.test(spawnSync("ps", ["-o", "stat=", "-p", pid], { encoding: "utf8" }).stdout.trim())

test("an engine that takes too long is ended with its children, one that dies is a failure, and both are asked again", async () => {
  const folder = temporaryFolder()
  const ran = await runStage(forward, { engines: ["std", "slimgb", "stdfglm"], singular: actor(folder), timeout: 1.5, warm_up: 0, most: 2 }, { inputs: await systems({}) })
  expect(ran.rows("samples").map(({ engine, message, outcome, right, seconds }) => [engine, outcome, seconds, right, message])).toEqual([1, 2].flatMap(() => [
    ["std", "solved", 0.002, false, null],
    ["slimgb", "timeout", null, null, null],
    ["stdfglm", "failed", null, null, "? out of memory"]
  ]))
  const child = readFileSync(join(folder, "child"), "utf8").trim()
  expect(child).toMatch(/^\d+$/)
  await vi.waitUntil(() => !isRunning(child), { timeout: 20_000 })
})

test("an interruption ends the engine", async () => {
  const folder = temporaryFolder()
  const stop = new AbortController()
  const running = attemptStage(forward, { engines: ["std", "slimgb"], singular: actor(folder), timeout: 100, warm_up: 0 }, { inputs: await systems({}), signal: stop.signal })
  await vi.waitUntil(() => existsSync(join(folder, "child")) && readFileSync(join(folder, "child"), "utf8") !== "", { timeout: 20_000 })
  stop.abort()
  await running.catch(() => undefined)
  await vi.waitUntil(() => !isRunning(readFileSync(join(folder, "child"), "utf8").trim()), { timeout: 20_000 })
})
