/** What a program sees of the environment: a few variables that programs need to start, and what its stage names. */
import { workerMark, type Json, type JsonObject, type ParameterIssue } from "../../../src/stage.ts"

/** Without these many programs cannot be found or fall over. They say where things are, not what to compute. */
const always: ReadonlyArray<string> = ["PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "SSL_CERT_FILE", "SystemRoot", "TEMP"]
/** Set by whoever runs the task: which graphics cards there are for it, and by what its processes are known. */
const given: ReadonlyArray<string> = ["CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "REPRISE_GPUS", workerMark]

type Variables = Readonly<Record<string, string | undefined>>

const isNames = (value: Json | undefined): value is ReadonlyArray<string> => Array.isArray(value) && value.every((item) => typeof item === "string")

/** `inherit: [NAME]` with the values that the variables have now, so that these count. */
export const withInherited = (params: JsonObject, variables: Variables): { readonly params: JsonObject } | { readonly issues: ReadonlyArray<ParameterIssue> } => {
  const { inherit } = params
  if (!isNames(inherit)) return { params }
  const missing = inherit.flatMap((name, at): ReadonlyArray<ParameterIssue> =>
    variables[name] === undefined ? [{ path: ["inherit", at], message: `the environment variable ${name} is not set` }] : [])
  return missing.length > 0 ? { issues: missing } : { params: { ...params, inherit: Object.fromEntries(inherit.map((name) => [name, variables[name] ?? ""])) } }
}

export interface Chosen {
  readonly env: Readonly<Record<string, string>>
  readonly inherit: ReadonlyArray<string> | Readonly<Record<string, string>>
  readonly secrets: ReadonlyArray<string>
}

/** All that the program gets. */
export const environmentOf = (chosen: Chosen, variables: Variables, own: Readonly<Record<string, string>>): Record<string, string> => {
  const taken = (names: ReadonlyArray<string>) => Object.fromEntries(names.flatMap((name) => {
    const value = variables[name]
    return value === undefined ? [] : [[name, value] as const]
  }))
  return { ...taken(always), ...taken(given), ...(isList(chosen.inherit) ? taken(chosen.inherit) : chosen.inherit), ...taken(chosen.secrets), ...chosen.env, ...own }
}

const isList = (value: Chosen["inherit"]): value is ReadonlyArray<string> => Array.isArray(value)
