import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { appendFileSync, chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Store } from "../../src/store/store.ts"
import { sealFile } from "../../src/store/seal.ts"
import { inFolder, keep, sha256 } from "./support.ts"

const a = sha256("fingerprint a")
const b = sha256("fingerprint b")

const withStore = <A, E>(test: (store: Store["Service"]) => Effect.Effect<A, E, Store>) =>
  inFolder((folder) => Effect.flatMap(Store, test).pipe(Effect.provide(Store.layer(join(folder, "results")))))

describe("Store", () => {
  it.effect("has what was kept under a fingerprint, and nothing else", () =>
    withStore((store) => Effect.gen(function*() {
      yield* keep(a, { out: "hello", more: "x" })
      const found = yield* store.lookup(a)
      assert.strictEqual(found.kind, "hit")
      assert.deepStrictEqual((yield* store.lookup(b)).kind, "miss")
      assert.strictEqual(readFileSync(store.paths.object(sha256("hello")), "utf8"), "hello")
      assert.strictEqual(store.paths.object(sha256("hello")), join(store.folder, "objects", sha256("hello").slice(0, 2), sha256("hello").slice(2)))
    })))

  it.effect("leaves no trace where it is only asked", () =>
    withStore((store) => Effect.gen(function*() {
      assert.strictEqual((yield* store.lookup(a)).kind, "miss")
      assert.deepStrictEqual(yield* store.runs(), [])
      assert.isFalse(existsSync(store.folder))
    })))

  it.effect("takes a lost object for a task to run again", () =>
    withStore((store) => Effect.gen(function*() {
      yield* keep(a, { out: "hello" })
      rmSync(store.paths.object(sha256("hello")))
      const found = yield* store.lookup(a)
      assert.deepInclude(found, { kind: "missing", output: "out", digest: sha256("hello") })
    })))

  it.effect("sees a shortened object at once, and a changed byte when asked to read it", () =>
    withStore((store) => Effect.gen(function*() {
      yield* keep(a, { out: "hello" })
      const digest = sha256("hello")
      writeFileSync(store.paths.object(digest), "hellO")
      assert.strictEqual((yield* store.lookup(a)).kind, "hit")
      assert.strictEqual(yield* store.verify(digest), "corrupt")
      truncateSync(store.paths.object(digest), 3)
      assert.deepInclude(yield* store.lookup(a), { kind: "corrupt", output: "out", digest })
    })))

  it.effect("remembers that an object was set aside, and mends it when it is made again", () =>
    withStore((store) => Effect.gen(function*() {
      yield* keep(a, { out: "hello" })
      const digest = sha256("hello")
      writeFileSync(store.paths.object(digest), "hellO")
      yield* store.setAside(digest)
      yield* store.setAside(digest) // a second process found it, too
      assert.strictEqual(yield* store.verify(digest), "missing")
      assert.strictEqual((yield* store.lookup(a)).kind, "corrupt")
      assert.strictEqual(readFileSync(store.paths.quarantined(digest), "utf8"), "hellO")
      yield* keep(a, { out: "hello" })
      assert.strictEqual((yield* store.lookup(a)).kind, "hit")
      assert.strictEqual(yield* store.verify(digest), "intact")
    })))

  it.effect("publishes over a damaged object of the same name", () =>
    withStore((store) => Effect.gen(function*() {
      yield* keep(a, { out: "hello" })
      writeFileSync(store.paths.object(sha256("hello")), "hellO")
      yield* keep(b, { out: "hello" })
      assert.strictEqual(yield* store.verify(sha256("hello")), "intact")
    })))

  it.effect("takes a broken record for none", () =>
    withStore((store) => Effect.gen(function*() {
      yield* keep(a, { out: "hello" })
      const whole = readFileSync(store.paths.action(a), "utf8")
      for (const text of ["", whole.slice(0, whole.length / 2), "null", "[]", whole.replace(a, b), whole.replace(sha256("hello"), "../../etc/passwd")]) {
        writeFileSync(store.paths.action(a), text)
        assert.strictEqual((yield* store.lookup(a)).kind, "miss", text.slice(0, 40))
      }
    })))

  it.effect("drops the checkpoint of a task that is done", () =>
    withStore((store) => Effect.gen(function*() {
      const checkpoint = store.paths.checkpoint(a)
      mkdirSync(join(checkpoint, ".."), { recursive: true })
      writeFileSync(checkpoint, "half way")
      yield* keep(a, { out: "hello" })
      assert.isFalse(existsSync(checkpoint))
    })))

  it.effect("leaves nothing in its staging folder", () =>
    inFolder((folder) => Effect.gen(function*() {
      yield* Effect.provide(keep(a, { out: "hello" }), Store.layer(folder))
      assert.deepStrictEqual(readdirSync(join(folder, "staging")), [])
    })))

  it.effect("keeps which files a code digest covers", () =>
    withStore((store) => Effect.gen(function*() {
      assert.isUndefined(yield* store.codeFiles("c"))
      yield* store.keepCodeFiles("c", { "stages/a.ts": "1" })
      assert.deepStrictEqual(yield* store.codeFiles("c"), { "stages/a.ts": "1" })
    })))
})

describe("a store that cannot be used", () => {
  it.effect("is refused where its format is unknown", () =>
    inFolder((folder) => Effect.gen(function*() {
      writeFileSync(join(folder, "store.json"), `{"format":2}`)
      const error = yield* Effect.flip(Effect.provide(Store, Store.layer(folder)))
      assert.include(error.message, "store format 2, and this version of Reprise knows format 1")
      assert.include(error.hint ?? "", "--store")
    })))

  it.effect("is refused where its format cannot be read", () =>
    inFolder((folder) => Effect.gen(function*() {
      writeFileSync(join(folder, "store.json"), `{"form`)
      const error = yield* Effect.flip(Effect.provide(Store, Store.layer(folder)))
      assert.include(error.message, "damaged")
    })))

  it.effect("says what to do where a file stands in its place", () =>
    inFolder((folder) => Effect.gen(function*() {
      writeFileSync(join(folder, "results"), "")
      const error = yield* Effect.flip(Effect.provide(keep(a, { out: "x" }), Store.layer(join(folder, "results"))))
      assert.strictEqual(error._tag, "StoreError")
      assert.include(error.message, "results")
    })))
})

describe("sealFile", () => {
  it.effect("gives the digest of the bytes and takes away the right to write", () =>
    inFolder((folder) => Effect.sync(() => {
      const path = join(folder, "file")
      const text = "x".repeat(3_000_001) // more than one chunk
      writeFileSync(path, text)
      assert.deepStrictEqual(sealFile(path, true), { digest: sha256(text), bytes: 3_000_001 })
      assert.strictEqual(statSync(path).mode & 0o777, 0o444)
      chmodSync(path, 0o644)
      appendFileSync(path, "y")
      assert.strictEqual(sealFile(path, false).digest, sha256(`${text}y`))
      writeFileSync(join(folder, "empty"), "")
      assert.deepStrictEqual(sealFile(join(folder, "empty"), true), { digest: sha256(""), bytes: 0 })
    })))
})
