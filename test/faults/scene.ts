/**
 * A project for fault tests: a stage as a plain module, a plan of a chain and two loose tasks, the program that runs it in a process
 * of its own, and what must hold of a store whatever happened to that process.
 */
import assert from "node:assert/strict"
import { spawn, type ChildProcess } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs"
import { once } from "node:events"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import type { RunnableStage } from "../../src/run/decide.ts"
import { runPlan, type RunOptions, type RunResult } from "../../src/run/scheduler.ts"
import { isActionRecord } from "../../src/store/actions.ts"
import { readRun, runIds } from "../../src/store/runs.ts"
import { storePaths } from "../../src/store/paths.ts"
import { Store } from "../../src/store/store.ts"
import { programOf, workerProgram } from "../programs.ts"
import { planOf, runOptions } from "../run/support.ts"

/** Notes each start of a task in `started`, so that a test can count them; writes half of its output, and then the rest. */
const stageText = `
import { appendFileSync, closeSync, existsSync, openSync, readFileSync, writeFileSync, writeSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"
export default {
  async execute(task) {
    appendFileSync(task.project + "/started", task.params.n + "\\n")
    const given = (task.inputs.in ?? []).map((file) => readFileSync(file.path, "utf8"))
    const out = openSync(task.outputs.out, "w")
    writeSync(out, "result ")
    if (task.params.slow) await sleep(task.params.slow)
    writeSync(out, task.params.n + " of [" + given.join(", ") + "]")
    closeSync(out)
    return { ok: true, outputs: { out: { rows: 1 } } }
  }
}`

/** Two results are slow enough that they are flushed to the disk before they are published (seal.ts). */
export const plan = planOf(
  { id: "a-1", uses: "t/s", params: { n: 1 } },
  { id: "b-2", uses: "t/s", params: { n: 2, slow: 60 }, in: ["a-1"] },
  { id: "c-3", uses: "t/s", params: { n: 3 }, in: ["b-2"] },
  { id: "d-4", uses: "t/s", params: { n: 4, slow: 60 } }
)

/** What the tasks write if nothing goes wrong. */
export const results: Readonly<Record<string, string>> = {
  "a-1": "result 1 of []",
  "b-2": "result 2 of [result 1 of []]",
  "c-3": "result 3 of [result 2 of [result 1 of []]]",
  "d-4": "result 4 of []"
}

export const optionsIn = (folder: string): RunOptions => {
  const stage: RunnableStage = {
    stage: { volatile: false, engine: false, outputs: { out: { kind: "artefact", mediaType: "text/plain", extension: "txt" } } },
    code: "c",
    bundle: join(folder, "stage.mjs"),
    files: {}
  }
  const stages = new Map([["t/s", stage]])
  const none = () => undefined
  return { ...runOptions({ folder, store: join(folder, "results"), stages, stage: () => stage, remove: none }, plan), jobs: 1 }
}

export interface Scene {
  readonly folder: string
  readonly store: string
  readonly notes: string
  remove(): void
}

/** `parent` may lie on a file system of the test's own. */
export const makeScene = (parent = tmpdir()): Scene => {
  const folder = mkdtempSync(join(parent, "reprise-fault-"))
  writeFileSync(join(folder, "stage.mjs"), stageText)
  const notes = join(folder, "notes")
  mkdirSync(notes)
  return { folder, store: join(folder, "results"), notes, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

export interface Sabotage {
  readonly at?: { readonly role: "worker" | "orchestrator"; readonly step: number }
  readonly victim?: string
  readonly clock?: number
}

/** Starts the program in a process of its own. */
export const start = async (scene: Scene, sabotage?: Sabotage, jobs = 1): Promise<ChildProcess> => {
  const environment = sabotage === undefined ? process.env : {
    ...process.env,
    SABOTAGE: JSON.stringify({ store: scene.store, notes: scene.notes, ...sabotage }),
    NODE_OPTIONS: `--import=${join(import.meta.dirname, "saboteur.mjs")}`
  }
  const program = await programOf(join(import.meta.dirname, "program.ts"))
  return spawn(process.execPath, [program, scene.folder, await workerProgram(), String(jobs)], { env: environment, stdio: ["ignore", "pipe", "pipe"] })
}

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly out: string
  readonly err: string
}

export const ended = async (starting: Promise<ChildProcess>): Promise<Ended> => {
  const child = await starting
  let out = ""
  let err = ""
  child.stdout?.on("data", (chunk: Buffer) => void (out += chunk.toString()))
  child.stderr?.on("data", (chunk: Buffer) => void (err += chunk.toString()))
  await once(child, "close")
  return { code: child.exitCode, signal: child.signalCode, out, err }
}

/** Runs the plan in this process, as the same command typed once more. */
export const runAgain = (scene: Scene): Promise<RunResult> =>
  Effect.runPromise(runPlan(optionsIn(scene.folder)).pipe(Effect.provide(Store.layer(scene.store))))

/** Tasks in the order in which they were started, by their numbers. */
export const startsIn = (scene: Scene): ReadonlyArray<number> => {
  const path = join(scene.folder, "started")
  return existsSync(path) ? readFileSync(path, "utf8").trim().split("\n").map(Number) : []
}

const filesUnder = (folder: string): ReadonlyArray<string> =>
  existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => statSync(join(folder, name)).isFile()) : []

