/**
 * An assembler for the part of WebAssembly's text format that the kernels are written in: functions with named parameters and
 * locals, folded instructions, blocks, loops, ifs, 32- and 64-bit integers, vectors of four 32-bit integers, and an imported memory.
 * Encodings are those of the WebAssembly core specification, chapter 5.
 */
import { algebraError } from "../errors.ts"

type Node = string | ReadonlyArray<Node>

const types: Readonly<Record<string, number>> = { i32: 0x7f, i64: 0x7e, v128: 0x7b }

/** Instructions without immediates. */
const plain: Readonly<Record<string, number>> = {
  return: 0x0f,
  "i32.eqz": 0x45, "i32.eq": 0x46, "i32.ne": 0x47, "i32.lt_s": 0x48, "i32.lt_u": 0x49, "i32.gt_s": 0x4a, "i32.gt_u": 0x4b, "i32.le_u": 0x4d, "i32.ge_u": 0x4f,
  "i64.eqz": 0x50, "i64.ne": 0x52, "i64.lt_s": 0x53, "i64.ge_u": 0x5a,
  "i32.add": 0x6a, "i32.sub": 0x6b, "i32.mul": 0x6c, "i32.rem_u": 0x70, "i32.and": 0x71, "i32.or": 0x72, "i32.shl": 0x74, "i32.shr_u": 0x76,
  "i64.add": 0x7c, "i64.sub": 0x7d, "i64.mul": 0x7e, "i64.rem_u": 0x82, "i64.and": 0x83, "i64.shr_s": 0x87,
  "i32.wrap_i64": 0xa7, "i64.extend_i32_u": 0xad
}

/** Loads and stores, with the exponent of 2 of their alignment. */
const memory: Readonly<Record<string, readonly [number, number]>> = {
  "i32.load": [0x28, 2], "i64.load": [0x29, 3], "i64.load32_u": [0x35, 2], "i32.store": [0x36, 2], "i64.store": [0x37, 3]
}

/** Instructions on vectors, behind the byte 0xfd: loads and stores take an offset. */
const vectors: Readonly<Record<string, number>> = { "i32x4.splat": 0x11, "i32x4.add": 0xae, "i32x4.mul": 0xb5 }
const vectorMemory: Readonly<Record<string, number>> = { "v128.load": 0x00, "v128.store": 0x0b }

const locals: Readonly<Record<string, number>> = { "local.get": 0x20, "local.set": 0x21, "local.tee": 0x22 }

/** Text of a module to its binary. The module imports its memory as `env.memory`; every function is exported under its name. */
export const assemble = (text: string): Uint8Array<ArrayBuffer> => {
  const functions = parse(text).map(functionOf)
  const section = (id: number, content: ReadonlyArray<number>) => [id, ...unsigned(content.length), ...content]
  const vector = (items: ReadonlyArray<ReadonlyArray<number>>) => [...unsigned(items.length), ...items.flat()]
  const string = (value: string) => vector([...new TextEncoder().encode(value)].map((byte) => [byte]))
  const signatures = functions.map(({ parameters, results }) => [0x60, ...vector(parameters.map((type) => [type])), ...vector(results.map((type) => [type]))])
  return Uint8Array.from([
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00,
    ...section(1, vector(signatures)),
    ...section(2, vector([[...string("env"), ...string("memory"), 0x02, 0x00, ...unsigned(1)]])),
    ...section(3, vector(functions.map((_, at) => unsigned(at)))),
    ...section(7, vector(functions.map(({ name }, at) => [...string(name), 0x00, ...unsigned(at)]))),
    ...section(10, vector(functions.map(({ body }) => [...unsigned(body.length), ...body])))
  ])
}

interface WasmFunction {
  readonly name: string
  readonly parameters: ReadonlyArray<number>
  readonly results: ReadonlyArray<number>
  readonly body: ReadonlyArray<number>
}

/** `(func $name (param $a i32) (result i32) (local $b i64) instruction ...)` */
const functionOf = (node: Node): WasmFunction => {
  const [keyword, name, ...rest] = listOf(node)
  if (keyword !== "func" || typeof name !== "string") throw algebraError(`WebAssembly text: expected (func $name ...), found ${show(node)}.`)
  const names = new Map<string, number>()
  const declared: Record<"param" | "result" | "local", Array<number>> = { param: [], result: [], local: [] }
  const code: Array<number> = []
  for (const item of rest) {
    const [head, ...words] = listOf(item)
    if (head !== "param" && head !== "result" && head !== "local") {
      encode(item, names, [], code)
      continue
    }
    const type = types[wordOf(words.at(-1))]
    if (type === undefined) throw algebraError(`WebAssembly text: no type in ${show(item)}.`)
    if (head !== "result") names.set(wordOf(words[0]), names.size)
    declared[head].push(type)
  }
  return {
    name: name.slice(1),
    parameters: declared.param,
    results: declared.result,
    body: [...unsigned(declared.local.length), ...declared.local.flatMap((type) => [1, type]), ...code, 0x0b]
  }
}

