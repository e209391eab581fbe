/** What a file of configs/backends may say, and what of it counts in a fingerprint. */
import { readdirSync, readFileSync } from "node:fs"
import { Result } from "effect"
import { assert, describe, it } from "vitest"
import { parse } from "yaml"
import { decodeBackend, identityOf, sessionOptionsOf } from "../../../src/tensor/backends/config.ts"

const folder = new URL("../../../configs/backends/", import.meta.url)

const identity = (content: unknown): string => identityOf(Result.getOrThrow(decodeBackend(content, "test.yaml")))

describe("a backend's file", () => {
  for (const file of readdirSync(folder)) {
    it(`${file} is one, of the provider that it is named after`, () => {
      const config = Result.getOrThrow(decodeBackend(parse(readFileSync(new URL(file, folder), "utf8")), file))
      assert.strictEqual(`${config.provider}.yaml`, file)
    })
  }

  it("is refused with every mistake and its place", () => {
    const message = (content: unknown) => Result.match(decodeBackend(content, "mine.yaml"), { onSuccess: () => "", onFailure: (error) => error.message })
    assert.strictEqual(message({ provider: "gpu" }), "mine.yaml: `provider` is to be one of cpu, webgpu, cuda, tfjs")
    assert.strictEqual(message(null), message({}))
    assert.match(message({ provider: "webgpu", fallbak: "cpu", layout: "CHW" }), /^mine\.yaml: fallbak: .*\nmine\.yaml: layout: /)
    assert.match(message({ provider: "cpu", threads: 0 }), /threads/)
    assert.match(message({ provider: "cpu", device: 1 }), /device/)
  })
})

describe("the identity of a backend", () => {
  it("is the provider with what can change numbers", () => {
    assert.strictEqual(identity({ provider: "cpu", threads: 4, spinning: false }), "cpu")
    assert.strictEqual(identity({ provider: "cuda", device: 3, fallback: "none" }), "cuda")
    assert.strictEqual(identity({ provider: "webgpu", layout: "NHWC", fallback: "cpu" }), "webgpu fallback=cpu layout=NHWC")
    assert.strictEqual(identity({ provider: "tfjs", kernels: ["wasm", "cpu"] }), "tfjs kernels=wasm+cpu")
  })
})

describe("the options of a task's session", () => {
  it("are the configuration's, with the task's threads where it gives none", () => {
    assert.deepStrictEqual(Result.getOrThrow(sessionOptionsOf("cuda", { provider: "cuda", device: 1 }, 8)), { backend: "cuda", threads: 8, device: 1 })
    assert.deepStrictEqual(Result.getOrThrow(sessionOptionsOf("cpu", { provider: "cpu", threads: 2 }, 8)), { backend: "cpu", threads: 2 })
    assert.deepStrictEqual(Result.getOrThrow(sessionOptionsOf("cpu", undefined, 1)), { backend: "cpu", threads: 1 })
    assert.isTrue(Result.isFailure(sessionOptionsOf("gpu", undefined, 1)))
  })
})
