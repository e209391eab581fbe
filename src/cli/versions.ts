/** Versions of what computes: part of fingerprints (the engine) and of every run's record. */
import { readFileSync } from "node:fs"
import { findPackageJSON } from "node:module"
import { join } from "node:path"
import { pathToFileURL } from "node:url"

/** The version of a package as this installation finds it; `missing` where it does not. */
export const packageVersion = (name: string, packageRoot: string): string => {
  const file = manifestOf(name, packageRoot)
  if (file === undefined) return "missing"
  const content: unknown = JSON.parse(readFileSync(file, "utf8"))
  return typeof content === "object" && content !== null && "version" in content && typeof content.version === "string" ? content.version : "missing"
}

const manifestOf = (name: string, packageRoot: string): string | undefined => {
  try {
    return findPackageJSON(name, pathToFileURL(join(packageRoot, "package.json")))
  } catch {
    return undefined // Node says it by an error
  }
}

/** What tensors are computed with. */
export const engineVersion = (packageRoot: string): string => packageVersion("onnxruntime-node", packageRoot)

/** For the record of a run. */
export const recordedVersions = (packageRoot: string, reprise: string): Readonly<Record<string, string>> => ({
  reprise,
  onnxruntime: engineVersion(packageRoot),
  duckdb: packageVersion("@duckdb/node-api", packageRoot)
})
