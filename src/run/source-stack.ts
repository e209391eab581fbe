/** Stack traces from bundles, told in terms of the sources: `stages/attack/perturb.ts:31:9` instead of line 22,131 of a bundle. */
import { readFileSync } from "node:fs"
import { SourceMap } from "node:module"
import { dirname, resolve } from "node:path"
import { fileURLToPath } from "node:url"

/** A place in a module, as stacks write it: with or without `file://`. */
const place = /(?<file>file:\/\/\/\S+?\.mjs|\/[^\s():]+\.mjs):(?<line>\d+):(?<column>\d+)/g

/** The same stack with every place that a source map beside its module explains; other places stay as they are. */
export const sourceStack = (stack: string): string => {
  const maps = new Map<string, SourceMap | undefined>()
  return stack.replaceAll(place, (text, file: string, line: string, column: string) => {
    const path = file.startsWith("file://") ? fileURLToPath(file) : file
    if (!maps.has(path)) maps.set(path, sourceMapOf(path))
    const entry = maps.get(path)?.findEntry(Number(line) - 1, Number(column) - 1)
    if (entry === undefined || !("originalSource" in entry)) return text
    return `${resolve(dirname(path), entry.originalSource)}:${entry.originalLine + 1}:${entry.originalColumn + 1}`
  })
}

const sourceMapOf = (module: string): SourceMap | undefined => {
  try {
    return new SourceMap(JSON.parse(readFileSync(`${module}.map`, "utf8")))
  } catch {
    return undefined // a module without a map explains itself
  }
}
