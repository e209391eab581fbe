/**
 * Loaded into a process before its program (`node --import`): counts what the process does to the store's files, one step for each
 * call of the file system that changes something, and at a chosen step kills somebody or lets the call fail. The program under
 * test knows nothing of it, and every step between a task's start and the end of its publication can be chosen.
 *
 * SABOTAGE holds JSON: `store` (folder), `notes` (folder for what is told to the test), and optionally `at` ({ role, step }),
 * `victim` ("worker", "orchestrator", "both", or the code of an error such as "ENOSPC") and `clock` (milliseconds added to the clock).
 */
import fs from "node:fs"
import { syncBuiltinESMExports } from "node:module"
import { join } from "node:path"

const { at, clock = 0, notes, store, victim } = JSON.parse(process.env.SABOTAGE ?? "{}")
const role = /worker\.(ts|mjs)$/.test(process.argv[1] ?? "") ? "worker" : "orchestrator"
const real = { ...fs }
real.writeFileSync(join(notes, `${role}.pid`), String(process.pid))

if (clock !== 0) {
  const now = Date.now
  Date.now = () => now() + clock
  globalThis.Date = class extends Date {
    constructor(...given) {
      if (given.length === 0) super(Date.now())
      else super(...given)
    }
  }
}

const pidOf = (who) => Number(real.readFileSync(join(notes, `${who}.pid`), "utf8"))
const kill = (who) => {
  try {
    process.kill(who === role ? process.pid : pidOf(who), "SIGKILL")
  } catch {
    // Not started yet, or gone already.
  }
}

/** Once for all processes of a test. */
const isFirst = () => {
  try {
    real.writeFileSync(join(notes, "fired"), "", { flag: "wx" })
    return true
  } catch {
    return false
  }
}

/** The same step of every run gets the same name: what is random or counted is left out. */
const nameOf = (operation, path) =>
  `${operation} ${path.slice(store.length + 1).replaceAll(/[0-9a-f]{64}|[0-9a-f]{2}\/[0-9a-f]{62}/g, "#").replaceAll(/\/[0-9a-f]{2}$/g, "/##").replaceAll(/\d+-[0-9a-f]{12}/g, "P").replaceAll(/\d{8}-\d{6}-[\w-]+/g, "RUN").replaceAll(/\d+-(write|task|claim|workers)/g, "$1")}`

let step = 0
/** `half` does part of the work of a call that is being cut off. */
const reached = (operation, path, half = () => undefined) => {
  if (typeof path !== "string" || !path.startsWith(`${store}/`)) return
  step++
  if (at === undefined) real.appendFileSync(join(notes, `${role}.steps`), `${nameOf(operation, path)}\n`)
  if (at?.role !== role || step < at.step) return
  if (/^E[A-Z]+$/.test(victim)) {
    // From here on: a disk that is full stays full. It takes nothing more, and still lets go of what it has.
    if (victim === "ENOSPC" && !/^(open|write|flush|copy|make)/.test(operation)) return
    throw Object.assign(new Error(`${victim}: made up by the test, ${operation} '${path}'`), { code: victim, errno: -1, syscall: operation, path })
  }
  if (step > at.step || !isFirst()) return
  if (victim !== role) kill(role === "worker" ? "orchestrator" : "worker")
  if (victim !== role && victim !== "both") return
  half()
  kill(role)
  for (;;);
}

const files = new Map()
const changes = (flags) => typeof flags === "string" && /[wax+]/.test(flags)

fs.openSync = (path, flags, mode) => {
  if (changes(flags)) reached("open", path)
  const file = real.openSync(path, flags, mode)
  if (changes(flags)) files.set(file, path)
  else if (typeof path === "string" && path.startsWith(`${store}/staging/`)) files.set(file, path)
  return file
}
fs.closeSync = (file) => {
  files.delete(file)
  return real.closeSync(file)
}
fs.writeSync = (file, data, ...rest) => {
  const bytes = Buffer.from(data)
  reached("write", files.get(file), () => real.writeSync(file, bytes.subarray(0, bytes.length >> 1)))
  return real.writeSync(file, data, ...rest)
}
fs.fsync = (file, done) => {
  reached("flush", files.get(file))
  return real.fsync(file, done)
}
for (const [method, operation] of [["fsyncSync", "flush"], ["fchmodSync", "seal"]]) {
  fs[method] = (file, ...rest) => {
    reached(operation, files.get(file))
    return real[method](file, ...rest)
  }
}
for (const [method, operation] of [["renameSync", "rename to"], ["linkSync", "link"], ["copyFileSync", "copy"]]) {
  fs[method] = (from, to, ...rest) => {
    reached(operation, to)
    return real[method](from, to, ...rest)
  }
}
for (const [method, operation] of [["writeFileSync", "write file"], ["mkdirSync", "make folder"], ["unlinkSync", "unlink"], ["rmSync", "remove"]]) {
  fs[method] = (path, ...rest) => {
    reached(operation, path)
    return real[method](path, ...rest)
  }
}
syncBuiltinESMExports()
