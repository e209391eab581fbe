/**
 * Python's pickle format (protocols 2 to 4) as far as data files use it: containers, strings, bytes and numbers. Nothing is ever called: a
 * function in the file becomes a record of its name and arguments, so that a file can do no harm.
 */

export type Pickled = null | boolean | number | string | Uint8Array | ReadonlyArray<Pickled> | ReadonlyMap<Pickled, Pickled> | PickledCall

/** What the file would have called or built, and what it would have set afterwards. */
export class PickledCall {
  readonly name: string
  readonly args: ReadonlyArray<Pickled>
  state: Pickled = null
  constructor(name: string, args: ReadonlyArray<Pickled>) {
    this.name = name
    this.args = args
  }
}

const mark = Symbol("mark")
type Item = Pickled | typeof mark

/** The value of a pickle, or what is wrong with it. Python 2's strings come as bytes. */
export const parsePickle = (bytes: Uint8Array): Pickled | { readonly problem: string } => {
  try {
    return unpickle(bytes)
  } catch (error) {
    if (error instanceof RangeError) return { problem: "it ends too early" } // something was read past the end
    throw error
  }
}

const unpickle = (bytes: Uint8Array): Pickled | { readonly problem: string } => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const stack: Array<Item> = []
  const memo = new Map<number, Item>()
  let at = 0
  const take = (length: number): Uint8Array => {
    if (at + length > bytes.length) throw new RangeError()
    at += length
    return bytes.subarray(at - length, at)
  }
  const number = (width: 1 | 2 | 4): number => {
    at += width
    return width === 1 ? view.getUint8(at - 1) : width === 2 ? view.getUint16(at - 2, true) : view.getUint32(at - 4, true)
  }
  const text = (of: Uint8Array) => new TextDecoder().decode(of)
  const line = (): string => {
    const end = bytes.indexOf(10, at)
    if (end < 0) throw new RangeError()
    return text(take(end + 1 - at)).trimEnd()
  }
  const pop = (): Pickled => {
    const item = stack.pop()
    return item === undefined || item === mark ? null : item
  }
  const popToMark = (): ReadonlyArray<Pickled> => {
    const items: Array<Pickled> = []
    for (let item = stack.pop(); item !== undefined && item !== mark; item = stack.pop()) items.push(item)
    return items.reverse()
  }
  const top = (): Item => stack.at(-1) ?? null
  const append = (items: ReadonlyArray<Pickled>): void => {
    const list = top()
    // In place: the list may also lie in the memo.
    if (Array.isArray(list)) for (const item of items) list.push(item)
  }
  const set = (items: ReadonlyArray<Pickled>): void => {
    const map = top()
    if (map instanceof Map) for (let i = 0; i + 1 < items.length; i += 2) map.set(items[i] ?? null, items[i + 1] ?? null)
  }
  while (at < bytes.length) {
    const code = bytes[at++] ?? 0
    const opcode = String.fromCharCode(code)
    switch (opcode) {
      case ".": return pop()
      case "(": stack.push(mark); break
      case "}": stack.push(new Map()); break
      case "]": stack.push([]); break
      case ")": stack.push([]); break
      case "N": stack.push(null); break
      case "U": case "C": stack.push(take(number(1))); break
      case "T": case "B": stack.push(take(number(4))); break
      case "X": stack.push(text(take(number(4)))); break
      case "\x8c": stack.push(text(take(number(1)))); break
      case "K": stack.push(number(1)); break
      case "M": stack.push(number(2)); break
      case "J": stack.push(number(4) | 0); break
      case "\x8a": stack.push(take(number(1)).reduce((sum, byte, i) => sum + byte * 256 ** i, 0)); break
      case "G": at += 8; stack.push(view.getFloat64(at - 8)); break
      case "\x88": stack.push(true); break
      case "\x89": stack.push(false); break
      case "q": memo.set(number(1), top()); break
      case "r": memo.set(number(4), top()); break
      case "\x94": memo.set(memo.size, top()); break
      case "h": stack.push(memo.get(number(1)) ?? null); break
      case "j": stack.push(memo.get(number(4)) ?? null); break
      case "\x80": at += 1; break
      case "\x95": at += 8; break
      case "c": stack.push(`${line()}.${line()}`); break
      case "\x93": {
        const name = pop()
        stack.push(`${String(pop())}.${String(name)}`)
        break
      }
      case "t": case "l": stack.push(popToMark()); break
      case "\x85": stack.push([pop()]); break
      case "\x86": stack.push([pop(), pop()].reverse()); break
      case "\x87": stack.push([pop(), pop(), pop()].reverse()); break
      case "a": append([pop()]); break
      case "e": append(popToMark()); break
      case "s": set([pop(), pop()].reverse()); break
      case "u": set(popToMark()); break
      case "R": case "\x81": {
        const args = pop()
        const call = new PickledCall(String(pop()), Array.isArray(args) ? args : [])
        stack.push(latinBytes(call) ?? call)
        break
      }
      case "b": {
        const state = pop()
        const target = top()
        if (target instanceof PickledCall) target.state = state
        break
      }
      default: return { problem: `it has the opcode 0x${code.toString(16)} at byte ${at - 1}, which data files do not use` }
    }
  }
  return { problem: "it ends too early" }
}

/** Python 3 spells bytes in protocol 2 as text that is to be encoded in Latin-1. */
const latinBytes = ({ args: [text], name }: PickledCall): Uint8Array | undefined =>
  name === "_codecs.encode" && typeof text === "string" ? Uint8Array.from(text, (letter) => letter.charCodeAt(0)) : undefined
