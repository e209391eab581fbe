/**
 * YAML text -> tree with places. The one file that knows the YAML library. Strict YAML 1.2 (core schema), one document, and
 * bounded before anything deep or slow is begun: a hostile or broken file costs less than a second and never throws.
 */
import { type Alias, isAlias, isMap, isScalar, isSeq, Lexer, type Pair, parseDocument, type ParsedNode, type Scalar, type YAMLParseError } from "yaml"
import { Collector } from "./collector.ts"
import type { FileEntry, FileNode, ObjectNode } from "./node.ts"
import type { Path } from "./template.ts"

/** What a file may hold at most. A pipeline of a thousand stages stays far below each. */
export const fileLimits = {
  /** UTF-16 code units. */
  characters: 4 * 1024 * 1024,
  /** Values inside values. */
  depth: 64,
  /** Pieces as the lexer counts them: keys, values, signs, line ends. */
  tokens: 150_000,
  /** Values that aliases (`*name`) stand for, taken together. */
  aliased: 100_000
} as const

/** How many syntax errors are shown: one slip makes the rest of the file unreadable, so later ones say little. */
const mostSyntaxErrors = 3

export interface FileDocument {
  /** Undefined when nothing in the file could be read. */
  readonly root: FileNode | undefined
  readonly collector: Collector
}

export const readDocument = (file: string, given: string): FileDocument => {
  const text = given.startsWith("\uFEFF") ? given.slice(1) : given
  const collector = new Collector(file, text.length > fileLimits.characters ? "" : text)
  const refused = refuse(text)
  if (refused !== undefined) {
    collector.add(refused.offset, [], refused.message, refused.hint)
    return { root: undefined, collector }
  }
  const document = parseDocument(text, {
    version: "1.2",
    schema: "core",
    merge: false,
    resolveKnownTags: false,
    prettyErrors: false, // they count lines again for each error
    uniqueKeys: false, // compares every key with every other: checked below in linear time
    logLevel: "error"
  })
  for (const { code, message, pos: [offset] } of tellingErrors(document.errors, collector)) {
    collector.add(offset, [], syntaxMessage(code, message), syntaxHint(code, collector, offset))
  }
  for (const { message, pos: [offset] } of document.warnings) {
    const tag = message.replace(/^Unresolved tag: (?:tag:yaml\.org,2002:)?(!?)/, (_, mark: string) => mark === "" ? "!!" : mark)
    collector.add(offset, [], `unknown tag ${tag}`, "tags are not used in pipeline files; write the plain value")
  }
  if (document.directives.yaml.explicit === true && document.directives.yaml.version !== "1.2") {
    collector.add(0, [], `YAML ${document.directives.yaml.version} is not supported`, "remove the %YAML line; the file is read as YAML 1.2")
  }
  const builder = new Builder(collector)
  const root = document.contents === null ? undefined : builder.build(document.contents, [])
  if (!collector.any && (root === undefined || (root.kind === "scalar" && root.value === null))) {
    collector.add(0, [], "the file is empty", "a pipeline needs at least `name:` and `stages:`")
  }
  return { root, collector }
}

interface Refusal {
  readonly offset: number
  readonly message: string
  readonly hint?: string
}

/** What makes a file unfit even to be parsed. */
const refuse = (text: string): Refusal | undefined => {
  if (text.length > fileLimits.characters) {
    const size = (text.length / 1024 / 1024).toFixed(1)
    return { offset: 0, message: `the file is too large for a pipeline: ${size} MiB; the limit is ${fileLimits.characters / 1024 / 1024} MiB`, hint: "keep data in files that a stage reads" }
  }
  const binary = text.search(/(?![\t\n\r\u0085])[\p{Cc}\uFFFD]/u)
  if (binary >= 0) {
    const code = (text.codePointAt(binary) ?? 0).toString(16).toUpperCase().padStart(4, "0")
    return code === "FFFD"
      ? { offset: binary, message: "this is not UTF-8 text", hint: "is it a binary file, or saved in another encoding?" }
      : { offset: binary, message: `this is not plain text: control character U+${code}`, hint: "is it a binary file?" }
  }
  return measure(text)
}

