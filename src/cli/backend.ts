/**
 * `--backend NAME`: reads configs/backends/NAME.yaml, the project's own before the package's, and says what of it makes a fingerprint.
 */
import { Effect, Result } from "effect"
import { readFileSync } from "node:fs"
import { parseDocument } from "yaml"
import type { Engine } from "../plan/fingerprint.ts"
import { suggestion } from "../spec/suggest.ts"
import { type BackendConfig, decodeBackend, identityOf } from "../tensor/backends/config.ts"
import { findTfjs, missingTfjs } from "../tensor/backends/tfjs/library.ts"
import { backendFile, backendNames, type BackendRoots, defaultBackend } from "./backend-file.ts"
import { failure, usageFailure, type CommandFailure } from "./failure.ts"
import { engineVersion } from "./versions.ts"

export const readBackend = (name: string, roots: BackendRoots): Effect.Effect<BackendConfig, CommandFailure> =>
  Effect.suspend(() => {
    const names = backendNames(roots)
    if (!names.includes(name)) {
      const hint = suggestion(name, names)
      return usageFailure(`error: --backend ${name}: there is no configs/backends/${name}.yaml; ${hint ?? `there are ${names.join(", ")}`}`)
    }
    const file = backendFile(name, roots) ?? ""
    const document = parseDocument(readFileSync(file, "utf8"))
    const [problem] = document.errors
    if (problem !== undefined) return usageFailure(`error: ${file}: ${problem.message}`)
    return Result.match(decodeBackend(document.toJS(), file), {
      onSuccess: Effect.succeed,
      onFailure: ({ message }) => usageFailure(message.replaceAll(/^/gm, "error: "))
    })
  })

/** What tensors are computed with when this backend is asked for, or none in particular. */
export const chooseBackend = (name: string | undefined, place: BackendRoots): Effect.Effect<Engine, CommandFailure> =>
  Effect.flatMap(readBackend(name ?? defaultBackend(), place), (config): Effect.Effect<Engine, CommandFailure> => {
    const threads = config.threads === undefined ? {} : { threads: config.threads }
    if (config.provider !== "tfjs") {
      return Effect.succeed({ version: engineVersion(place.packageRoot), backend: identityOf(config), config: { ...config }, ...threads })
    }
    const found = findTfjs(config.kernels, place.project)
    if (found === undefined) return failure(`error: ${missingTfjs(config.kernels)}`)
    const settled = { ...config, kernels: [found.kernels] } as const
    return Effect.succeed({ name: "tensorflow.js", version: found.version, backend: identityOf(settled), config: { ...settled }, ...threads })
  })
