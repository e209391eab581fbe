/** What doctor finds: the real command once, a native crash, and the advice for machines that this one is not. */
import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it, onTestFinished } from "vitest"
import { remedyFor, type Surroundings } from "../../src/cli/doctor/remedies.ts"
import { tryApart } from "../../src/cli/doctor/trials.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))
const command = join(root, "bin", "reprise.mjs")

/** A place whose command is this program. */
const placeWith = (program: string) => {
  const folder = mkdtempSync(join(tmpdir(), "reprise-doctor-"))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, "bin"))
  writeFileSync(join(folder, "bin", "reprise.mjs"), program)
  return { project: folder, store: folder, packageRoot: folder, worker: "", version: "0" }
}

describe("reprise doctor", () => {
  it("tries every backend and says what the machine has", () => {
    const found: unknown = JSON.parse(execFileSync(process.execPath, [command, "doctor", "--json"], { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }))
    assert.nestedPropertyVal(found, "backends.cpu.runs", true)
    assert.nestedPropertyVal(found, "database.runs", true)
    assert.nestedPropertyVal(found, "machine.node", process.versions.node)
    for (const name of ["webgpu", "cuda", "tfjs"]) assert.nestedProperty(found, `backends.${name}.runs`)
  }, 60_000)

  it("takes a native crash for a finding", async () => {
    const outcome = await tryApart("cpu", placeWith("process.abort()"))
    assert.isFalse(outcome.runs)
    assert.match(outcome.reason ?? "", /crashed: SIGABRT/)
  })

  it("says how a process ended that printed nothing of use", async () => {
    const outcome = await tryApart("cpu", placeWith('console.log("hello"); console.error("no such library"); process.exit(3)'))
    assert.deepStrictEqual(outcome, { runs: false, reason: "exit code 3; no such library" })
  })
})

describe("the advice", () => {
  const bare: Surroundings = {
    gpus: [], vulkan: { loader: false, drivers: [], software: undefined }, os: "linux", cudaProvider: undefined, nvidiaDriver: false, installCuda: "npm run cuda"
  }
  const swiftShader = "/usr/lib/chromium/vk_swiftshader_icd.json"

  it("for webgpu is a driver, or Chromium's in software", () => {
    assert.match(remedyFor("webgpu", bare) ?? "", /apt-get install libvulkan1 mesa-vulkan-drivers .*apt-get install chromium libvulkan1/)
    assert.strictEqual(
      remedyFor("webgpu", { ...bare, vulkan: { loader: true, drivers: [], software: swiftShader } }),
      `Without a GPU, for trying out: export VK_ICD_FILENAMES=${swiftShader}`
    )
    assert.match(remedyFor("webgpu", { ...bare, vulkan: { loader: true, drivers: ["radeon.json"], software: undefined } }) ?? "", /groups video and render/)
    assert.match(remedyFor("webgpu", { ...bare, os: "darwin" }) ?? "", /Metal/)
  })

  it("for cuda is the provider first, then the libraries under it", () => {
    assert.match(remedyFor("cuda", bare) ?? "", /^npm run cuda \(on a machine with an NVIDIA GPU/)
    assert.strictEqual(remedyFor("cuda", { ...bare, nvidiaDriver: true }), "npm run cuda")
    assert.match(remedyFor("cuda", { ...bare, nvidiaDriver: true, cudaProvider: "/x.so" }) ?? "", /cuDNN 9/)
  })
})
