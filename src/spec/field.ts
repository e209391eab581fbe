/** One value of the file while it is read: typed access that reports what does not fit and goes on. */
import { Result } from "effect"
import type { Collector } from "./collector.ts"
import type { Expression } from "./expression.ts"
import { typeName } from "./expression/functions.ts"
import { namePattern } from "./keys.ts"
import { type FileNode, nodeAt, offsetOf } from "./node.ts"
import type { Template } from "./pipeline.ts"
import { suggestion } from "./suggest.ts"
import { parseText, type Path, type TemplateError } from "./template.ts"

export class Field {
  readonly node: FileNode
  readonly path: Path
  readonly collector: Collector
  /** Where its key stands; the value itself for the elements of an array. */
  readonly key: number

  constructor(node: FileNode, path: Path, collector: Collector, key = node.start) {
    this.node = node
    this.path = path
    this.collector = collector
    this.key = key
  }

  /** Reports a problem at the value. */
  fail(message: string, hint?: string): undefined {
    this.collector.add(this.node.start, this.path, message, hint)
    return undefined
  }

  /** Reports a problem at the key. */
  failKey(message: string, hint?: string): undefined {
    this.collector.add(this.key, this.path, message, hint)
    return undefined
  }

  /** The value at a path below; this one where there is none. */
  at(path: Path): Field {
    const node = nodeAt(this.node, path)
    return node === undefined ? this : new Field(node, [...this.path, ...path], this.collector, offsetOf(this.node, path, "key"))
  }

  get isNull(): boolean {
    return this.node.kind === "scalar" && this.node.value === null
  }

  /** The values of an object by key, in the order of the file. A key with nothing after it (all commented out) is an empty object. */
  entries(what: string): ReadonlyMap<string, Field> {
    if (this.isNull) return new Map()
    if (this.node.kind !== "object") {
      this.fail(`${what}; this is ${this.shape}`)
      return new Map()
    }
    return new Map([...this.node.entries].map(([name, { key, value }]) => [name, new Field(value, [...this.path, name], this.collector, key)]))
  }

  /** The same, where only certain keys have a meaning; the others are reported. */
  known<K extends string>(keys: Readonly<Record<K, string>>, what: string): { readonly [Key in K]?: Field } {
    const found: { [Key in K]?: Field } = {}
    const isKnown = (name: string): name is K => Object.hasOwn(keys, name)
    for (const [name, field] of this.entries(what)) {
      if (isKnown(name)) found[name] = field
      else field.failKey(`unknown key "${name}"`, suggestion(name, Object.keys(keys)))
    }
    return found
  }

  /** An object whose keys are names of the user's: tables, columns and references. */
  named(kind: string, what: string): ReadonlyMap<string, Field> {
    const all = this.entries(what)
    for (const [name, field] of all) field.checkName(kind, name)
    return new Map([...all].filter(([name]) => namePattern.test(name)))
  }

  checkName(kind: string, name: string): void {
    if (namePattern.test(name)) return
    const plain = name.replaceAll(/[^A-Za-z0-9_-]+/g, "_").replace(/^(?=[0-9-])/, "_")
    this.failKey(
      `"${name}" cannot be the name of a ${kind}: names start with a letter or _ and go on with letters, digits, _ or -`,
      `they become names in SQL and in expressions${namePattern.test(plain) ? `; perhaps "${plain}"` : ""}`
    )
  }

  items(what: string): ReadonlyArray<Field> {
    if (this.node.kind !== "array") {
      this.fail(`${what}; this is ${this.shape}`)
      return []
    }
    return this.node.items.map((item, index) => new Field(item, [...this.path, index], this.collector))
  }

  text(what = "expected text"): string | undefined {
    if (this.node.kind === "scalar" && typeof this.node.value === "string") return this.node.value
    const hint = this.node.kind === "scalar" && this.node.value !== null ? `put it in quotes: "${this.raw}"` : undefined
    return this.fail(`${what}; this is ${this.shape}`, hint)
  }