/** Every object has the bytes that its name says, and every action is whole and has all of its objects. Returns the numbers of the tasks
 * that are finished. */
export const assertNothingPartial = (store: string): ReadonlySet<number> => {
  for (const name of filesUnder(join(store, "objects"))) {
    assert.strictEqual(createHash("sha256").update(readFileSync(join(store, "objects", name))).digest("hex"), name.replace("/", ""), "an object is not what its name says")
  }
  const finished = new Set<number>()
  for (const name of filesUnder(join(store, "actions"))) {
    const action: unknown = JSON.parse(readFileSync(join(store, "actions", name), "utf8"))
    if (!isActionRecord(action)) return assert.fail(`${name} is no action`)
    for (const { digest } of Object.values(action.outputs)) assert.ok(existsSync(storePaths(store).object(digest)), "an action names an object that is not there")
    finished.add(Number(action.record.params["n"]))
  }
  return finished
}

/** Makes the folders of killed processes a minute older than what is written next. */
const passAMinute = (scene: Scene): void => {
  const staging = join(scene.store, "staging")
  for (const name of existsSync(staging) ? readdirSync(staging) : []) utimesSync(join(staging, name), new Date(), new Date(Date.now() - 61_000))
}

/** Waits until the worker of the killed process, if it had one, is gone. */
const workerGone = async (scene: Scene): Promise<void> => {
  const note = join(scene.notes, "worker.pid")
  const pid = existsSync(note) ? Number(readFileSync(note, "utf8")) : 0
  if (pid === 0) return
  const isThere = () => existsSync(`/proc/${pid}`)
  for (const deadline = Date.now() + 30_000; isThere();) {
    assert.ok(Date.now() < deadline, "a worker outlives its parent by half a minute")
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** A plain rerun finishes, with the right results, without repeating what was finished, and leaves nothing lying about. */
export const assertRerunFinishes = async (scene: Scene, finished: ReadonlySet<number>): Promise<void> => {
  const before = startsIn(scene).length
  passAMinute(scene)
  const result = await runAgain(scene)
  assert.strictEqual(result.status, "succeeded")
  const repeated = startsIn(scene).slice(before).filter((n) => finished.has(n))
  assert.deepStrictEqual(repeated, [], "finished tasks ran again")
  for (const [task, text] of Object.entries(results)) {
    assert.strictEqual(readFileSync(storePaths(scene.store).object(result.outputs.get(task)?.["out"]?.digest ?? ""), "utf8"), text)
  }
  assert.strictEqual(assertNothingPartial(scene.store).size, 4)
  if (filesUnder(join(scene.store, "staging")).length > 0) {
    // A worker outlives its parent by a quarter of a second, more on a busy machine, and may write where somebody has just tidied up: the
    // next run sees to it.
    await workerGone(scene)
    passAMinute(scene)
    await runAgain(scene)
  }
  assert.deepStrictEqual(filesUnder(join(scene.store, "staging")), [], "half-written files are left")
  assert.deepStrictEqual(filesUnder(join(scene.store, "claims")), [], "claims are left")
  const paths = storePaths(scene.store)
  const statuses = runIds(paths).map((id) => readRun(paths, id)?.status)
  assert.ok(!statuses.includes(undefined), "a run has no record")
  assert.ok(!statuses.includes("running"), "a run whose process is gone says that it is running")
}