/** Appends one folded instruction: what its operands push comes first. `labels` are the enclosing blocks, the innermost last. */
const encode = (node: Node, names: ReadonlyMap<string, number>, labels: ReadonlyArray<string>, code: Array<number>): void => {
  const [head, ...rest] = listOf(node)
  const name = wordOf(head)
  const operands = (items: ReadonlyArray<Node>, inside = labels) => items.forEach((item) => encode(item, names, inside, code))
  const depth = (label: Node | undefined) => {
    const at = labels.lastIndexOf(wordOf(label))
    if (at < 0) throw algebraError(`WebAssembly text: no block around ${show(node)} has this label.`)
    return unsigned(labels.length - 1 - at)
  }
  if (name === "block" || name === "loop") {
    code.push(name === "block" ? 0x02 : 0x03, 0x40)
    operands(rest.slice(1), [...labels, wordOf(rest[0])])
    code.push(0x0b)
  } else if (name === "if") {
    const [condition, then, otherwise] = rest
    operands(condition === undefined ? [] : [condition])
    code.push(0x04, 0x40)
    operands(listOf(then).slice(1), [...labels, ""])
    if (otherwise !== undefined) {
      code.push(0x05)
      operands(listOf(otherwise).slice(1), [...labels, ""])
    }
    code.push(0x0b)
  } else if (name === "br" || name === "br_if") {
    operands(rest.slice(1))
    code.push(name === "br" ? 0x0c : 0x0d, ...depth(rest[0]))
  } else if (name === "i32.const" || name === "i64.const") {
    code.push(name === "i32.const" ? 0x41 : 0x42, ...signed(BigInt(wordOf(rest[0]))))
  } else if (locals[name] !== undefined) {
    const index = names.get(wordOf(rest[0]))
    if (index === undefined) throw algebraError(`WebAssembly text: ${wordOf(rest[0])} is not declared.`)
    operands(rest.slice(1))
    code.push(locals[name], ...unsigned(index))
  } else if (memory[name] !== undefined || vectorMemory[name] !== undefined) {
    const first = rest[0]
    const offset = typeof first === "string" ? Number(first.replace("offset=", "")) : 0
    operands(typeof first === "string" ? rest.slice(1) : rest)
    const opcode = memory[name] ?? [0xfd, ...unsigned(vectorMemory[name] ?? 0), 4]
    code.push(...opcode, ...unsigned(offset))
  } else if (vectors[name] !== undefined) {
    operands(rest)
    code.push(0xfd, ...unsigned(vectors[name]))
  } else if (plain[name] !== undefined) {
    operands(rest)
    code.push(plain[name])
  } else {
    throw algebraError(`WebAssembly text: "${name}" is no instruction that this assembler knows.`)
  }
}

/** S-expressions; `;;` begins a comment. */
const parse = (text: string): ReadonlyArray<Node> => {
  const tokens = text.replace(/;;.*$/gm, "").match(/[()]|[^\s()]+/g) ?? []
  const stack: Array<Array<Node>> = [[]]
  for (const token of tokens) {
    if (token === "(") stack.push([])
    else if (token === ")") {
      const done = stack.pop()
      const parent = stack.at(-1)
      if (done === undefined || parent === undefined) throw algebraError("WebAssembly text: a ) too many.")
      parent.push(done)
    } else stack.at(-1)?.push(token)
  }
  const [whole, ...open] = stack
  if (whole === undefined || open.length > 0) throw algebraError("WebAssembly text: a ( is not closed.")
  return whole
}

const listOf = (node: Node | undefined): ReadonlyArray<Node> => {
  if (node === undefined || typeof node === "string") throw algebraError(`WebAssembly text: expected ( ), found ${show(node ?? "the end")}.`)
  return node
}

const wordOf = (node: Node | undefined): string => {
  if (typeof node !== "string") throw algebraError(`WebAssembly text: expected a word, found ${show(node ?? "the end")}.`)
  return node
}

const show = (node: Node): string => (typeof node === "string" ? node : `(${node.map(show).join(" ")})`)

/** LEB128. */
const unsigned = (value: number): ReadonlyArray<number> => (value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)])

const signed = (value: bigint): ReadonlyArray<number> => {
  const byte = Number(value & 127n)
  const rest = value >> 7n
  const done = (rest === 0n && byte < 64) || (rest === -1n && byte >= 64)
  return done ? [byte] : [byte | 128, ...signed(rest)]
}
