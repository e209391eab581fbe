/** Says what this machine has, tries every backend, and says how to get what is missing. */
import { Effect } from "effect"
import { existsSync } from "node:fs"
import { platform } from "node:os"
import { join } from "node:path"
import { cudaProvider, hasNvidiaDriver } from "../../tensor/backends/cuda.ts"
import { findTfjs } from "../../tensor/backends/tfjs/library.ts"
import { readBackend } from "../backend.ts"
import { backendNames, defaultBackend } from "../backend-file.ts"
import { examineMachine } from "../doctor/machine.ts"
import { remedyFor } from "../doctor/remedies.ts"
import { findingsText, type Finding, type Findings } from "../doctor/report.ts"
import { tryAll, tryHere } from "../doctor/trials.ts"
import { failure } from "../failure.ts"
import { findPlace, type PlaceInput } from "../place.ts"
import { notice, print } from "../terminal.ts"
import { engineVersion } from "../versions.ts"

interface Input extends Pick<PlaceInput, "project"> {
  readonly json: boolean
  readonly try: string | undefined
}

export const doctorAction = Effect.fn("doctor")(function*(input: Input) {
  const place = yield* findPlace({ project: input.project, store: undefined })
  if (input.try !== undefined) return print(JSON.stringify(yield* tryHere(input.try, place)))
  const names = backendNames(place)
  if (!input.json) notice(`Trying ${names.join(", ")} ...`)
  const [machine, trials] = yield* Effect.promise(() => Promise.all([examineMachine(), tryAll(names, place)]))
  const provider = cudaProvider()
  const surroundings = {
    gpus: machine.gpus, vulkan: machine.vulkan, os: platform(), cudaProvider: provider, nvidiaDriver: hasNvidiaDriver(),
    installCuda: existsSync(join(place.packageRoot, "package-lock.json")) ? "npm run cuda" : `node ${join(place.packageRoot, "scripts", "install-cuda.mjs")}`
  }
  const backends: Record<string, Finding> = {}
  for (const [name, outcome] of Object.entries(trials.backends)) {
    // A file that cannot be read has said so as the trial's reason.
    const used = yield* readBackend(name, place).pipe(Effect.map((config) => config.provider), Effect.orElseSucceed(() => "unknown"))
    const remedy = outcome.runs ? undefined : remedyFor(used, surroundings)
    backends[name] = { provider: used, ...outcome, ...(remedy === undefined ? {} : { remedy }) }
  }
  const tfjs = findTfjs(undefined, place.project)
  const findings: Findings = {
    machine,
    onnxruntime: { version: engineVersion(place.packageRoot), cudaProvider: provider },
    tensorflowjs: tfjs === undefined ? undefined : `${tfjs.version} (${tfjs.kernels})`,
    database: trials.database,
    backends,
    default: defaultBackend()
  }
  print(input.json ? JSON.stringify(findings, null, 2) : findingsText(findings))
  if (backends["cpu"]?.runs !== true) return yield* failure("error: the cpu backend does not run; nothing can be computed here")
})
