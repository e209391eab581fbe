/** A fingerprint record as a flat list of named fields: what explanations compare and print. */
import type { Json, JsonObject } from "../stage/json.ts"
import { canonicalJson, isJsonObject } from "../stage/json.ts"
import type { FingerprintRecord } from "./fingerprint.ts"

export interface Field {
  /** `code`, `params.optimizer.lr`, `file model`, `input train`, `engine version`. */
  readonly name: string
  /** Canonical text: equal texts are equal values. */
  readonly text: string
  /** As a person reads it: digests shortened, long values cut. */
  readonly shown: string
}

/** In the order in which a difference is looked for: code, parameters, files, inputs, engine; names in order within each. */
export const fieldsOf = (record: FingerprintRecord): ReadonlyArray<Field> => [
  digestField("code", record.code),
  ...leaves(record.params, "params."),
  ...sorted(record.files).map(([path, digest]) => digestField(`file ${path}`, digest)),
  ...sorted(record.inputs).map(([name, digests]) => inputField(name, digests)),
  ...sorted(record.items).map(([name, items]) => valueField(`instances of input ${name}`, items)),
  ...leaves(record.engine ?? {}, "engine ")
]

/** What is shown for a field that one of two records does not have. */
export const absent = "(absent)"

const leaves = (object: JsonObject, prefix: string): ReadonlyArray<Field> =>
  sorted(object).flatMap(([key, value]) =>
    isJsonObject(value) && Object.keys(value).length > 0 ? leaves(value, `${prefix}${key}.`) : [valueField(prefix + key, value)]
  )

const valueField = (name: string, value: Json): Field => {
  const text = canonicalJson(value)
  return { name, text, shown: text.length > 60 ? `${text.slice(0, 57)}...` : text }
}

const digestField = (name: string, digest: string): Field => ({ name, text: digest, shown: digest.slice(0, 10) })

const inputField = (name: string, digests: ReadonlyArray<string>): Field => ({
  name: `input ${name}`,
  text: digests.join(" "),
  shown: digests.length === 1 ? (digests[0] ?? "").slice(0, 10) : `${digests.length} files, ${digests.map((digest) => digest.slice(0, 4)).slice(0, 4).join(" ")}...`
})

const sorted = <V>(object: Readonly<Record<string, V>>): ReadonlyArray<readonly [string, V]> =>
  Object.entries(object).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