/** Counts tokens and nesting without building anything: the parser itself recurses, and takes seconds on millions of tokens. */
const measure = (text: string): Refusal | undefined => {
  let offset = 0
  let tokens = 0
  let flow = 0
  /** Indentation of the open block levels, and signs that nest within one line: `- - -`. */
  const indents: Array<number> = []
  let inline = 0
  let lineStart = true
  let scalar = false
  for (const token of new Lexer().lex(text)) {
    if (++tokens > fileLimits.tokens) return { offset, message: "the file holds too many values for a pipeline", hint: "keep data in files that a stage reads, and long axes as expressions such as ${{ range(0, 1000) }}" }
    const first = token.charAt(0)
    // Control characters are marks of the lexer's own, not text: a scalar follows; flow collections were left unclosed.
    if (first === "\u001F") scalar = true
    if (first === "\u0018") flow = 0
    if (first === "\u0002" || first === "\u0018" || first === "\u001F") continue
    if (scalar) scalar = false
    else if (first === "[" || first === "{") flow++
    else if (first === "]" || first === "}") flow = Math.max(0, flow - 1)
    else if (token === "\n" || token === "\r\n") {
      lineStart = true
      inline = 0
      offset += token.length
      continue
    } else if (flow === 0 && (token === "-" || token === "?" || token === ":")) inline++
    if (lineStart && flow === 0 && first !== "#") {
      const indent = first === " " ? token.length : 0
      while ((indents.at(-1) ?? -1) >= indent) indents.pop()
      indents.push(indent)
    }
    lineStart = false
    if (flow + indents.length + inline > fileLimits.depth) return { offset, message: `values are nested more than ${fileLimits.depth} deep` }
    offset += token.length
  }
  return undefined
}

/** The first of each line. Where tabs indent, those alone, and of what follows the end of the document that another error made, nothing. */
const tellingErrors = (errors: ReadonlyArray<YAMLParseError>, collector: Collector): ReadonlyArray<YAMLParseError> => {
  const tabs = errors.filter(({ code }) => code === "TAB_AS_INDENT")
  const lines = new Set<number>()
  const causes = errors.filter(({ message }, index) => index === 0 || !message.includes("in YAML stream"))
  const first = (tabs.length > 0 ? tabs : causes).filter(({ pos: [offset] }) => {
    const { line } = collector.position(offset)
    return lines.has(line) ? false : lines.add(line)
  })
  return first.slice(0, mostSyntaxErrors)
}

const syntaxMessage = (code: string, message: string): string => {
  switch (code) {
    case "TAB_AS_INDENT":
      return "YAML is indented with spaces; this is a tab"
    case "MULTIPLE_DOCS":
      return "a file holds one pipeline; this starts a second YAML document"
    case "BLOCK_AS_IMPLICIT_KEY":
      return "a second `key:` on one line"
    default:
      return `not valid YAML: ${message.charAt(0).toLowerCase()}${message.slice(1)}`
  }
}

