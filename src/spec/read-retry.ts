/** Reads `retry` of a stage. */
import type { Field } from "./field.ts"
import { retryKeys } from "./keys.ts"
import { failureKinds, noRetry, type Retry } from "./retry.ts"
import { suggestion } from "./suggest.ts"

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0
const times = "a number of times, such as 2"

export const readRetry = (field: Field | undefined): Retry => {
  if (field === undefined || field.isNull) return noRetry
  if (field.node.kind !== "object") return { times: field.number(times, isCount) ?? 0, delaySeconds: 1 }
  const keys = field.known(retryKeys, "retry is a number or { times, delaySeconds, ... }")
  if (keys.times === undefined) field.fail("times is missing")
  const optional = (name: "factor" | "mostSeconds" | "jitter", what: string, accept: (value: number) => boolean) => {
    const value = keys[name]?.number(what, accept)
    return value === undefined ? {} : { [name]: value }
  }
  return {
    times: keys.times?.number(times, isCount) ?? 0,
    delaySeconds: keys.delaySeconds?.number("seconds, at least 0", (value) => value >= 0) ?? 1,
    ...optional("factor", "a factor, at least 1", (value) => value >= 1 && value <= 1000),
    ...optional("mostSeconds", "seconds, at least 0", (value) => value >= 0),
    ...optional("jitter", "a share, from 0 to 1", (value) => value >= 0 && value <= 1),
    ...(keys.on === undefined ? {} : { on: readCauses(keys.on) })
  }
}

/** `exit 75`, and tags as errors have them. */
const isExitCode = (name: string): boolean => /^exit ([1-9]\d?|1\d\d|2[0-4]\d|25[0-5])$/.test(name)
const isTag = (name: string): boolean => /^[A-Z][A-Za-z0-9_]*$/.test(name)

const readCauses = (field: Field): ReadonlyArray<string> => {
  const fields = field.node.kind === "array" ? field.items("") : [field]
  if (fields.length === 0) field.failKey("this list is empty: the task would never be tried again", "leave `on` out to try again after every failure")
  return fields.flatMap((each) => {
    const name = each.filled("the name of a failure")
    if (name === undefined) return []
    if (failureKinds.some((kind) => kind === name) || isExitCode(name) || isTag(name)) return [name]
    each.fail(`no failure is called "${name}"`, suggestion(name, failureKinds) ?? `it is one of ${failureKinds.join(", ")}, "exit 75" for an exit code, or the tag of a stage's error`)
    return []
  })
}
