/**
 * The program that training-kill.ts torments: trains once, as a worker would. Its arguments are the stage and a task as JSON.
 */
import type { TaskRequest } from "../../src/stage/protocol.ts"
import classifier from "../../stages/train/classifier.ts"
import seq2seq from "../../stages/train/seq2seq.ts"

const isTask = (value: unknown): value is TaskRequest => typeof value === "object" && value !== null && "outputs" in value && "checkpoint" in value

const stage = process.argv[2] === "seq2seq" ? seq2seq : classifier
const task: unknown = JSON.parse(process.argv[3] ?? "null")
if (!isTask(task)) throw new Error("The argument is no task.")
const outcome = await stage.execute(task, { emit: () => {}, signal: new AbortController().signal })
if (!outcome.ok) throw new Error(outcome.error.message)