const syntaxHint = (code: string, collector: Collector, offset: number): string | undefined => {
  const start = collector.text.lastIndexOf("\n", offset - 1) + 1
  const end = collector.text.indexOf("\n", offset)
  const line = collector.text.slice(start, end < 0 ? undefined : end)
  if (/[[{,:]\s*\$\{\{/.test(line)) return "put expressions in quotes: \"${{ ... }}\""
  if (code === "BLOCK_AS_IMPLICIT_KEY") return "put a text that holds a colon in quotes"
  if (code === "MULTIPLE_DOCS") return "remove the --- line"
  return undefined
}

/** Turns the library's nodes into ours, reporting what a pipeline file must not hold. */
class Builder {
  readonly #collector: Collector
  /** The value that each `&name` marked last; undefined while it is being built. */
  readonly #anchors = new Map<string, FileNode | undefined>()
  #aliased = 0

  constructor(collector: Collector) {
    this.#collector = collector
  }

  build(node: ParsedNode | null, path: Path, at = 0): FileNode {
    if (node === null) return { kind: "scalar", value: null, start: at, end: at }
    const [start, end] = node.range
    if (isAlias(node)) return this.#alias(node, path, start, end)
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, undefined)
    const built: FileNode = isScalar(node) ? { kind: "scalar", value: this.#scalar(node, path, start), start, end }
      : isSeq(node) ? { kind: "array", items: node.items.map((item, index) => this.build(item, [...path, index], start)), start, end }
      : isMap(node) ? this.#object(node.items, path, start, end)
      : { kind: "scalar", value: null, start, end }
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, built)
    return built
  }

  #object(pairs: ReadonlyArray<Pair<ParsedNode, ParsedNode | null>>, path: Path, start: number, end: number): ObjectNode {
    const entries = new Map<string, FileEntry>()
    for (const { key, value } of pairs) {
      const [keyStart, keyEnd] = key.range
      const name = this.#key(key, path, keyStart)
      if (name === undefined) continue
      const earlier = entries.get(name)
      if (earlier !== undefined) {
        const { line } = this.#collector.position(earlier.key)
        this.#collector.add(keyStart, [...path, name], `the key "${name}" is here twice`, `it is also on line ${line}; the later one would silently win`)
        continue
      }
      entries.set(name, { key: keyStart, value: this.build(value, [...path, name], keyEnd) })
    }
    return { kind: "object", entries, start, end }
  }

  /** A key's text: `1:` and `true:` are the texts "1" and "true", as in JSON. */
  #key(key: ParsedNode | null, path: Path, at: number): string | undefined {
    const named = key !== null && isAlias(key) ? this.#anchors.get(key.source) : undefined
    if (named?.kind === "scalar") return String(named.value)
    if (key === null || !isScalar(key)) {
      this.#collector.add(at, path, "a key must be text", "this one is a list, an object or nothing")
      return undefined
    }
    const name = typeof key.value === "string" ? key.value : key.source ?? String(key.value)
    if (key.anchor !== undefined) this.#anchors.set(key.anchor, { kind: "scalar", value: name, start: at, end: at })
    if (name === "<<") {
      this.#collector.add(at, path, "YAML 1.2 has no merge key (<<)", "write the keys out, or put the whole value behind an alias")
      return undefined
    }
    if (name === "__proto__") {
      this.#collector.add(at, path, "the name __proto__ cannot be used")
      return undefined
    }
    return name
  }

  #scalar(node: Scalar, path: Path, at: number): null | boolean | number | string {
    const { value } = node
    if (typeof value === "number") {
      if (!Number.isFinite(value)) {
        this.#collector.add(at, path, `${node.source ?? String(value)} is not a finite number`, "where a stage takes it, write it as text, such as \"inf\"")
        return 0
      }
      if (!Number.isSafeInteger(value) && /^[-+]?\d+$/.test(node.source ?? "")) {
        this.#collector.add(at, path, `the integer ${node.source ?? String(value)} cannot be kept exactly`, "integers go up to 9007199254740991; put a longer one in quotes")
      }
      return value
    }
    return typeof value === "string" || typeof value === "boolean" ? value : null
  }

  #alias(node: Alias.Parsed, path: Path, start: number, end: number): FileNode {
    const nothing: FileNode = { kind: "scalar", value: null, start, end }
    const target = this.#anchors.get(node.source)
    if (target === undefined) {
      const inside = this.#anchors.has(node.source)
      this.#collector.add(start, path, inside ? `the alias *${node.source} stands inside of what it names` : `there is no anchor &${node.source} before this alias`, inside ? undefined : "an anchor is written before its value: &name value")
      return nothing
    }
    if (this.#aliased > fileLimits.aliased) return nothing
    const { depth, size } = extent(target, fileLimits.aliased + 1 - this.#aliased)
    if (path.length + depth > fileLimits.depth) {
      this.#collector.add(start, path, `values are nested more than ${fileLimits.depth} deep through this alias`)
      return nothing
    }
    this.#aliased += size
    if (this.#aliased <= fileLimits.aliased) return target.kind === "scalar" ? { ...target, start, end } : target
    this.#collector.add(start, path, `the aliases of this file stand for more than ${fileLimits.aliased} values`, "an alias of aliases multiplies; write the values out")
    return nothing
  }
}

/** How many values a tree holds, counted no further than `limit`, and how deep they nest. */
const extent = (root: FileNode, limit: number): { readonly size: number; readonly depth: number } => {
  let size = 0
  let depth = 0
  const waiting = [{ node: root, level: 1 }]
  for (let next = waiting.pop(); next !== undefined && size < limit; next = waiting.pop()) {
    const { level, node } = next
    size++
    depth = Math.max(depth, level)
    const inside = node.kind === "array" ? node.items : node.kind === "object" ? [...node.entries.values()].map(({ value }) => value) : []
    for (const part of inside) waiting.push({ node: part, level: level + 1 })
  }
  return { size, depth }
}
