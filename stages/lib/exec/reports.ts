/** What a program reports while it works: lines of JSON that it appends to a file, metrics and progress. */
import { closeSync, existsSync, openSync, readSync } from "node:fs"
import type { StageEvent } from "../../../src/stage.ts"

/** `{"metric": "loss", "value": 0.3, "step": 7}`, `{"loss": 0.3, "accuracy": 0.9, "step": 7}`, `{"done": 3, "total": 10, "message": "..."}`.
 * What is none of these is passed over: a report is no reason to fail. */
export const eventsOf = (line: string): ReadonlyArray<StageEvent> => {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return []
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return []
  const said = new Map<string, unknown>(Object.entries(value))
  const number = (name: string): number | undefined => {
    const found = said.get(name)
    return typeof found === "number" ? found : undefined
  }
  const [done, total, message] = [number("done"), number("total"), said.get("message")]
  if (done !== undefined && total !== undefined) return [{ type: "progress", done, total, ...(typeof message === "string" ? { message } : {}) }]
  const step = number("step") ?? 0
  const metric = said.get("metric")
  if (typeof metric === "string") return number("value") === undefined ? [] : [{ type: "metric", name: metric, value: number("value") ?? 0, step }]
  return [...said].flatMap(([name, found]) => (name === "step" || typeof found !== "number" ? [] : [{ type: "metric", name, value: found, step } as const]))
}

/** Reads on where it stopped, whole lines only. */
export const makeReportReader = (path: string, emit: (event: StageEvent) => void): { read(): void; end(): void } => {
  let at = 0
  let rest = ""
  const decoder = new TextDecoder()
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
    for (const line of lines) for (const event of eventsOf(line)) emit(event)
  }
  return {
    read,
    end: () => {
      read()
      for (const event of eventsOf(rest)) emit(event)
    }
  }
}
