/** How a task can fail, and under which names the file may speak of that: `retry: { on: [timeout, exit 75] }`. */
import { Schema } from "effect"
import { failureKinds } from "../spec/retry.ts"

/** The task ran and did not succeed. */
export class TaskFailure extends Schema.TaggedError<TaskFailure>()("TaskFailure", {
  message: Schema.String,
  hint: Schema.optionalKey(Schema.String),
  kind: Schema.Literals(failureKinds),
  /** Of the error with which the stage failed. */
  tag: Schema.optionalKey(Schema.String),
  /** With which a program ended. */
  exitCode: Schema.optionalKey(Schema.Int)
}) {}

/** Everything that this failure is called. */
export const namesOf = ({ exitCode, kind, tag }: TaskFailure): ReadonlyArray<string> => [
  kind,
  ...(exitCode === undefined ? [] : [`exit ${exitCode}`]),
  ...(tag === undefined ? [] : [tag])
]

const mebi = 2 ** 20
const inMiB = (bytes: number): string => `${Math.ceil(bytes / mebi)} MiB`

/** Of a task that took more memory than its stage declares, and was ended for it. */
export const outgrew = (peakBytes: number, declaredMiB: number): TaskFailure =>
  new TaskFailure({
    kind: "out-of-memory",
    message: `It took ${inMiB(peakBytes)} of memory, with all that it started, and its stage declares ${declaredMiB} MiB.`,
    hint: `Raise \`resources: { memory: ... }\` of the stage to what it needs (a worker itself takes some 100 MiB), or give it less to do at once.`
  })

/** Of a task that took longer than its stage allows. */
export const tookTooLong = (seconds: number): TaskFailure =>
  new TaskFailure({ kind: "timeout", message: `It took longer than its timeout of ${seconds} s.`, hint: "Raise the stage's `timeout`, or give it less to do." })