  /** Text with something in it. */
  filled(what: string): string | undefined {
    const text = this.text(`expected ${what}`)
    if (text === undefined || text.trim() !== "") return text
    return this.fail(`expected ${what}; this text is empty`)
  }

  number(what: string, accept: (value: number) => boolean = () => true): number | undefined {
    const value = this.node.kind === "scalar" ? this.node.value : undefined
    if (typeof value === "number" && accept(value)) return value
    const expression = typeof value === "string" && value.includes("${{")
    return this.fail(`expected ${what}; this is ${typeof value === "number" ? value : this.shape}`, expression ? "an expression cannot stand here" : undefined)
  }

  oneOf<const A extends string>(allowed: ReadonlyArray<A>): A | undefined {
    const value = this.text(`expected one of ${allowed.join(", ")}`)
    if (value === undefined) return undefined
    return allowed.find((name) => name === value) ?? this.fail(`"${value}" is none of ${allowed.join(", ")}`, suggestion(value, allowed))
  }

  /** The value as a template; undefined when an expression in it does not parse. */
  template(): Template | undefined {
    const { node } = this
    switch (node.kind) {
      case "scalar": {
        if (typeof node.value !== "string") return { kind: "literal", value: node.value }
        const parsed = parseText(node.value)
        if (Result.isSuccess(parsed)) return parsed.success
        for (const error of parsed.failure) this.failExpression(error)
        return undefined
      }
      case "array": {
        const items = this.items("").map((item) => item.template())
        const whole = items.filter((item) => item !== undefined)
        return whole.length === items.length ? { kind: "array", items: whole } : undefined
      }
      case "object": {
        const entries = [...this.entries("")].map(([name, field]) => ({ name, template: field.template() }))
        const whole = entries.flatMap(({ name, template }): ReadonlyArray<[string, Template]> => template === undefined ? [] : [[name, template]])
        return whole.length === entries.length ? { kind: "object", entries: Object.fromEntries(whole) } : undefined
      }
    }
  }

  /** Reports what is wrong with an expression of this value, at its place inside the text. */
  failExpression(error: TemplateError): void {
    const node = nodeAt(this.node, error.path) ?? this.node
    this.collector.add(placeInText(this.collector.text, node, error), [...this.path, ...error.path], error.message, error.hint)
  }

  /** Reports a problem with an expression that parsed, `offset` counting in its source. */
  failReference({ expression, part, path }: { readonly expression: Expression; readonly part: number; readonly path: Path }, offset: number, message: string, hint?: string): void {
    this.failExpression({ message, offset, path, part, source: expression.source, ...(hint === undefined ? {} : { hint }) })
  }

  /** What kind of value this is, for messages. */
  get shape(): string {
    if (this.node.kind === "array") return "a list"
    if (this.node.kind === "object") return "an object"
    if (this.node.value === null) return "empty"
    return typeName(this.node.value)
  }

  /** As it stands in the file. */
  get raw(): string {
    return this.collector.text.slice(this.node.start, this.node.end).trim()
  }
}

/**
 * Where in the file the `offset`-th character of the `part`-th expression of a scalar stands. Quoting and folding change a
 * text on its way from the file, so the expression is looked up there; failing that, its `${{` or the value is the place.
 */
const placeInText = (text: string, node: FileNode, { offset, part, source }: Pick<TemplateError, "offset" | "part" | "source">): number => {
  if (node.kind !== "scalar" || (source === "" && offset < 0)) return node.start
  const raw = text.slice(node.start, node.end)
  let open = -1
  for (let left = part; left >= 0; left--) {
    open = raw.indexOf("${{", open + 1)
    if (open < 0) {
      // A bare expression, as `when` takes one.
      const bare = raw.indexOf(source)
      return node.start + (bare < 0 ? 0 : bare + Math.max(0, offset))
    }
  }
  const found = raw.indexOf(source, open + 3)
  const verbatim = found >= 0 && raw.slice(open + 3, found).trim() === ""
  return node.start + (verbatim && offset >= 0 ? found + offset : open)
}
