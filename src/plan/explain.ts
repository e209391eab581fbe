/**
 * Why a task has to run: it is compared with the nearest earlier task of the same stage, and the first field that differs is
 * named: "params.eps 0.1 -> 0.2", "code: stages/attack/perturb.ts", "input data".
 */
import type { Field } from "./fields.ts"
import { absent, fieldsOf } from "./fields.ts"
import type { FingerprintRecord } from "./fingerprint.ts"
import type { Row } from "./nearest.ts"
import { nearestIndex } from "./nearest.ts"
import type { Reason } from "./reason.ts"

/** A task that was once run. */
export interface EarlierTask {
  readonly record: FingerprintRecord
  /** Names it to the user: the run's id, or when it was. */
  readonly since: string
}

/** Which files a code digest covers, each with its own digest; undefined where that is no longer known. */
export type CodeFiles = (code: string) => Readonly<Record<string, string>> | undefined

/** Finds the nearest earlier task for many tasks against one history (oldest first), in about constant time each. */
export const makeNearest = (earlier: ReadonlyArray<EarlierTask>): ((record: FingerprintRecord) => EarlierTask | undefined) => {
  const histories = new Map<string, Array<EarlierTask>>()
  for (const task of earlier) {
    const history = histories.get(task.record.stage)
    if (history === undefined) histories.set(task.record.stage, [task])
    else history.push(task)
  }
  const finders = new Map<string, (row: Row) => number | undefined>()
  const finderOf = (stage: string, history: ReadonlyArray<EarlierTask>): ((row: Row) => number | undefined) => {
    const known = finders.get(stage)
    if (known !== undefined) return known
    const finder = nearestIndex(history.map((task) => rowOf(fieldsOf(task.record))))
    finders.set(stage, finder)
    return finder
  }
  return (record) => {
    const history = histories.get(record.stage) ?? []
    const position = finderOf(record.stage, history)(rowOf(fieldsOf(record)))
    return position === undefined ? undefined : history[position]
  }
}

/** Answers for many tasks against one history. */
export const makeExplainer = (earlier: ReadonlyArray<EarlierTask>, codeFiles: CodeFiles): ((record: FingerprintRecord) => Reason) => {
  const nearest = makeNearest(earlier)
  return (record) => {
    const found = nearest(record)
    return found === undefined ? { kind: "new" } : compare(found, record, codeFiles)
  }
}

/** The same for one task. */
export const explain = (record: FingerprintRecord, earlier: ReadonlyArray<EarlierTask>, codeFiles: CodeFiles): Reason =>
  makeExplainer(earlier.filter((task) => task.record.stage === record.stage), codeFiles)(record)

const rowOf = (fields: ReadonlyArray<Field>): Row => new Map(fields.map((field) => [field.name, field.text]))

/** The first field that differs. Equal records mean that the earlier results are gone: `new`. */
const compare = (earlier: EarlierTask, record: FingerprintRecord, codeFiles: CodeFiles): Reason => {
  const [first] = differences(earlier.record, record, codeFiles)
  return first === undefined ? { kind: "new" } : { kind: "changed", ...first, since: earlier.since }
}

/** A field that two records do not agree in. */
export interface Difference {
  /** `params.eps`, `code: stages/attack/perturb.ts`, `input data`. */
  readonly field: string
  readonly before: string
  readonly after: string
}

/** Every field of either record that differs: code first, then parameters, files, inputs, engine. */
export const differences = (before: FingerprintRecord, after: FingerprintRecord, codeFiles: CodeFiles): ReadonlyArray<Difference> => {
  const now = new Map(fieldsOf(after).map((field) => [field.name, field]))
  const then = new Map(fieldsOf(before).map((field) => [field.name, field]))
  const names = [...now.keys(), ...[...then.keys()].filter((name) => !now.has(name))]
  return names.filter((name) => now.get(name)?.text !== then.get(name)?.text)
    .toSorted((a, b) => rank(a) - rank(b))
    .map((name) => ({
      field: name === "code" ? codeField(codeFiles(before.code), codeFiles(after.code)) : name,
      before: then.get(name)?.shown ?? absent,
      after: now.get(name)?.shown ?? absent
    }))
}

/** Puts a field that only the earlier record has among its like. */
const rank = (name: string): number => ["code", "params.", "file ", "input ", "instances ", "engine"].findIndex((start) => name.startsWith(start))

const codeField = (before: Readonly<Record<string, string>> | undefined, after: Readonly<Record<string, string>> | undefined): string => {
  if (before === undefined || after === undefined) return "code"
  const files = [...new Set([...Object.keys(after), ...Object.keys(before)])].filter((file) => before[file] !== after[file]).sort()
  if (files.length === 0) return "code: the packages that it imports"
  const [first, second, ...rest] = files
  return `code: ${[first, second].filter((file) => file !== undefined).join(", ")}${rest.length > 0 ? ` and ${rest.length} more` : ""}`
}
