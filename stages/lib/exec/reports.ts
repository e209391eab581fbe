/** What a program reports while it works: lines of JSON that it appends to a file, metrics and progress. */
import { closeSync, existsSync, openSync, readSync } from "node:fs"
import type { StageEvent } from "../../../src/stage.ts"

/** Bare words for numbers that JSON has not: Python writes them when a loss has gone astray, which is when one wants to hear of it. */
const notInJson = /(?<=[:[,]\s*)(-?Infinity|NaN)(?=\s*[,}\]])/g
const words: ReadonlyMap<unknown, number> = new Map([["NaN", NaN], ["Infinity", Infinity], ["-Infinity", -Infinity]])

const parsed = (line: string): unknown => {
  for (const text of [line, line.replaceAll(notInJson, '"$1"')]) {
    try {
      return JSON.parse(text)
    } catch {
      continue
    }
  }
  return undefined
}

/** `{"metric": "loss", "value": 0.3, "step": 7}`, `{"loss": 0.3, "accuracy": 0.9, "step": 7}`, `{"done": 3, "total": 10, "message": "..."}`; nothing
 * for what is none of these. */
export const eventsOf = (line: string): ReadonlyArray<StageEvent> => {
  const value = parsed(line)
  if (typeof value !== "object" || value === null || Array.isArray(value)) return []
  const said = new Map<string, unknown>(Object.entries(value))
  const number = (name: string): number | undefined => {
    const found = said.get(name)
    return typeof found === "number" ? found : words.get(found)
  }
  const [done, total, message] = [number("done"), number("total"), said.get("message")]
  if (done !== undefined && total !== undefined && Number.isFinite(done + total)) return [{ type: "progress", done, total, ...(typeof message === "string" ? { message } : {}) }]
  const step = number("step") ?? 0
  const metric = said.get("metric")
  if (typeof metric === "string") return number("value") === undefined ? [] : [{ type: "metric", name: metric, value: number("value") ?? 0, step }]
  return [...said.keys()].flatMap((name) => {
    const found = name === "step" ? undefined : number(name)
    return found === undefined ? [] : [{ type: "metric", name, value: found, step } as const]
  })
}

const shownCharacters = 60
const misunderstood = (line: string): StageEvent => ({
  type: "log",
  level: "warn",
  message: `A line of REPRISE_METRICS is passed over, and so are others like it: ${line.length > shownCharacters ? `${line.slice(0, shownCharacters)}...` : line}\nWrite lines such as {"loss": 0.3, "step": 7}, or {"done": 3, "total": 10}.`
})

/** Reads on where it stopped, whole lines only. A line that says nothing is no reason to fail: of the first, `emit` hears a warning. */
export const makeReportReader = (path: string, emit: (event: StageEvent) => void): { read(): void; end(): void } => {
  let at = 0
  let rest = ""
  let warned = false
  const decoder = new TextDecoder()
  const tell = (line: string) => {
    const events = eventsOf(line)
    for (const event of events) emit(event)
    if (events.length > 0 || line.trim() === "" || warned) return
    warned = true
    emit(misunderstood(line))
  }
  const read = () => {
    if (!existsSync(path)) return
    const file = openSync(path, "r")
    try {
      const chunk = Buffer.allocUnsafe(65_536)
      for (let length = readSync(file, chunk, 0, chunk.length, at); length > 0; length = readSync(file, chunk, 0, chunk.length, at)) {
        at += length
        rest += decoder.decode(chunk.subarray(0, length), { stream: true })
      }
    } finally {
      closeSync(file)
    }
    const lines = rest.split("\n")
    rest = lines.pop() ?? ""
    for (const line of lines) tell(line)
  }
  return {
    read,
    end: () => {
      read()
      tell(rest)
    }
  }
}
