/** The file as a tree of plain values that remember where they stand. Offsets count UTF-16 code units from the start of the text. */
import type { Path } from "./template.ts"

interface Stretch {
  readonly start: number
  readonly end: number
}

export type FileNode = ScalarNode | ArrayNode | ObjectNode

export interface ScalarNode extends Stretch {
  readonly kind: "scalar"
  readonly value: null | boolean | number | string
}

export interface ArrayNode extends Stretch {
  readonly kind: "array"
  readonly items: ReadonlyArray<FileNode>
}

export interface ObjectNode extends Stretch {
  readonly kind: "object"
  readonly entries: ReadonlyMap<string, FileEntry>
}

export interface FileEntry {
  /** Where the key starts. */
  readonly key: number
  readonly value: FileNode
}

/** Offset of the value at `path`, or of its key; where there is none, of its nearest parent. */
export const offsetOf = (root: FileNode, path: Path, which: "key" | "value" = "value"): number => {
  let node = root
  let key = root.start
  for (const step of path) {
    const entry: FileEntry | undefined = node.kind === "object" ? node.entries.get(String(step)) : undefined
    const item = node.kind === "array" && typeof step === "number" ? node.items[step] : entry?.value
    // The key of a parent that lacks the value says more than where its value starts: `with:`, not the line below it.
    if (item === undefined) return key
    key = entry?.key ?? item.start
    node = item
  }
  return which === "key" ? key : node.start
}

/** The value at `path`, if there is one. */
export const nodeAt = (root: FileNode, path: Path): FileNode | undefined => {
  let node: FileNode | undefined = root
  for (const step of path) {
    node = node?.kind === "object" ? node.entries.get(String(step))?.value
      : node?.kind === "array" && typeof step === "number" ? node.items[step]
      : undefined
  }
  return node
}
