import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs"
import { planGc } from "../../src/store/gc.ts"
import { stateAfter } from "../../src/store/objects.ts"
import { Store } from "../../src/store/store.ts"
import { setDamagesAside, type Step, verifyInSteps, verifyStore } from "../../src/store/verify.ts"
import { inFolder, keep, sha256 } from "./support.ts"

const large = "x".repeat(20_000_000)
const [first, second, third] = ["first", "second", "third"].map(sha256)

/** A store with three tasks: two small results, a large one. */
const withStore = (test: (store: Store["Service"]) => void) =>
  inFolder((folder) => Effect.gen(function*() {
    yield* keep(first ?? "", { out: "one" })
    yield* keep(second ?? "", { out: "two" })
    yield* keep(third ?? "", { out: large })
    test(yield* Store)
  }).pipe(Effect.provide(Store.layer(folder))))

describe("verifying a store", () => {
  it.effect("reads every byte, and says on the way how many of how many", () => withStore(({ paths }) => {
    const steps: Array<Step> = []
    const reading = verifyInSteps(paths)
    let next = reading.next()
    for (; next.done !== true; next = reading.next()) steps.push(next.value)
    assert.deepInclude(next.value, { objects: 3, bytes: large.length + 6, actions: 3, damages: [] })
    assert.deepStrictEqual(steps.at(-1), { bytes: large.length + 6, of: large.length + 6 })
    assert.isAtLeast(steps.length, 5, "a large object is read in several steps")
    assert.deepStrictEqual(steps.map(({ bytes }) => bytes), steps.map(({ bytes }) => bytes).toSorted((a, b) => a - b))
  }))

  it.effect("finds a flipped byte, a lost object and a record that is cut off, and whose results they were", () => withStore(({ paths }) => {
    chmodSync(paths.object(sha256(large)), 0o644)
    writeFileSync(paths.object(sha256(large)), `${large.slice(1)}y`)
    rmSync(paths.object(sha256("one")))
    writeFileSync(paths.action(second ?? ""), '{"version":1,"finger')
    const { damages, fingerprints } = verifyStore(paths)
    assert.sameMembers(damages.map(({ kind }) => kind), ["corrupt", "missing", "record"])
    assert.sameMembers([...fingerprints], [first, second, third])
  }))

  it.effect("puts a run whose record cannot be read out of the way, and keeps what is left of it until gc", () => withStore(({ paths }) => {
    mkdirSync(paths.run("r1").logs, { recursive: true })
    writeFileSync(paths.run("r1").record, '{"vers')
    const { damages } = verifyStore(paths)
    assert.deepStrictEqual(damages.map(({ kind }) => kind), ["run"])
    setDamagesAside(paths, damages)
    assert.deepStrictEqual(verifyStore(paths).damages, [])
    assert.isTrue(existsSync(`${paths.quarantine}/r1/run.json`))
    assert.isTrue(planGc(paths, {}, 0).others.includes(`${paths.quarantine}/r1`))
  }))

  it("takes an object that the disk cannot read for a damaged one", () => {
    assert.strictEqual(stateAfter(Object.assign(new Error("i/o error"), { code: "EIO" }), "objects/ab/c"), "corrupt")
    assert.throws(() => stateAfter(Object.assign(new Error("denied"), { code: "EACCES" }), "objects/ab/c"), /permission denied/)
  })
})
