/** `--backend`: which file it names, and what of it reaches fingerprints and tasks. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { onTestFinished } from "vitest"
import { chooseBackend } from "../../src/cli/backend.ts"
import { backendNames } from "../../src/cli/backend-file.ts"

const packageRoot = fileURLToPath(new URL("../..", import.meta.url))

/** A project with these backends of its own. */
const projectWith = (files: Readonly<Record<string, string>>) => {
  const project = mkdtempSync(join(tmpdir(), "reprise-backend-"))
  onTestFinished(() => rmSync(project, { recursive: true }))
  const folder = join(project, "configs", "backends")
  mkdirSync(folder, { recursive: true })
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, `${name}.yaml`), text)
  return { project, packageRoot }
}

describe("a backend by its name", () => {
  it.effect("is the project's own file before the package's", () => Effect.gen(function*() {
    const place = projectWith({ cpu: "provider: cpu\nthreads: 3\n", "second-gpu": "provider: cuda\ndevice: 1\nfallback: cpu\n" })
    assert.includeMembers([...backendNames(place)], ["cpu", "cuda", "second-gpu", "tfjs", "webgpu"])
    const cpu = yield* chooseBackend("cpu", place)
    assert.strictEqual(cpu.threads, 3)
    assert.strictEqual(cpu.backend, "cpu")
    const gpu = yield* chooseBackend("second-gpu", place)
    assert.strictEqual(gpu.backend, "cuda fallback=cpu")
    assert.deepStrictEqual(gpu.config, { provider: "cuda", device: 1, fallback: "cpu" })
  }))

  it.effect("of TensorFlow.js is settled on what is installed", () => Effect.gen(function*() {
    const place = projectWith({ check: "provider: tfjs\nkernels: [node-gpu, cpu]\n" })
    const engine = yield* chooseBackend("check", place)
    assert.deepInclude(engine, { name: "tensorflow.js", version: "4.22.0", backend: "tfjs kernels=cpu" })
    const missing = yield* Effect.flip(chooseBackend("none", projectWith({ none: "provider: tfjs\nkernels: [node-gpu]\n" })))
    assert.match(missing.message, /TensorFlow\.js is not installed \(looked for @tensorflow\/tfjs-node-gpu\)/)
  }))

  it.effect("that is wrong is a mistake of the user's, with a hint", () => Effect.gen(function*() {
    const place = projectWith({ broken: "provider: [\n", odd: "provider: webgpu\nfallbak: cpu\n" })
    const failing = (name: string) => Effect.flip(chooseBackend(name, place))
    const unknown = yield* failing("webgp")
    assert.strictEqual(unknown.exitCode, 2)
    assert.match(unknown.message, /no configs\/backends\/webgp\.yaml; did you mean "webgpu"\?/)
    assert.match((yield* failing("../cpu")).message, /there is no/)
    assert.match((yield* failing("broken")).message, /broken\.yaml/)
    assert.match((yield* failing("odd")).message, /^error: .*odd\.yaml: fallbak/)
  }))
})
