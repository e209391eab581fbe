/**
 * Finding and loading TensorFlow.js, which is no dependency of ours: the user's project, or else this package's development, has it.
 * Nothing here is loaded before a graph is opened on it.
 */
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { join } from "node:path"
import type * as Core from "@tensorflow/tfjs-core"
import { EngineError } from "../../errors.ts"
import { type TfjsKernels, tfjsKernels } from "../config.ts"

export type Tf = typeof Core
export type TfTensor = Core.Tensor
export type TfImage = Core.Tensor4D
export type TfVolume = Core.Tensor5D

/** Packages of each implementation; the first is the one that brings the others' `tfjs-core` or exports it. */
const packages: Readonly<Record<TfjsKernels, { readonly name: string; readonly backend: string; readonly exportsCore: boolean }>> = {
  "node-gpu": { name: "@tensorflow/tfjs-node-gpu", backend: "tensorflow", exportsCore: true },
  node: { name: "@tensorflow/tfjs-node", backend: "tensorflow", exportsCore: true },
  wasm: { name: "@tensorflow/tfjs-backend-wasm", backend: "wasm", exportsCore: false },
  cpu: { name: "@tensorflow/tfjs-backend-cpu", backend: "cpu", exportsCore: false }
}

export interface FoundTfjs {
  readonly kernels: TfjsKernels
  readonly version: string
  /** Its package.json. */
  readonly manifest: string
}

/** Packages may lie in the user's project, or else beside this one. */
const manifestOf = (name: string, project: string): string | undefined => {
  for (const place of [join(project, "package.json"), import.meta.url]) {
    try {
      return createRequire(place).resolve(`${name}/package.json`)
    } catch {
      // Not here; perhaps at the next place.
    }
  }
  return undefined
}

const versionIn = (manifest: string): string => {
  const content: unknown = JSON.parse(readFileSync(manifest, "utf8"))
  return typeof content === "object" && content !== null && "version" in content && typeof content.version === "string" ? content.version : "unknown"
}

/**
 * The first of these implementations that is installed.
 * @param project the user's folder; workers work in it
 */
export const findTfjs = (wanted: ReadonlyArray<TfjsKernels> = tfjsKernels, project = process.cwd()): FoundTfjs | undefined => {
  for (const kernels of wanted) {
    const manifest = manifestOf(packages[kernels].name, project)
    if (manifest !== undefined) return { kernels, version: versionIn(manifest), manifest }
  }
  return undefined
}

export const missingTfjs = (wanted: ReadonlyArray<TfjsKernels> = tfjsKernels): string =>
  `TensorFlow.js is not installed (looked for ${wanted.map((kernels) => packages[kernels].name).join(", ")}). ` +
  "Install it beside your project: npm install @tensorflow/tfjs-node-gpu (CUDA), @tensorflow/tfjs-node, or @tensorflow/tfjs-core @tensorflow/tfjs-backend-wasm."

let loaded: { readonly kernels: TfjsKernels; readonly library: Promise<Tf> } | undefined

/** The library, ready to compute with the first of these implementations that is installed. One implementation in a process. */
export const loadTfjs = (wanted: ReadonlyArray<TfjsKernels> = tfjsKernels): Promise<Tf> => {
  const found = findTfjs(wanted)
  if (found === undefined) return Promise.reject(new EngineError({ message: missingTfjs(wanted) }))
  if (loaded?.kernels !== found.kernels) loaded = { kernels: found.kernels, library: start(found) }
  return loaded.library
}

const start = async ({ kernels, manifest }: FoundTfjs): Promise<Tf> => {
  const { name, backend, exportsCore } = packages[kernels]
  const require = createRequire(manifest)
  if (exportsCore) restoreUtil(require)
  try {
    const own: unknown = require(name)
    const tf: unknown = exportsCore ? own : require("@tensorflow/tfjs-core")
    if (!isCore(tf)) throw new Error(`${name} does not export TensorFlow.js's operations`)
    tf.enableProdMode()
    if (!(await tf.setBackend(backend))) throw new Error(`its ${backend} backend did not start`)
    await tf.ready()
    return tf
  } catch (cause) {
    throw new EngineError({ message: `${name} could not be loaded: ${cause instanceof Error ? cause.message : String(cause)}`, cause })
  }
}

const isCore = (value: unknown): value is Tf =>
  typeof value === "object" && value !== null && "tidy" in value && "matMul" in value && "setBackend" in value && "enableProdMode" in value

/** tfjs-node 4.22 calls functions of Node's `util` that Node 23 removed. */
const restoreUtil = (require: NodeJS.Require): void => {
  const util: Record<string, unknown> = require("node:util")
  const removed: Readonly<Record<string, (value: unknown) => boolean>> = {
    isNullOrUndefined: (value) => value === null || value === undefined,
    isArray: Array.isArray,
    isString: (value) => typeof value === "string",
    isNumber: (value) => typeof value === "number",
    isBoolean: (value) => typeof value === "boolean",
    isFunction: (value) => typeof value === "function",
    isObject: (value) => typeof value === "object" && value !== null
  }
  for (const [name, replacement] of Object.entries(removed)) util[name] ??= replacement
}
