/**
 * `--backend NAME`: reads configs/backends/NAME.yaml, the project's own before the package's, and says what of it makes a fingerprint.
 */
import { Effect, Result } from "effect"
import { readdirSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { parseDocument } from "yaml"
import type { Engine } from "../plan/fingerprint.ts"
import { suggestion } from "../spec/suggest.ts"
import { type BackendConfig, decodeBackend, identityOf } from "../tensor/backends/config.ts"
import { cudaProvider, hasNvidiaDriver } from "../tensor/backends/cuda.ts"
import { findTfjs, missingTfjs } from "../tensor/backends/tfjs/library.ts"
import { failure, usageFailure, type CommandFailure } from "./failure.ts"
import type { Place } from "./place.ts"
import { engineVersion } from "./versions.ts"

type Roots = Pick<Place, "project" | "packageRoot">

const folders = ({ project, packageRoot }: Roots): ReadonlyArray<string> => [...new Set([project, packageRoot])].map((root) => join(root, "configs", "backends"))

/** Names that `--backend` takes here. */
export const backendNames = (roots: Roots): ReadonlyArray<string> =>
  [...new Set(folders(roots).flatMap((folder) =>
    statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true ? readdirSync(folder).filter((file) => file.endsWith(".yaml")) : []))]
    .map((file) => file.slice(0, -".yaml".length)).sort()

/** The GPU where somebody has installed the provider for it, else the processor. */
export const defaultBackend = (): string => (cudaProvider() !== undefined && hasNvidiaDriver() ? "cuda" : "cpu")

export const readBackend = (name: string, roots: Roots): Effect.Effect<BackendConfig, CommandFailure> =>
  Effect.suspend(() => {
    const names = backendNames(roots)
    if (!names.includes(name)) {
      const hint = suggestion(name, names)
      return usageFailure(`error: --backend ${name}: there is no configs/backends/${name}.yaml; ${hint ?? `there are ${names.join(", ")}`}`)
    }
    const file = folders(roots).map((folder) => join(folder, `${name}.yaml`)).find((path) => statSync(path, { throwIfNoEntry: false }) !== undefined) ?? ""
    const document = parseDocument(readFileSync(file, "utf8"))
    const [problem] = document.errors
    if (problem !== undefined) return usageFailure(`error: ${file}: ${problem.message}`)
    return Result.match(decodeBackend(document.toJS(), file), {
      onSuccess: Effect.succeed,
      onFailure: ({ message }) => usageFailure(message.replaceAll(/^/gm, "error: "))
    })
  })

/** What tensors are computed with when this backend is asked for, or none in particular. */
export const chooseBackend = (name: string | undefined, place: Roots): Effect.Effect<Engine, CommandFailure> =>
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
