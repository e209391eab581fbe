/**
 * A command whose results are all there, answered from the note that it left the last time (note.ts): nothing is parsed, planned or loaded. What is recorded and
 * shown is what a run would record and show. Anything that is not as it was, or goes wrong, is left to the run proper, before anything is written.
 */
import { closeSync, openSync, writeSync } from "node:fs"
import { join } from "node:path"
import { findGpus } from "../../run/gpus.ts"
import type { RunCounts, RunEvent } from "../../run/events.ts"
import { endLine, startLine } from "../../run/progress-lines.ts"
import { surroundings } from "../../run/surroundings.ts"
import { checkFormat } from "../../store/format.ts"
import { type StorePaths, storePaths } from "../../store/paths.ts"
import type { RunEnd, RunStart, WriteRun } from "../../store/runs.ts"
import { openWriter } from "../../store/writer.ts"
import { nextSteps } from "../next-steps.ts"
import { endWithReader, notice, print, terminalWidth } from "../terminal.ts"
import { type Invocation, isUnchanged } from "./basis.ts"
import { holds } from "./checks.ts"
import { type About, type Note, notePath, openNote, timeMark } from "./note.ts"

/** True: it is done. */
export const repeat = (invocation: Invocation): boolean => {
  const began = performance.now()
  const startedAt = Date.now()
  const note = openNote(notePath(invocation))
  if (note === undefined) return false
  try {
    const { about } = note
    const paths = storePaths(about.store)
    const { answers, basis, next } = about
    if (answers !== undefined && answers.width !== (terminalWidth() ?? null)) return false
    if (!isUnchanged(basis, invocation) || !allThere(note, paths)) return false
    const { ended, started } = record(note, paths, { startedAt, began })
    endWithReader()
    if (next !== undefined) notice(`${startLine(started)}\n${endLine(ended)}`)
    for (const text of answers?.texts ?? []) print(text)
    if (next !== undefined) print(`\n${nextSteps(next, about.store, paths.run(started.run).folder)}`)
    return true
  } catch {
    return false // the run proper meets the same, and says it
  } finally {
    note.close()
  }
}

const allThere = (note: Note, paths: StorePaths): boolean => {
  checkFormat(paths)
  let rest = ""
  for (const portion of note.read("checks")) {
    const lines = (rest + portion.toString("latin1")).split("\n")
    rest = lines.pop() ?? ""
    if (!lines.every((check) => holds(paths, check))) return false
  }
  return rest === ""
}

type Started = Extract<RunEvent, { readonly type: "run-started" }>
type Ended = Extract<RunEvent, { readonly type: "run-finished" }>

interface Begin {
  /** Milliseconds since 1970, and by the clock that never goes back. */
  readonly startedAt: number
  readonly began: number
}

const record = (note: Note, paths: StorePaths, { began, startedAt }: Begin): { readonly started: Started; readonly ended: Ended } => {
  const { about } = note
  const begin = (run: string): Started => ({ type: "run-started", at: startedAt, run, ...about.started })
  const end = (run: string): Ended => ({ type: "run-finished", at: Date.now(), run, status: "succeeded", counts: countsOf(about), wallMs: performance.now() - began })
  const write: WriteRun = (files, run): RunEnd => {
    const time = String(Date.now())
    copy(note.read("tasks"), files.tasks, (portion) => Buffer.from(portion.toString("latin1").replaceAll(timeMark, time), "latin1"))
    copy(note.read("plan"), files.plan, (portion) => portion)
    const ended = end(run)
    copy([`${JSON.stringify(begin(run))}\n${JSON.stringify(ended)}\n`], files.events, (text) => Buffer.from(text))
    return { counts: ended.counts, finishedAt: ended.at }
  }
  const writer = openWriter(paths)
  try {
    const run = writer.publishRun(startOf(about), startedAt, write)
    return { started: begin(run), ended: end(run) }
  } finally {
    writer.close()
  }
}

const countsOf = ({ started: { tasks } }: About): RunCounts => ({ total: tasks, cached: tasks, ran: 0, failed: 0, skipped: 0, kept: 0 })

const startOf = ({ basis, file, overrides, pipeline, started }: About): RunStart => {
  const { parameters, project, versions } = basis
  const gpus = findGpus(process.env)
  const { record: environment } = surroundings({ project, versions, lockFile: join(project, "package-lock.json") })
  return {
    pipeline,
    file,
    command: ["reprise", ...parameters],
    overrides,
    environment: gpus.length === 0 ? environment : { ...environment, gpus },
    total: started.tasks
  }
}

const copy = <A>(from: Iterable<A>, path: string, toBytes: (portion: A) => Uint8Array): void => {
  const file = openSync(path, "wx", 0o644)
  try {
    for (const portion of from) {
      const bytes = toBytes(portion)
      for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written)
    }
  } finally {
    closeSync(file)
  }
}
