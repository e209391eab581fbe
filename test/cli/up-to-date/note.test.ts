/** The file in which a command notes that everything it asked for is there. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it, onTestFinished } from "vitest"
import type { Basis } from "../../../src/cli/up-to-date/basis.ts"
import { type About, notePath, openNote, partNames, writeNote } from "../../../src/cli/up-to-date/note.ts"

const basis: Basis = {
  program: "p", version: "1", packageRoot: "/package", parameters: ["run", "a.yaml"], folder: "/home", variables: "v", project: "/home", file: { path: "/home/a.yaml", digest: "d" },
  stages: {}, backend: { path: "/package/cpu.yaml", digest: "d" }, backendName: null, versions: {}, allowed: [], files: {}
}
const about: About = { basis, store: "/home/results", pipeline: "a", file: "a.yaml", overrides: { set: ["ü=1"] }, started: { pipeline: "a", tasks: 2, points: 1, stages: { s: 2 } } }
const parts = { checks: "one\ntwo\n", tasks: "x".repeat(1_500_000), plan: "{}" }

const folder = () => {
  const made = mkdtempSync(join(tmpdir(), "reprise-note-"))
  onTestFinished(() => rmSync(made, { recursive: true }))
  return made
}
const written = (path: string) => {
  const note = writeNote(path)
  note.add("plan", Buffer.from(parts.plan))
  for (let at = 0; at < parts.tasks.length; at += 700_000) note.add("tasks", Buffer.from(parts.tasks.slice(at, at + 700_000)))
  note.add("checks", Buffer.from(parts.checks))
  note.finish(about)
  return path
}
/** All that a note says; throws where a part is damaged. */
const read = (path: string) => {
  const note = openNote(path)
  if (note === undefined) return undefined
  try {
    return { about: note.about, ...Object.fromEntries(partNames.map((name) => [name, Buffer.concat([...note.read(name)].map((portion) => Buffer.from(portion))).toString()])) }
  } finally {
    note.close()
  }
}

describe("a note", () => {
  it("says what was written, whatever order and portions it came in, and leaves nothing else", () => {
    const path = written(join(folder(), "up-to-date", "n"))
    expect(openNote(path)?.about).toEqual(about)
    // The portions of a part share their memory: each is to be used before the next.
    let text = ""
    for (const portion of openNote(path)?.read("tasks") ?? []) text += portion.toString()
    expect(text).toBe(parts.tasks)
    expect(readdirSync(join(path, ".."))).toEqual(["n"])
  })

  it("is none where there is no such file, where it is cut off or is something else", () => {
    const path = written(join(folder(), "n"))
    expect(read(`${path}.other`)).toBeUndefined()
    const whole = readFileSync(path)
    writeFileSync(path, whole.subarray(0, 40))
    expect(read(path)).toBeUndefined()
    writeFileSync(path, "{}\n")
    expect(read(path)).toBeUndefined()
    writeFileSync(path, whole.subarray(0, -1))
    expect(() => read(path)).toThrow("ends too early")
  })

  it("is damaged where a byte of any part is another", () => {
    const path = written(join(folder(), "n"))
    const whole = readFileSync(path)
    const first = whole.indexOf("\n", whole.indexOf("\n") + 1) + 1
    for (const at of [first, first + parts.checks.length + 1_200_000, whole.length - 1]) {
      const flipped = Buffer.from(whole)
      flipped[at] = (flipped[at] ?? 0) ^ 1
      writeFileSync(path, flipped)
      expect(() => read(path), `byte ${at}`).toThrow("damaged")
    }
    const flipped = Buffer.from(whole)
    flipped[first >> 1] = (flipped[first >> 1] ?? 0) ^ 1
    writeFileSync(path, flipped)
    expect(read(path), "the line before the parts").toBeUndefined()
  })

  it("of the command lines that were noted first goes when there are many", () => {
    const where = folder()
    for (let at = 0; at < 18; at++) written(join(where, `n${at}`))
    const left = readdirSync(where)
    expect(left).toHaveLength(16)
    expect(left).toContain("n17")
  })

  it("lies in the project that the command line names, one for each line and folder", () => {
    const of = (parameters: ReadonlyArray<string>, from = "/home") => notePath({ folder: from, parameters })
    expect(of(["run", "a.yaml"])).toMatch(/^\/home\/\.reprise\/up-to-date\/\w{20}$/)
    expect(of(["run", "a.yaml", "--project", "sub"])).toMatch(/^\/home\/sub\/\.reprise/)
    expect(of(["run", "a.yaml", "--project=/other"])).toMatch(/^\/other\/\.reprise/)
    expect(new Set([of(["run", "a.yaml"]), of(["run", "b.yaml"]), of(["run", "a.yaml"], "/elsewhere")]).size).toBe(3)
  })
})
