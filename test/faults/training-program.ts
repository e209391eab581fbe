/**
 * The program that training-kill.ts torments: trains once, as a worker would. Its argument is a task as JSON.
 */
import type { TaskRequest } from "../../src/stage/protocol.ts"
import classifier from "../../stages/train/classifier.ts"

const isTask = (value: unknown): value is TaskRequest => typeof value === "object" && value !== null && "outputs" in value && "checkpoint" in value

const task: unknown = JSON.parse(process.argv[2] ?? "null")
if (!isTask(task)) throw new Error("The argument is no task.")
const outcome = await classifier.execute(task, { emit: () => {}, signal: new AbortController().signal })
if (!outcome.ok) throw new Error(outcome.error.message)
