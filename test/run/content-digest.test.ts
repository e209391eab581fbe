import { createHash } from "node:crypto"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { contentDigests } from "../../src/run/content-digest.ts"

const folder = mkdtempSync(join(tmpdir(), "reprise-content-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const kept = join(folder, "state", "content.json")
const at = (...names: ReadonlyArray<string>) => join(folder, ...names)
const now = (path: string) => contentDigests(kept).of(path)

describe("the digest of what a parameter names", () => {
  it("is a file's SHA-256, and nothing for what is not there", () => {
    writeFileSync(at("a.txt"), "abc")
    expect(now(at("a.txt"))).toBe(createHash("sha256").update("abc").digest("hex"))
    expect(now(at("b.txt"))).toBeUndefined()
  })

  it("takes in a folder's names and contents, whatever their order and dates, but no hidden files", () => {
    const make = (name: string, files: Readonly<Record<string, string>>) => {
      mkdirSync(at(name, "cat"), { recursive: true })
      for (const [path, text] of Object.entries(files)) writeFileSync(at(name, path), text)
      return now(at(name))
    }
    const first = make("one", { "cat/1.png": "1", "cat/2.png": "2", "b.csv": "x" })
    expect(make("two", { "b.csv": "x", "cat/2.png": "2", "cat/1.png": "1", ".DS_Store": "?" })).toBe(first)
    expect(make("renamed", { "b.csv": "x", "cat/3.png": "2", "cat/1.png": "1" })).not.toBe(first)
    expect(make("changed", { "b.csv": "x", "cat/2.png": "2", "cat/1.png": "2" })).not.toBe(first)
  })

  it("follows links, and ends where they go round", () => {
    mkdirSync(at("real"))
    writeFileSync(at("real", "x"), "x")
    mkdirSync(at("linked"))
    symlinkSync(at("real", "x"), at("linked", "x"))
    const digest = now(at("real"))
    expect(now(at("linked"))).toBe(digest)
    symlinkSync(at("linked"), at("linked", "round"))
    expect(now(at("linked"))).toBe(digest)
  })

  it("is known by the stamps of files that have settled, and read again after a change", () => {
    mkdirSync(at("images"))
    writeFileSync(at("images", "1"), "one")
    const read = (after: number) => {
      const digests = contentDigests(kept, { now: () => Date.now() + after })
      const digest = digests.of(at("images"))
      digests.save()
      return digest
    }
    const digest = read(0)
    expect(existsSync(kept)).toBe(false) // written a moment ago, so it might change again and look the same
    expect(read(10_000)).toBe(digest)
    const marked = readFileSync(kept, "utf8").replace(digest ?? "", "f".repeat(64))
    writeFileSync(kept, marked)
    expect(read(10_000)).toBe("f".repeat(64))
    writeFileSync(at("images", "1"), "two")
    expect([digest, "f".repeat(64)]).not.toContain(read(10_000))
    writeFileSync(kept, "{")
    writeFileSync(at("images", "1"), "one")
    expect(read(10_000)).toBe(digest)
  })

  it("is announced where much has to be read", () => {
    const heard: Array<unknown> = []
    const announced = contentDigests(at("no.json"), { large: 4, onLarge: (...large) => heard.push(large) })
    announced.of(at("images"))
    expect(heard).toEqual([])
    const all = contentDigests(at("no.json"), { large: 3, onLarge: (...large) => heard.push(large) })
    all.of(at("images"))
    expect(heard).toEqual([[at("images"), 3]])
  })
})
