/** Which files `--backend` can name, and which is taken where nothing is said. Apart from backend.ts, which reads them and loads a YAML parser for it. */
import { readdirSync, statSync } from "node:fs"
import { join } from "node:path"
import { cudaProvider, hasNvidiaDriver } from "../tensor/backends/cuda.ts"

export interface BackendRoots {
  readonly project: string
  readonly packageRoot: string
}

/** The project's own before the package's. */
const folders = ({ project, packageRoot }: BackendRoots): ReadonlyArray<string> => [...new Set([project, packageRoot])].map((root) => join(root, "configs", "backends"))

/** Names that `--backend` takes here. */
export const backendNames = (roots: BackendRoots): ReadonlyArray<string> =>
  [...new Set(folders(roots).flatMap((folder) =>
    statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true ? readdirSync(folder).filter((file) => file.endsWith(".yaml")) : []))]
    .map((file) => file.slice(0, -".yaml".length)).sort()

/** The GPU where somebody has installed the provider for it, else the processor. */
export const defaultBackend = (): string => (cudaProvider() !== undefined && hasNvidiaDriver() ? "cuda" : "cpu")

/** The file of a backend; undefined where there is none. */
export const backendFile = (name: string, roots: BackendRoots): string | undefined =>
  folders(roots).map((folder) => join(folder, `${name}.yaml`)).find((path) => statSync(path, { throwIfNoEntry: false }) !== undefined)
